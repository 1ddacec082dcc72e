// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>

#include "sim/experiment/run.h"

namespace shoal::sim::cli {

/// How far work is. On a terminal one line that is written anew, from the second second on, and
/// wiped at the end; elsewhere a line every ten seconds.
class ProgressLine {
 public:
  ProgressLine(std::ostream& err, bool terminal, bool quiet)
      : err_(err), terminal_(terminal), quiet_(quiet), next_s_(terminal ? 1 : kEverySeconds) {}
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() { wipe(); }

  /// Is a line wanted at `wall_s` seconds from the beginning?
  [[nodiscard]] bool due(double wall_s) const { return !quiet_ && wall_s >= next_s_; }
  /// Requires that one is due.
  void write(const std::string& text, double wall_s);
  /// `run` of `runs`, from 0 on.
  void show(const Progress& progress, std::uint32_t run, std::uint32_t runs);
  void wipe();

 private:
  static constexpr double kEverySeconds = 10;

  std::ostream& err_;
  bool terminal_;
  bool quiet_;
  double next_s_;
  bool written_ = false;
  double before_s_ = 0;  // of earlier runs
  double last_wall_s_ = 0;
};

/// "12 s", "3 min 20 s".
std::string time_left(double seconds);

}  // namespace shoal::sim::cli
