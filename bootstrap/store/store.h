// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "bootstrap/store/account_store.h"
#include "bootstrap/store/index_store.h"
#include "bootstrap/store/lease_store.h"
#include "proto/types/result.h"

namespace shoal::bootstrap {

/// Told what a store could not do, and why, for a log; any thread. May be empty.
using TellTrouble = std::function<void(const Error& error)>;

/// What a directory must not forget, in one database: one interface per kind of thing, each of
/// which lives as long as this and may be used beside the others.
class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  virtual ~Store() = default;

  virtual LeaseStore& leases() = 0;
  virtual AccountStore& accounts() = 0;
  virtual IndexStore& index() = 0;
};

/// The SQLite file, made 0600 when it is missing; its folder must exist. One process at a time.
/// Errors: kConflict (another process has it, or a newer program wrote it), kIntegrity (damaged),
/// kNoSpace, kIo.
Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path);

/// A PostgreSQL database that several directories may share, by a URL as libpq takes it; tables are
/// made in it when they are missing.
/// Errors: kUnreachable, kConflict (a newer program made the tables), kUnsupported (this program
/// was built without libpqxx), kIo. What goes wrong later is told to `tell` in full, and to who
/// asked in short.
Result<std::unique_ptr<Store>> open_postgres_store(const std::string& url, const TellTrouble& tell);

/// "postgresql://..." or "postgres://...".
bool is_postgres_url(const std::string& place);
/// A URL like that, or the SQLite file of that name.
Result<std::unique_ptr<Store>> open_store(const std::string& place, const TellTrouble& tell = {});

}  // namespace shoal::bootstrap
