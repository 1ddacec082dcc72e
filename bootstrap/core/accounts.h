// SPDX-License-Identifier: Apache-2.0
// The rules of users and sessions: what may be made of an account. Pure; the store runs them one at
// a time for each account. Who has proven to be whom is the host's business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bootstrap/core/account.h"
#include "proto/types/limits_accounts.h"
#include "proto/types/result.h"
#include "proto/types/time.h"

namespace shoal::bootstrap {

/// 1 to limits::kUserNameMax bytes of UTF-8 without blanks at its ends or anything that hides.
/// Errors: kInvalidArgument, naming the member "name".
Result<void> check_user_name(std::string_view name);
/// Errors: kInvalidArgument, naming the member "password".
Result<void> check_password(std::string_view password);
/// What makes two names the same: "Ana" and "ana" are. ASCII letters only.
std::string key_of_name(std::string_view name);

/// The same peer, or, where one of them does not say who it is, the same address and port.
bool same_place(const Place& a, const Place& b);

/// When a session ends if it is not used any more.
Instant end_of(const Session& session);
/// The session that is open at that time; null: none.
const Session* open_session(const Account& account, Instant now);

enum class TokenState : std::uint8_t {
  kUnknown,
  kOver,  ///< logged out, replaced, or expired
  kOpen,
};
TokenState state_of(const Account& account, const TokenHash& token, Instant now);

/// Registers `fresh`. Errors: kConflict (somebody has that name).
Result<void> register_user(std::optional<Account>& account, Account fresh);

/// Opens a session, and so replaces the one of the same place. Errors: kConflict (a session is
/// open from another place). After: the account is at `place`, and its oldest sessions are
/// forgotten.
Result<void> log_in(Account& account, const TokenHash& token, const Place& place, Instant now);

/// Idempotent; another session of the account stays as it is.
void log_out(Account& account, const TokenHash& token);

/// Notes that the session is used, when that is worth writing down: then true. Requires kOpen.
bool slide(Account& account, const TokenHash& token, Instant now);

/// Lets a signed statement be used once, and only while it is fresh. `stamp` in microseconds since
/// 1970. Errors: kUnauthenticated.
Result<void> take_stamp(Account& account, std::uint64_t stamp, Instant now);
/// The first half of that, for who is no user yet. Errors: kUnauthenticated.
Result<void> check_fresh(std::uint64_t stamp, Instant now);

}  // namespace shoal::bootstrap
