// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/core/accounts.h"

#include <algorithm>
#include <utility>

#include "proto/types/assert.h"
#include "proto/types/utf8.h"

namespace shoal::bootstrap {
namespace {

tl::unexpected<Error> bad_member(std::string_view name, std::string why) {
  return fail(Errc::kInvalidArgument, "\"" + std::string(name) + "\" cannot be taken",
              std::move(why));
}

std::string text_of(const Place& place) {
  if (place.port == 0) return place.address;
  const bool v6 = place.address.find(':') != std::string::npos;
  return (v6 ? "[" + place.address + "]" : place.address) + ":" + std::to_string(place.port);
}

Session* find(Account& account, const TokenHash& token) {
  const auto at = std::ranges::find(account.sessions, token, &Session::token);
  return at == account.sessions.end() ? nullptr : &*at;
}

}  // namespace

Result<void> check_user_name(std::string_view name) {
  if (name.empty() || name.size() > limits::kUserNameMax) {
    return bad_member("name",
                      "it must have 1 to " + std::to_string(limits::kUserNameMax) + " bytes");
  }
  if (name.front() == ' ' || name.back() == ' ') {
    return bad_member("name", "there is a blank at one of its ends");
  }
  if (disarm(name) != name) return bad_member("name", "it holds characters that do not show");
  return {};
}

Result<void> check_password(std::string_view password) {
  if (password.size() >= limits::kPasswordMin && password.size() <= limits::kPasswordMax) return {};
  return bad_member("password", "it must have " + std::to_string(limits::kPasswordMin) + " to " +
                                    std::to_string(limits::kPasswordMax) + " bytes");
}

std::string key_of_name(std::string_view name) {
  std::string key(name);
  std::ranges::transform(key, key.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return key;
}

bool same_place(const Place& a, const Place& b) {
  if (a.peer && b.peer) return a.peer == b.peer;
  return a.address == b.address && a.port == b.port;
}

Instant end_of(const Session& session) {
  return std::min<Instant>(session.used + limits::kSessionIdle,
                           session.begun + limits::kSessionMax);
}

const Session* open_session(const Account& account, Instant now) {
  const auto open = std::ranges::find_if(account.sessions, [&](const Session& session) {
    return !session.closed && now < end_of(session);
  });
  return open == account.sessions.end() ? nullptr : &*open;
}

TokenState state_of(const Account& account, const TokenHash& token, Instant now) {
  const auto at = std::ranges::find(account.sessions, token, &Session::token);
  if (at == account.sessions.end()) return TokenState::kUnknown;
  return !at->closed && now < end_of(*at) ? TokenState::kOpen : TokenState::kOver;
}

Result<void> register_user(std::optional<Account>& account, Account fresh) {
  if (account) {
    return fail(Errc::kConflict, "the user is not registered",
                "somebody is registered as \"" + account->name + "\"",
                "log in, or choose another name");
  }
  account = std::move(fresh);
  return {};
}

Result<void> log_in(Account& account, const TokenHash& token, const Place& place, Instant now) {
  if (const Session* const open = open_session(account, now)) {
    if (!same_place(open->place, place)) {
      return fail(Errc::kConflict, "the user is not logged in",
                  "\"" + account.name + "\" is logged in from " + text_of(open->place),
                  "log out there; a session that is not used ends within an hour");
    }
  }
  for (auto& session : account.sessions) session.closed = true;
  account.sessions.push_back({token, place, now, now, false});
  if (account.sessions.size() > limits::kSessionsKept) {
    account.sessions.erase(account.sessions.begin(),
                           account.sessions.end() - limits::kSessionsKept);
  }
  account.place = place;
  return {};
}

void log_out(Account& account, const TokenHash& token) {
  if (Session* const session = find(account, token)) session->closed = true;
}

bool slide(Account& account, const TokenHash& token, Instant now) {
  Session* const session = find(account, token);
  SHOAL_ASSERT(session != nullptr);
  if (now < session->used + limits::kSessionTouch) return false;
  session->used = now;
  return true;
}

Result<void> check_fresh(std::uint64_t stamp, Instant now) {
  const auto clock = now.time_since_epoch().count();
  const auto said = static_cast<std::int64_t>(std::min<std::uint64_t>(stamp, INT64_MAX));
  constexpr std::int64_t kFresh = Duration(limits::kStatementFresh).count();
  if (said >= clock - kFresh && said <= clock + kFresh) return {};
  return fail(Errc::kUnauthenticated, "the signed statement is not accepted",
              "its stamp is more than " + std::to_string(limits::kStatementFresh.count()) +
                  " s from this directory's clock",
              "set the clock, or use the time in this answer");
}

Result<void> take_stamp(Account& account, std::uint64_t stamp, Instant now) {
  if (auto fresh = check_fresh(stamp, now); !fresh) return fresh;
  if (stamp <= account.stamp) {
    return fail(Errc::kUnauthenticated, "the signed statement is not accepted",
                "it, or a later one, was used already", "sign a new one");
  }
  account.stamp = stamp;
  return {};
}

}  // namespace shoal::bootstrap
