// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/state/state_store.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <algorithm>
#include <mutex>

#include "proto/types/limits.h"

namespace shoal::daemon {
namespace {

constexpr int kSchema = 4;
constexpr int kBusyMs = 3000;
constexpr const char* kTables = R"(
  CREATE TABLE IF NOT EXISTS friend(id BLOB PRIMARY KEY, role INTEGER NOT NULL, name TEXT NOT NULL,
                      endpoints TEXT NOT NULL, removed INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS number(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS download_folder(path BLOB PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS ended_transfer(number INTEGER PRIMARY KEY, body TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS text(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS ended(kind TEXT NOT NULL, number INTEGER NOT NULL, body TEXT NOT NULL,
                      PRIMARY KEY(kind, number)) WITHOUT ROWID;
  INSERT OR IGNORE INTO ended SELECT 'transfer', number, body FROM ended_transfer;
  DROP TABLE ended_transfer;
)";

tl::unexpected<Error> database_error(const SQLite::Exception& error) {
  const bool full = error.getErrorCode() == SQLITE_FULL;
  return fail(full ? Errc::kNoSpace : Errc::kIo, "this peer's state cannot be kept", error.what(),
              full ? "free some space" : "");
}

std::string join(const std::vector<std::string>& list) {
  std::string out;
  for (const auto& item : list) out += (out.empty() ? "" : ",") + item;
  return out;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    out.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

}  // namespace

class StateStore::Impl {
 public:
  explicit Impl(const std::string& path)
      : database_(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyMs) {}

  Result<void> prepare() {
    database_.exec("PRAGMA journal_mode = WAL");
    database_.exec("PRAGMA synchronous = FULL");
    const int version = database_.execAndGet("PRAGMA user_version").getInt();
    if (version > kSchema) {
      return fail(Errc::kConflict, "this peer's state cannot be read",
                  "a newer version of shoald made it", "use that version");
    }
    if (version == kSchema) return {};
    SQLite::Transaction transaction(database_);
    database_.exec(kTables);
    database_.exec("PRAGMA user_version = " + std::to_string(kSchema));
    transaction.commit();
    return {};
  }

  // Runs `work` with the database to itself.
  template <class Work>
  auto guarded(Work work) -> decltype(work(std::declval<SQLite::Database&>())) {
    const std::lock_guard lock(mutex_);
    try {
      return work(database_);
    } catch (const SQLite::Exception& error) {
      return database_error(error);
    }
  }

 private:
  std::mutex mutex_;
  SQLite::Database database_;
};

StateStore::StateStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StateStore::~StateStore() = default;

Result<std::unique_ptr<StateStore>> StateStore::open(const std::string& path) {
  try {
    auto impl = std::make_unique<Impl>(path);
    if (auto ready = impl->prepare(); !ready) return tl::unexpected(ready.error());
    return std::unique_ptr<StateStore>(new StateStore(std::move(impl)));
  } catch (const SQLite::Exception& error) {
    auto failed = database_error(error);
    failed.value().next = "look at " + path;
    return failed;
  }
}

Result<std::vector<StoredFriend>> StateStore::friends() {
  return impl_->guarded([](SQLite::Database& database) -> Result<std::vector<StoredFriend>> {
    std::vector<StoredFriend> out;
    SQLite::Statement rows(database, "SELECT id, role, name, endpoints, removed FROM friend");
    while (rows.executeStep()) {
      const std::string id = rows.getColumn(0).getString();
      StoredFriend entry;
      if (id.size() != PeerId::kSize) continue;
      std::copy(id.begin(), id.end(), entry.id.bytes.begin());
      entry.role = static_cast<Role>(std::clamp(rows.getColumn(1).getInt(), 0, 3));
      entry.name = rows.getColumn(2).getString();
      entry.endpoints = split(rows.getColumn(3).getString());
      entry.removed = rows.getColumn(4).getInt() != 0;
      out.push_back(std::move(entry));
    }
    return out;
  });
}

Result<void> StateStore::put_friend(const StoredFriend& entry) {
  return impl_->guarded([&](SQLite::Database& database) -> Result<void> {
    SQLite::Statement put(database, "REPLACE INTO friend VALUES (?, ?, ?, ?, ?)");
    put.bind(1, entry.id.bytes.data(), static_cast<int>(entry.id.bytes.size()));
    put.bind(2, static_cast<int>(entry.role));
    put.bind(3, entry.name);
    put.bind(4, join(entry.endpoints));
    put.bind(5, entry.removed ? 1 : 0);
    put.exec();
    return {};
  });
}

Result<std::optional<std::int64_t>> StateStore::number(std::string_view name) {
  return impl_->guarded([&](SQLite::Database& database) -> Result<std::optional<std::int64_t>> {
    SQLite::Statement row(database, "SELECT value FROM number WHERE name = ?");
    row.bind(1, std::string(name));
    if (!row.executeStep()) return std::optional<std::int64_t>();
    return std::optional<std::int64_t>(row.getColumn(0).getInt64());
  });
}

Result<void> StateStore::set_number(std::string_view name, std::int64_t value) {
  return impl_->guarded([&](SQLite::Database& database) -> Result<void> {
    SQLite::Statement put(database, "REPLACE INTO number VALUES (?, ?)");
    put.bind(1, std::string(name));
    put.bind(2, value);
    put.exec();
    return {};
  });
}

Result<std::int64_t> StateStore::next(std::string_view name) {
  return impl_->guarded([&](SQLite::Database& database) -> Result<std::int64_t> {
    SQLite::Statement put(database,
                          "INSERT INTO number VALUES (?, 1) "
                          "ON CONFLICT(name) DO UPDATE SET value = value + 1 RETURNING value");
    put.bind(1, std::string(name));
    put.executeStep();
    const std::int64_t value = put.getColumn(0).getInt64();
    put.executeStep();  // to its end: commits
    return value;
  });
}

Result<std::optional<std::string>> StateStore::text(std::string_view name) {
  return impl_->guarded([&](SQLite::Database& database) -> Result<std::optional<std::string>> {
    SQLite::Statement get(database, "SELECT value FROM text WHERE name = ?");
    get.bind(1, std::string(name));
    if (!get.executeStep()) return std::optional<std::string>();
    return std::optional(get.getColumn(0).getString());
  });
}

Result<std::vector<std::pair<std::string, std::string>>> StateStore::texts(
    std::string_view prefix) {
  using Texts = std::vector<std::pair<std::string, std::string>>;
  return impl_->guarded([&](SQLite::Database& database) -> Result<Texts> {
    Texts out;
    SQLite::Statement rows(
        database, "SELECT name, value FROM text WHERE substr(name, 1, ?) = ? ORDER BY name");
    rows.bind(1, static_cast<int>(prefix.size()));
    rows.bind(2, std::string(prefix));
    while (rows.executeStep()) {
      out.emplace_back(rows.getColumn(0).getString(), rows.getColumn(1).getString());
    }
    return out;
  });
}

Result<void> StateStore::set_text(std::string_view name, const std::string& value) {
  return impl_->guarded([&](SQLite::Database& database) -> Result<void> {
    SQLite::Statement put(database, value.empty() ? "DELETE FROM text WHERE name = ?"
                                                  : "REPLACE INTO text VALUES (?, ?)");
    put.bind(1, std::string(name));
    if (!value.empty()) put.bind(2, value);
    put.exec();
    return {};
  });
}

Result<std::vector<std::string>> StateStore::ended(std::string_view kind) {
  return impl_->guarded([&](SQLite::Database& database) -> Result<std::vector<std::string>> {
    std::vector<std::string> out;
    SQLite::Statement rows(database, "SELECT body FROM ended WHERE kind = ? ORDER BY number");
    rows.bind(1, std::string(kind));
    while (rows.executeStep()) out.push_back(rows.getColumn(0).getString());
    return out;
  });
}

Result<void> StateStore::put_ended(std::string_view kind, std::uint64_t number,
                                   const std::string& text, std::size_t most) {
  return impl_->guarded([&](SQLite::Database& database) -> Result<void> {
    SQLite::Transaction transaction(database);
    SQLite::Statement put(database, "REPLACE INTO ended VALUES (?, ?, ?)");
    put.bind(1, std::string(kind));
    put.bind(2, static_cast<std::int64_t>(number));
    put.bind(3, text);
    put.exec();
    SQLite::Statement old(
        database,
        "DELETE FROM ended WHERE kind = ?1 AND number NOT IN "
        "(SELECT number FROM ended WHERE kind = ?1 ORDER BY number DESC LIMIT ?2)");
    old.bind(1, std::string(kind));
    old.bind(2, static_cast<std::int64_t>(most));
    old.exec();
    transaction.commit();
    return {};
  });
}

Result<std::vector<std::string>> StateStore::download_folders() {
  return impl_->guarded([](SQLite::Database& database) -> Result<std::vector<std::string>> {
    std::vector<std::string> out;
    SQLite::Statement rows(database, "SELECT path FROM download_folder");
    while (rows.executeStep()) out.push_back(rows.getColumn(0).getString());
    return out;
  });
}

Result<void> StateStore::add_download_folder(const std::string& path) {
  return impl_->guarded([&](SQLite::Database& database) -> Result<void> {
    SQLite::Statement put(database, "INSERT OR IGNORE INTO download_folder VALUES (?)");
    put.bind(1, path.data(), static_cast<int>(path.size()));
    put.exec();
    return {};
  });
}

}  // namespace shoal::daemon
