// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <utility>

#include "bootstrap/store/watchdog.h"

namespace shoal::bootstrap {

/// A transaction of PostgreSQL. Each answer, that to its ROLLBACK too, has a time of its own: of
/// many statements each may take long, and none for ever. Throws what libpqxx throws.
class PostgresWork {
 public:
  /// Begins. The connection and the dog outlive it.
  PostgresWork(pqxx::connection& connection, Watchdog& dog, std::chrono::milliseconds time)
      : connection_(connection), dog_(dog), time_(time) {
    const Watchdog::Watch watch = watched();
    work_.emplace(connection_);
  }
  /// Rolls back what was not committed.
  ~PostgresWork() {
    const Watchdog::Watch watch = watched();
    work_.reset();
  }
  PostgresWork(const PostgresWork&) = delete;
  PostgresWork& operator=(const PostgresWork&) = delete;

  /// How long each answer may take from now on.
  void allow(std::chrono::milliseconds time) { time_ = time; }

  pqxx::result exec(const std::string& sql) {
    const Watchdog::Watch watch = watched();
    return work_->exec(sql);
  }
  template <class... Values>
  pqxx::result exec_params(const std::string& sql, Values&&... values) {
    const Watchdog::Watch watch = watched();
    return work_->exec_params(sql, std::forward<Values>(values)...);
  }
  void commit() {
    const Watchdog::Watch watch = watched();
    work_->commit();
  }
  /// As SQL; asks nobody.
  template <class Value>
  [[nodiscard]] std::string quote(const Value& value) const {
    return work_->quote(value);
  }

 private:
  [[nodiscard]] Watchdog::Watch watched() const {
    return Watchdog::Watch(dog_, connection_.sock(), time_);
  }

  pqxx::connection& connection_;
  Watchdog& dog_;
  std::chrono::milliseconds time_;
  std::optional<pqxx::work> work_;  // always one, but for its begin and end
};

}  // namespace shoal::bootstrap
