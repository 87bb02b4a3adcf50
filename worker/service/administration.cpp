// SPDX-License-Identifier: Apache-2.0
#include "service/administration.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"
#include "base/uuid.h"
#include "service/field_rules.h"

namespace latchkey::service {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::int64_t kUsersPerPage = 1000;
constexpr std::string_view kIdPrefix = "id:";

[[noreturn]] void refuse_unknown_user() {
  throw Error(ErrorCode::kNotFound, "There is no such user");
}

[[noreturn]] void refuse_taken(const std::string& what) {
  throw Error(ErrorCode::kUserAlreadyExists, "The " + what + " is already taken");
}

// Text from a file or a terminal has passed no JSON parser.
bool is_text(std::string_view text) {
  return base::is_valid_utf8(text) && text.find('\0') == std::string_view::npos;
}

}  // namespace

db::UserKey parse_user_key(std::string_view name) {
  if (!is_text(name)) refuse_unknown_user();
  if (name.starts_with(kIdPrefix)) {
    const std::string_view digits = name.substr(kIdPrefix.size());
    std::int64_t id = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), id);
    if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size() || id <= 0)
      refuse_unknown_user();
    return {.id = id, .email = std::nullopt, .username = std::nullopt};
  }
  if (name.find('@') != std::string_view::npos)
    return {.id = std::nullopt, .email = std::string(name), .username = std::nullopt};
  return {.id = std::nullopt, .email = std::nullopt, .username = std::string(name)};
}

void Administration::list(const db::UserQuery& query, std::int64_t limit,
                          const std::function<void(const db::User& user)>& visit) {
  if (query.match && !is_text(*query.match)) return;
  std::optional<db::User> last;
  for (std::int64_t left = limit; limit == 0 || left > 0;) {
    const std::int64_t wanted = limit == 0 ? kUsersPerPage : std::min(left, kUsersPerPage);
    const std::vector<db::User> page =
        parts_.users.list(query, last ? &*last : nullptr, static_cast<std::int32_t>(wanted));
    for (const db::User& user : page) visit(user);
    const auto got = static_cast<std::int64_t>(page.size());
    if (got < wanted) return;
    left -= got;
    last = page.back();
  }
}

db::UserDetail Administration::find(std::string_view name) {
  std::optional<db::UserDetail> found = parts_.users.find(parse_user_key(name));
  if (!found) refuse_unknown_user();
  return std::move(*found);
}

void Administration::check_password(const base::Secret& password, const PasswordOwner& owner,
                                    Faults& faults) const {
  if (!is_text(password.reveal())) {
    faults.push_back({"password", "invalid", "must be UTF-8 without NUL characters"});
    return;
  }
  parts_.policy.check("password", password.reveal(), owner, faults);
}

void Administration::check_names(std::string_view email, std::string_view username) {
  Faults faults;
  check_email(email, faults);
  check_username(username, faults);
  throw_if_any(std::move(faults));
  if (parts_.users.find(parse_user_key(email))) refuse_taken("email");
  if (parts_.users.find(parse_user_key(username))) refuse_taken("username");
}

std::int64_t Administration::create(std::string_view email, std::string_view username,
                                    const base::Secret& password) {
  Faults faults;
  check_email(email, faults);
  check_username(username, faults);
  check_password(password, {email, username}, faults);
  throw_if_any(std::move(faults));
  const db::Creation creation =
      parts_.users.create({.email = std::string(email),
                           .username = std::string(username),
                           .password_hash = parts_.hasher.hash(password.reveal()),
                           .is_active = true,
                           .created_at_ms = std::nullopt},
                          parts_.actor);
  if (creation.outcome == db::CreateOutcome::kEmailTaken) refuse_taken("email");
  if (creation.outcome == db::CreateOutcome::kUsernameTaken) refuse_taken("username");
  return creation.user_id;
}

bool Administration::activate(std::string_view name) {
  const db::ActiveChange change = parts_.users.set_active(find(name).user.id, true, parts_.actor);
  if (change.outcome == db::ActiveOutcome::kNotFound) refuse_unknown_user();
  return change.outcome == db::ActiveOutcome::kChanged;
}

std::int64_t Administration::deactivate(std::string_view name) {
  const db::ActiveChange change = parts_.users.set_active(find(name).user.id, false, parts_.actor);
  if (change.outcome == db::ActiveOutcome::kNotFound) refuse_unknown_user();
  return change.outcome == db::ActiveOutcome::kChanged ? change.ended_sessions : -1;
}

std::int64_t Administration::reset_password(std::string_view name, const base::Secret& password) {
  const db::User user = find(name).user;
  Faults faults;
  check_password(password, {user.email, user.username}, faults);
  throw_if_any(std::move(faults));
  const auto ended =
      parts_.users.reset_password(user.id, parts_.hasher.hash(password.reveal()), parts_.actor);
  if (!ended) refuse_unknown_user();
  return *ended;
}

std::vector<db::SessionEntry> Administration::list_sessions(std::string_view name,
                                                            std::int32_t limit) {
  return parts_.users.list_sessions(find(name).user.id, limit);
}

std::vector<db::AuditEvent> Administration::list_events(std::string_view name, std::int32_t limit) {
  return parts_.users.list_events(find(name).user.id, limit);
}

void Administration::revoke_session(std::string_view name, std::string_view session) {
  const std::int64_t user_id = find(name).user.id;
  const auto id = base::Uuid::parse(session);
  if (!id || !parts_.users.revoke_session(*id, user_id, parts_.actor))
    throw Error(ErrorCode::kNotFound, "The user has no such live session");
}

std::int64_t Administration::revoke_sessions(std::string_view name) {
  const auto ended = parts_.users.revoke_sessions(find(name).user.id, parts_.actor);
  if (!ended) refuse_unknown_user();
  return *ended;
}

}  // namespace latchkey::service
