// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>

#include "sim/experiment/run.h"

namespace shoal::sim::cli {

/// One line on a terminal that is written anew as a run goes on, from its second second on, and
/// wiped at its end.
class ProgressLine {
 public:
  ProgressLine(std::ostream& err, bool shown) : err_(err), shown_(shown) {}
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() { wipe(); }

  /// `run` of `runs`, from 0 on.
  void show(const Progress& progress, std::uint32_t run, std::uint32_t runs);
  void wipe();

 private:
  std::ostream& err_;
  bool shown_;
  bool written_ = false;
  double before_s_ = 0;  // of earlier runs
  double last_wall_s_ = 0;
};

/// "12 s", "3 min 20 s".
std::string time_left(double seconds);

}  // namespace shoal::sim::cli
