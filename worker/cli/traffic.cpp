// SPDX-License-Identifier: Apache-2.0
#include "cli/traffic.h"

#include <algorithm>
#include <cstdio>

#include "api/metrics_text.h"
#include "shm/scoreboard.h"

namespace latchkey::cli {
namespace {

constexpr std::size_t kClassOfServerErrors = 4;  // 1xx is the first

// A worker may count while the two looks are taken, and a segment may be made anew between them.
std::uint64_t growth(std::uint64_t before, std::uint64_t after) {
  return after > before ? after - before : 0;
}

std::int64_t time_growth(const shm::HistogramView& before, const shm::HistogramView& after) {
  return static_cast<std::int64_t>(growth(before.sum_us, after.sum_us));
}

RouteTraffic route_traffic(std::string_view method, std::string_view path,
                           const shm::RouteView& before, const shm::RouteView& after) {
  return {.method = method,
          .path = path,
          .requests = growth(before.duration.count(), after.duration.count()),
          .server_errors =
              growth(before.answers[kClassOfServerErrors], after.answers[kClassOfServerErrors]),
          .took_us = time_growth(before.duration, after.duration)};
}

double rate(std::uint64_t count, std::int64_t over_ms) {
  return over_ms == 0 ? 0 : static_cast<double>(count) * 1000 / static_cast<double>(over_ms);
}

double mean_ms(std::int64_t sum_us, std::uint64_t count) {
  return count == 0 ? 0 : static_cast<double>(sum_us) / 1000 / static_cast<double>(count);
}

// By Little's law: the time that all of them waited, in the time that there was.
double mean_waiting(const PoolTraffic& pool, std::int64_t over_ms) {
  return over_ms == 0 ? 0
                      : static_cast<double>(pool.waited_us) / 1000 / static_cast<double>(over_ms);
}

std::string fixed(double number, int digits) {
  std::array<char, 48> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.*f", digits, number);
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string line(const std::string& name, std::initializer_list<std::string> columns) {
  constexpr std::size_t kNameWidth = 34;
  constexpr std::size_t kColumnWidth = 12;
  std::string text = name + std::string(kNameWidth - std::min(kNameWidth, name.size()), ' ');
  for (const std::string& column : columns)
    text += std::string(kColumnWidth - std::min(kColumnWidth - 1, column.size()), ' ') + column;
  return text + '\n';
}

}  // namespace

Traffic traffic_between(const shm::MetricsView& before, const shm::MetricsView& after,
                        std::int64_t over_ms, const std::vector<http::Route>& routes) {
  Traffic traffic{.over_ms = over_ms, .pools = {}, .routes = {}};
  for (std::size_t pool = 0; pool < shm::kPools; ++pool) {
    traffic.pools[pool] = {
        .pool = shm::name_of_pool(pool),
        .requests = growth(before.queues[pool].count(), after.queues[pool].count()),
        .waited_us = time_growth(before.queues[pool], after.queues[pool])};
  }
  const auto add = [&](std::size_t series, std::string_view method, std::string_view path) {
    traffic.routes.push_back(
        route_traffic(method, path, before.routes[series], after.routes[series]));
  };
  for (const http::Route& route : routes) add(route.series, route.method, route.path);
  add(api::kOtherSeries, "other", "");
  std::erase_if(traffic.routes, [](const RouteTraffic& route) { return route.requests == 0; });
  std::ranges::stable_sort(traffic.routes, std::ranges::greater{}, &RouteTraffic::requests);
  return traffic;
}

std::string traffic_table(const Traffic& traffic) {
  const std::int64_t over_ms = traffic.over_ms;
  const auto per_second = [over_ms](std::uint64_t count) {
    return over_ms == 0 ? std::string("-") : fixed(rate(count, over_ms), 1);
  };
  std::string text = line("POOL", {"REQUESTS", "A SECOND", "WAITING", "WAIT MS"});
  for (const PoolTraffic& pool : traffic.pools) {
    text +=
        line(std::string(pool.pool), {std::to_string(pool.requests), per_second(pool.requests),
                                      over_ms == 0 ? "-" : fixed(mean_waiting(pool, over_ms), 2),
                                      fixed(mean_ms(pool.waited_us, pool.requests), 1)});
  }
  if (traffic.routes.empty()) return text;
  text += '\n' + line("ROUTE", {"REQUESTS", "A SECOND", "5XX", "MEAN MS"});
  for (const RouteTraffic& route : traffic.routes) {
    const std::string name =
        std::string(route.method) + (route.path.empty() ? "" : " ") + std::string(route.path);
    text += line(name, {std::to_string(route.requests), per_second(route.requests),
                        std::to_string(route.server_errors),
                        fixed(mean_ms(route.took_us, route.requests), 1)});
  }
  return text;
}

void write_traffic(base::JsonWriter& json, const Traffic& traffic) {
  const auto count = [&json](std::string_view name, std::uint64_t number) {
    json.key(name).integer(static_cast<std::int64_t>(number));
  };
  json.key("over_ms").integer(traffic.over_ms);
  json.key("pools").begin_array();
  for (const PoolTraffic& pool : traffic.pools) {
    json.begin_object().key("pool").string(pool.pool);
    count("requests", pool.requests);
    json.key("waited_us").integer(pool.waited_us).end_object();
  }
  json.end_array().key("routes").begin_array();
  for (const RouteTraffic& route : traffic.routes) {
    json.begin_object().key("method").string(route.method).key("route").string(route.path);
    count("requests", route.requests);
    count("server_errors", route.server_errors);
    json.key("took_us").integer(route.took_us).end_object();
  }
  json.end_array();
}

}  // namespace latchkey::cli
