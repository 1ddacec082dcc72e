// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/run_store.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <set>
#include <utility>

namespace shoal::sim {
namespace {

// Raised when figures change their meaning.
constexpr int kVersion = 1;
constexpr int kBusyMs = 5000;

// Those that the file has a column for.
std::vector<Figure> figures_in(SQLite::Database& database) {
  std::set<std::string> there;
  SQLite::Statement column(database, "SELECT name FROM pragma_table_info('runs')");
  while (column.executeStep()) there.insert(column.getColumn(0).getString());
  std::vector<Figure> out;
  for (const Figure& figure : figures()) {
    if (there.contains(std::string(figure.name))) out.push_back(figure);
  }
  return out;
}

void make_table(SQLite::Database& database) {
  SQLite::Transaction transaction(database);
  std::string columns;
  for (const Figure& figure : figures()) columns += ", " + std::string(figure.name) + " REAL";
  database.exec("CREATE TABLE runs (experiment TEXT, seed TEXT, digest TEXT" + columns +
                ", PRIMARY KEY (experiment, seed)) WITHOUT ROWID");
  database.exec("PRAGMA user_version = " + std::to_string(kVersion));
  transaction.commit();
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

RunStore::RunStore(std::string path, std::unique_ptr<SQLite::Database> database,
                   std::vector<Figure> kept)
    : path_(std::move(path)), database_(std::move(database)), kept_(std::move(kept)) {}
RunStore::RunStore(RunStore&&) noexcept = default;
RunStore& RunStore::operator=(RunStore&&) noexcept = default;
RunStore::~RunStore() = default;

tl::unexpected<Error> RunStore::broken(const std::exception& error) const {
  return fail(Errc::kIo, "the file of runs cannot be used", path_ + ": " + error.what());
}

std::string RunStore::columns() const {
  std::string out = "experiment, seed, digest";
  for (const Figure& figure : kept_) out += ", " + std::string(figure.name);
  return out;
}

StoredRun RunStore::run_of(SQLite::Statement& row) const {
  StoredRun out;
  out.experiment = row.getColumn(0).getString();
  out.seed = std::stoull(row.getColumn(1).getString());
  out.digest = row.getColumn(2).getString();
  int column = 3;
  for (const Figure& figure : kept_) {
    const SQLite::Column value = row.getColumn(column++);
    if (!value.isNull()) out.figures[std::string(figure.name)] = value.getDouble();
  }
  return out;
}

Result<RunStore> RunStore::open(const std::string& path, bool must_exist) {
  std::error_code ignored;
  const bool there = std::filesystem::exists(path, ignored);
  if (!there && must_exist) {
    return fail(Errc::kNotFound, "there are no runs", path + " does not exist");
  }
  const auto conflict = [&path, must_exist](const std::string& why) {
    return fail(Errc::kConflict, "the file of runs cannot be used", path + why,
                must_exist ? "give the folder of a sweep" : "choose another --out");
  };
  try {
    auto database = std::make_unique<SQLite::Database>(
        path, SQLite::OPEN_READWRITE | (must_exist ? 0 : SQLite::OPEN_CREATE), kBusyMs);
    const int version = database->execAndGet("PRAGMA user_version").getInt();
    const int tables = database->execAndGet("SELECT count(*) FROM sqlite_master").getInt();
    if (tables > 0 && version != kVersion) {
      return conflict(" was made by another version, or is something else");
    }
    if (!must_exist) database->exec("PRAGMA journal_mode = WAL");
    if (tables == 0) make_table(*database);
    auto kept = figures_in(*database);
    if (kept.empty()) return conflict(" holds no runs; it is something else");
    if (!must_exist && kept.size() < figures().size()) {
      return conflict(" was made by an older version, which knew fewer figures");
    }
    return RunStore(path, std::move(database), std::move(kept));
  } catch (const SQLite::Exception& error) {
    return conflict(std::string(": ") + error.what());
  }
}

bool RunStore::has(const Experiment& experiment, std::uint64_t seed) const {
  return get(experiment, seed).has_value();
}

Result<void> RunStore::add(const Experiment& experiment, const RunResult& result) {
  try {
    std::string marks = "?, ?, ?";
    for (std::size_t i = 0; i < kept_.size(); ++i) marks += ", ?";
    // Another sweep may have made the same run meanwhile, and come to the same.
    SQLite::Statement insert(
        *database_, "INSERT OR IGNORE INTO runs (" + columns() + ") VALUES (" + marks + ")");
    insert.bind(1, identity_of(experiment));
    insert.bind(2, std::to_string(result.seed));
    insert.bind(3, hex_of(result.digest));
    int column = 4;
    for (const Figure& figure : kept_) {
      const auto value = figure.of(result);
      value ? insert.bind(column++, *value) : insert.bind(column++);
    }
    insert.exec();
    return {};
  } catch (const SQLite::Exception& error) {
    return broken(error);
  }
}

void RunStore::settle() {
  try {
    database_->setBusyTimeout(0);
    database_->exec("PRAGMA journal_mode = DELETE");
    database_->setBusyTimeout(kBusyMs);
  } catch (const SQLite::Exception&) {
    database_->setBusyTimeout(kBusyMs);  // who else is at work there will do it
  }
}

Result<StoredRun> RunStore::get(const Experiment& experiment, std::uint64_t seed) const {
  try {
    SQLite::Statement row(*database_,
                          "SELECT " + columns() + " FROM runs WHERE experiment = ? AND seed = ?");
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
    SQLite::Statement row(*database_,
                          "SELECT " + columns() + " FROM runs ORDER BY experiment, seed");
    while (row.executeStep()) out.push_back(run_of(row));
    return out;
  } catch (const SQLite::Exception& error) {
    return broken(error);
  }
}

}  // namespace shoal::sim
