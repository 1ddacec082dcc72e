// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "proto/types/result.h"
#include "sim/experiment/experiment.h"

namespace shoal::sim {

/// A key that the runs of a sweep do not agree on, and its values: numbers and times ascending,
/// else as they are met.
struct VariedKey {
  std::string key;
  std::vector<std::string> values;
  /// One per value where all are numbers or times; times in `unit`.
  std::vector<double> numbers;
  std::string unit;
};

/// The runs of one combination of values.
struct SweptPoint {
  std::vector<std::size_t> at;                         ///< per varied key: the number of its value
  std::vector<std::uint64_t> seeds;                    ///< ascending
  std::vector<std::string> digests;                    ///< one per seed
  std::map<std::string, std::vector<double>> figures;  ///< by name: of the runs that have it
};

/// What a sweep has left behind.
struct SweepTable {
  std::vector<VariedKey> varied;
  /// Keys that all runs share, with their values; empty when the source does not tell.
  std::vector<Override> shared;
  bool tells_shared = false;
  std::vector<SweptPoint> points;  ///< by `at`

  /// Every combination of values is there.
  [[nodiscard]] bool full() const;
  /// Every point has the same seeds, one after the other.
  [[nodiscard]] bool same_seeds() const;
  /// The shoal-sim command that makes these runs again; empty when there is no such single command.
  [[nodiscard]] std::string command() const;
};

/// Runs from the folder of a sweep, its runs.db, or its runs.csv (which tells no shared keys).
/// Errors: kNotFound, kInvalidArgument (something else is in that file, or no run; a line of the
/// CSV is wrong).
Result<SweepTable> read_sweep_table(const std::string& path);

}  // namespace shoal::sim
