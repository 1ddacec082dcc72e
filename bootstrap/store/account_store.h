// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "bootstrap/core/account.h"
#include "proto/types/result.h"

namespace shoal::bootstrap {

/// The users of a directory and their sessions. The rules are not here: change() lets a rule decide
/// with the account as it is, and nobody else changes that account meanwhile, in this process or
/// another.
///
/// What change() has returned for is kept over kill -9 and power loss. Any thread.
class AccountStore {
 public:
  /// Changes the account of that name, makes one (from none), or returns why not; then nothing is
  /// changed. Called once or, after a lost connection, again from the start. Must not call the
  /// store.
  using Rule = std::function<Result<void>(std::optional<Account>& account)>;

  AccountStore() = default;
  AccountStore(const AccountStore&) = delete;
  AccountStore& operator=(const AccountStore&) = delete;
  virtual ~AccountStore() = default;

  /// `name` is a key_of_name(), and so must be that of the account's name. Errors: the rule's, and
  /// those of all: kNoSpace, kIo, kUnreachable (a server that is away).
  virtual Result<void> change(const std::string& name, const Rule& rule) = 0;

  virtual Result<std::optional<Account>> find(const std::string& name) = 0;
  /// The account that has this token among its sessions, open or closed.
  virtual Result<std::optional<Account>> holder(const TokenHash& token) = 0;
  virtual Result<std::size_t> count() = 0;
  /// Forgets sessions that began before that time.
  virtual Result<void> purge_sessions(Instant before) = 0;
};

}  // namespace shoal::bootstrap
