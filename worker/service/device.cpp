// SPDX-License-Identifier: Apache-2.0
#include "service/device.h"

#include <array>
#include <span>

namespace latchkey::service {
namespace {

constexpr std::size_t kMaxBytes = 512;

// The first row whose mark is in the text counts.
struct Mark {
  std::string_view text;
  std::string_view name;
};

// Whatever is made from Chromium says Chrome and Safari too, and Chrome says Safari; so those who
// say the least come last. On iOS every browser says Safari, and has a mark of its own.
constexpr std::array kBrowsers{
    Mark{"Edg/", "Edge"},
    Mark{"EdgA/", "Edge"},
    Mark{"EdgiOS/", "Edge"},
    Mark{"Edge/", "Edge"},
    Mark{"OPR/", "Opera"},
    Mark{"OPiOS/", "Opera"},
    Mark{"Opera", "Opera"},
    Mark{"SamsungBrowser/", "Samsung Internet"},
    Mark{"Vivaldi/", "Vivaldi"},
    Mark{"YaBrowser/", "Yandex Browser"},
    Mark{"DuckDuckGo/", "DuckDuckGo"},
    Mark{"Firefox/", "Firefox"},
    Mark{"FxiOS/", "Firefox"},
    Mark{"CriOS/", "Chrome"},
    Mark{"Chromium/", "Chromium"},
    Mark{"Chrome/", "Chrome"},
    Mark{"MSIE ", "Internet Explorer"},
    Mark{"Trident/", "Internet Explorer"},
    Mark{"Safari/", "Safari"},
};

// Programs that are no browsers, by what their text begins with.
constexpr std::array kPrograms{
    Mark{"curl/", "curl"},
    Mark{"Wget/", "Wget"},
    Mark{"HTTPie/", "HTTPie"},
    Mark{"PostmanRuntime/", "Postman"},
    Mark{"insomnia/", "Insomnia"},
    Mark{"python-requests/", "Python"},
    Mark{"python-httpx/", "Python"},
    Mark{"Python-urllib/", "Python"},
    Mark{"Python/", "Python"},
    Mark{"Go-http-client/", "Go"},
    Mark{"okhttp/", "okhttp"},
    Mark{"Apache-HttpClient/", "Java"},
    Mark{"Java/", "Java"},
    Mark{"axios/", "Node.js"},
    Mark{"node", "Node.js"},
    Mark{"Dart/", "Dart"},
    Mark{"Ruby", "Ruby"},
    Mark{"PowerShell", "PowerShell"},
};

// Windows Phone says Android and iPhone too, iPhone and iPad say Mac OS X, Android says Linux. An
// iPad that asks for desktop pages says what a Mac says.
constexpr std::array kSystems{
    Mark{"Windows Phone", "Windows Phone"},
    Mark{"iPhone", "iPhone"},
    Mark{"iPad", "iPad"},
    Mark{"iPod", "iPod"},
    Mark{"Android", "Android"},
    Mark{"CrOS", "ChromeOS"},
    Mark{"Windows", "Windows"},
    Mark{"Macintosh", "macOS"},
    Mark{"Mac OS X", "macOS"},
    Mark{"FreeBSD", "FreeBSD"},
    Mark{"OpenBSD", "OpenBSD"},
    Mark{"Linux", "Linux"},
};

std::string_view find_in(std::string_view text, std::span<const Mark> marks) {
  for (const Mark& mark : marks) {
    if (text.find(mark.text) != std::string_view::npos) return mark.name;
  }
  return {};
}

std::string_view program_of(std::string_view text) {
  for (const Mark& mark : kPrograms) {
    if (text.starts_with(mark.text)) return mark.name;
  }
  return find_in(text, kBrowsers);
}

}  // namespace

std::string device_of(std::string_view user_agent) {
  const std::string_view text = user_agent.substr(0, kMaxBytes);
  const std::string_view program = program_of(text);
  const std::string_view system = find_in(text, kSystems);
  if (program.empty() || system.empty()) return std::string(program) + std::string(system);
  return std::string(program) + " on " + std::string(system);
}

}  // namespace latchkey::service
