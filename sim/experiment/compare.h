// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "proto/types/result.h"
#include "sim/measure/statistics.h"

namespace shoal::sim {

/// What a figure may do.
struct Threshold {
  bool higher_is_better = false;
  std::optional<double> worse_by;  ///< share of the old value; none: it is shown, and judged not
};

/// Of every figure. What the machine decides (speed, memory) is judged only when asked for.
std::map<std::string, Threshold> built_in_thresholds();

/// One point's figures: values by seed.
struct ComparedPoint {
  std::string experiment;  ///< a name that both sides share
  std::map<std::string, std::vector<double>> figures;
  std::map<std::string, std::string> keys = {};  ///< of a single run: its experiment
};

/// The results in `path`: one object of `run --json`, or the folder of a sweep.
/// Errors: kNotFound, kInvalidArgument (neither), kIo.
Result<std::vector<ComparedPoint>> read_results(const std::string& path);

enum class Change { kSame, kBetter, kWorse, kUnjudged };

struct ComparedFigure {
  std::string experiment;
  std::string figure;
  Estimate before;
  Estimate after;
  double by = 0;  ///< (after - before) / |before|; infinite from 0
  Change change = Change::kSame;
};

/// A key in which two single runs are unlike; one may lack it.
struct UnlikeKey {
  std::string key;
  std::string before;
  std::string after;
  friend bool operator==(const UnlikeKey&, const UnlikeKey&) = default;
};
/// By name, and none that changes no result (seeds, threads, memory).
std::vector<UnlikeKey> unlike_keys(const std::vector<ComparedPoint>& before,
                                   const std::vector<ComparedPoint>& after);

/// Every figure of every point that both have. Worse: by more than its threshold and, where both
/// have several seeds, by more than both intervals together.
std::vector<ComparedFigure> compare(const std::vector<ComparedPoint>& before,
                                    const std::vector<ComparedPoint>& after,
                                    const std::map<std::string, Threshold>& thresholds);

}  // namespace shoal::sim
