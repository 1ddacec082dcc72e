// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "bootstrap/core/login_throttle.h"
#include "bootstrap/http/password.h"
#include "bootstrap/http/user_request.h"
#include "bootstrap/store/account_store.h"
#include "proto/types/result.h"

namespace shoal::bootstrap {

/// Users and sessions of a directory at work: proves who asks, lets the rules (bootstrap/core)
/// decide, keeps the outcome (bootstrap/store).
///
/// Any thread. Nothing of a session is kept here, so several processes on one store know the same
/// ones; only the waits after wrong passwords are this process's. register_user() and log_in() take
/// as long as a hash.
class AccountsDesk {
 public:
  /// `now` since 1970. All outlive this. Costs one hash.
  AccountsDesk(AccountStore& store, PasswordHasher& hasher, std::function<Instant()> now,
               LoginLimits limits = {});

  /// Why not, and, for kOverloaded, when to try again.
  struct Refusal {
    Error error;
    Duration retry_after{0};
  };
  template <class T>
  using Answer = tl::expected<T, Refusal>;

  /// Whom a request came from.
  struct Caller {
    std::string address;    ///< numeric, of the connection
    std::string directory;  ///< what the caller calls us: the Host
  };

  /// Errors: kConflict (the name is taken), kUnauthenticated (the statement), kInvalidArgument (the
  /// address), kOverloaded, and those of the store.
  Answer<UserRecord> register_user(const UserRequest& request, const Caller& caller);

  struct Opened {
    std::string token;  ///< the only time that it is told
    Instant ends;       ///< unless it is used
    Duration left{};
    UserRecord user;
  };
  /// Errors: kUnauthenticated (in the same words for an unknown user and a wrong password),
  /// kConflict (logged in from another peer), kInvalidArgument, kOverloaded, those of the store.
  Answer<Opened> log_in(const UserRequest& request, const Caller& caller);

  /// Idempotent: a session that is over is no error. `user` if given must be the token's.
  /// Errors: kUnauthenticated (no token of ours), kDenied (another's), those of the store.
  Result<void> log_out(std::string_view token, const std::optional<std::string>& user);

  struct Member {
    UserRecord user;
    Instant ends;
    Duration left{};
  };
  /// Who has this token; its session lasts longer for that.
  /// Errors: kUnauthenticated, those of the store.
  Result<Member> member(std::string_view token);
  /// Errors: kNotFound, those of the store.
  Result<UserRecord> find(const std::string& name);

  /// Forgets what is over; called now and then.
  Result<void> sweep();
  [[nodiscard]] Instant now() const { return now_(); }

 private:
  Result<void> prove(const UserRequest& request, const std::optional<Account>& account,
                     const Caller& caller);
  Answer<void> may_try(const UserRequest& request, const std::string& key, const Caller& caller);

  AccountStore& store_;
  PasswordHasher& hasher_;
  std::function<Instant()> now_;
  std::string nobodys_password_;  // what an unknown user's password is compared with
  std::mutex mutex_;              // guards:
  LoginThrottle throttle_;
};

}  // namespace shoal::bootstrap
