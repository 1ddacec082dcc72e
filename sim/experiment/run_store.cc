// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/run_store.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>

namespace shoal::sim {
namespace {

// Raised when figures change their meaning.
constexpr int kVersion = 1;

tl::unexpected<Error> broken(const std::exception& error) {
  return fail(Errc::kIo, "the file of runs cannot be used", error.what());
}

std::string columns(const char* separator, const char* after) {
  std::string out;
  for (const Figure& figure : figures()) {
    out += separator + std::string(figure.name) + after;
  }
  return out;
}

StoredRun run_of(SQLite::Statement& row) {
  StoredRun out;
  out.experiment = row.getColumn(0).getString();
  out.seed = std::stoull(row.getColumn(1).getString());
  out.digest = row.getColumn(2).getString();
  int column = 3;
  for (const Figure& figure : figures()) {
    const SQLite::Column value = row.getColumn(column++);
    if (!value.isNull()) out.figures[std::string(figure.name)] = value.getDouble();
  }
  return out;
}

}  // namespace

std::string identity_of(const Experiment& experiment) {
  std::string out;
  for (const auto& [key, value] : shown(experiment)) {
    const bool counts = !key.starts_with("run.") || key == "run.truth";
    if (counts) out += key + " = " + value + "\n";
  }
  return out;
}

RunStore::RunStore(std::unique_ptr<SQLite::Database> database) : database_(std::move(database)) {}
RunStore::RunStore(RunStore&&) noexcept = default;
RunStore& RunStore::operator=(RunStore&&) noexcept = default;
RunStore::~RunStore() = default;

Result<RunStore> RunStore::open(const std::string& path, bool must_exist) {
  std::error_code ignored;
  const bool there = std::filesystem::exists(path, ignored);
  if (!there && must_exist) {
    return fail(Errc::kNotFound, "there are no runs", path + " does not exist");
  }
  try {
    auto database = std::make_unique<SQLite::Database>(
        path, SQLite::OPEN_READWRITE | (must_exist ? 0 : SQLite::OPEN_CREATE), 5000);
    const int version = database->execAndGet("PRAGMA user_version").getInt();
    const int tables = database->execAndGet("SELECT count(*) FROM sqlite_master").getInt();
    if (tables > 0 && version != kVersion) {
      return fail(Errc::kConflict, "the file of runs cannot be used",
                  path + " was made by another version, or is something else",
                  "choose another --out");
    }
    if (tables == 0) {
      database->exec("PRAGMA journal_mode = WAL");
      SQLite::Transaction transaction(*database);
      database->exec("CREATE TABLE runs (experiment TEXT, seed TEXT, digest TEXT" +
                     columns(", ", " REAL") + ", PRIMARY KEY (experiment, seed)) WITHOUT ROWID");
      database->exec("PRAGMA user_version = " + std::to_string(kVersion));
      transaction.commit();
    }
    return RunStore(std::move(database));
  } catch (const SQLite::Exception& error) {
    return fail(Errc::kIo, "the file of runs cannot be used", path + ": " + error.what(),
                "choose another --out");
  }
}

bool RunStore::has(const Experiment& experiment, std::uint64_t seed) const {
  return get(experiment, seed).has_value();
}

Result<void> RunStore::add(const Experiment& experiment, const RunResult& result) {
  try {
    SQLite::Statement insert(
        *database_, "INSERT INTO runs (experiment, seed, digest" + columns(", ", "") +
                        ") VALUES (?, ?, ?" +
                        [] {
                          std::string marks;
                          for (std::size_t i = 0; i < figures().size(); ++i) marks += ", ?";
                          return marks;
                        }() +
                        ")");
    insert.bind(1, identity_of(experiment));
    insert.bind(2, std::to_string(result.seed));
    insert.bind(3, hex_of(result.digest));
    int column = 4;
    for (const Figure& figure : figures()) {
      const auto value = figure.of(result);
      value ? insert.bind(column++, *value) : insert.bind(column++);
    }
    insert.exec();
    return {};
  } catch (const SQLite::Exception& error) {
    return broken(error);
  }
}

Result<StoredRun> RunStore::get(const Experiment& experiment, std::uint64_t seed) const {
  try {
    SQLite::Statement row(*database_, "SELECT experiment, seed, digest" + columns(", ", "") +
                                          " FROM runs WHERE experiment = ? AND seed = ?");
    row.bind(1, identity_of(experiment));
    row.bind(2, std::to_string(seed));
    if (!row.executeStep()) return fail(Errc::kNotFound, "there is no such run");
    return run_of(row);
  } catch (const SQLite::Exception& error) {
    return broken(error);
  }
}

Result<std::vector<StoredRun>> RunStore::all() const {
  try {
    std::vector<StoredRun> out;
    SQLite::Statement row(*database_, "SELECT experiment, seed, digest" + columns(", ", "") +
                                          " FROM runs ORDER BY experiment, seed");
    while (row.executeStep()) out.push_back(run_of(row));
    return out;
  } catch (const SQLite::Exception& error) {
    return broken(error);
  }
}

}  // namespace shoal::sim
