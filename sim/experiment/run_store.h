// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "proto/types/result.h"
#include "sim/experiment/experiment.h"
#include "sim/experiment/result.h"

namespace SQLite {
class Database;
class Statement;
}  // namespace SQLite

namespace shoal::sim {

/// A run as it is kept.
struct StoredRun {
  std::string experiment;  ///< all keys that its results depend on, a line each
  std::uint64_t seed = 0;
  std::string digest;
  std::map<std::string, double> figures;  ///< those that the run has
};

/// The finished runs of a sweep, in a SQLite file: one row per experiment and seed, committed at
/// once.
///
/// Threads: one at a time.
class RunStore {
 public:
  /// Opens or makes it. `must_exist`: only opens, for reading; then runs of an older version may
  /// lack the figures that came later.
  /// Errors: kNotFound; kIo (what SQLite says); kConflict (made by another version, whose figures
  /// may mean something else, or, if runs are to be added, are fewer).
  static Result<RunStore> open(const std::string& path, bool must_exist = false);
  RunStore(RunStore&&) noexcept;
  RunStore& operator=(RunStore&&) noexcept;
  ~RunStore();

  [[nodiscard]] bool has(const Experiment& experiment, std::uint64_t seed) const;
  /// No effect if it has that run. Errors: kIo.
  Result<void> add(const Experiment& experiment, const RunResult& result);
  /// All is written into the one file, so that it can be read where nothing can be written. No
  /// effect while others use it.
  void settle();
  /// Errors: kNotFound, kIo.
  Result<StoredRun> get(const Experiment& experiment, std::uint64_t seed) const;
  /// All, by experiment and seed. Errors: kIo.
  Result<std::vector<StoredRun>> all() const;

 private:
  RunStore(std::string path, std::unique_ptr<SQLite::Database> database, std::vector<Figure> kept);
  [[nodiscard]] tl::unexpected<Error> broken(const std::exception& error) const;
  [[nodiscard]] std::string columns() const;
  [[nodiscard]] StoredRun run_of(SQLite::Statement& row) const;

  std::string path_;
  std::unique_ptr<SQLite::Database> database_;
  std::vector<Figure> kept_;  // the figures that the file has
};

/// All keys but those that change no result (seed, seeds, threads, memory), a line each.
std::string identity_of(const Experiment& experiment);

}  // namespace shoal::sim
