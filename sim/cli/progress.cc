// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/progress.h"

#include <array>
#include <cstdio>
#include <string>

namespace shoal::sim::cli {

std::string time_left(double seconds) {
  const auto whole = static_cast<long>(seconds + 0.5);
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole / 60 % 60) + " min";
}

void ProgressLine::show(const Progress& progress, std::uint32_t run, std::uint32_t runs) {
  if (progress.wall_s < last_wall_s_) before_s_ += last_wall_s_;  // the next run
  last_wall_s_ = progress.wall_s;
  const double wall = before_s_ + progress.wall_s;
  if (!due(wall)) return;
  const double rate = static_cast<double>(progress.deliveries) / progress.wall_s;
  const double done = (run + progress.done) / runs;
  std::array<char, 160> line{};
  if (progress.deliveries == 0) {
    std::snprintf(line.data(), line.size(), "%.*s, %u peers",
                  static_cast<int>(progress.stage.size()), progress.stage.data(), progress.peers);
  } else {
    std::snprintf(line.data(), line.size(), "%u peers, %.1f s virtual, %.1f M deliveries, %.2f M/s",
                  progress.peers, progress.virtual_s,
                  static_cast<double>(progress.deliveries) / 1e6, rate / 1e6);
  }
  std::string text = line.data();
  if (done > 0.01) {
    text += ", " + std::to_string(static_cast<int>(done * 100)) + " %, " +
            time_left(wall / done - wall) + " left";
  }
  write(text, wall);
}

void ProgressLine::write(const std::string& text, double wall_s) {
  if (terminal_) {
    err_ << "\r\033[K" << text << std::flush;
    written_ = true;
  } else {
    err_ << text << std::endl;
    next_s_ = wall_s + kEverySeconds;
  }
}

void ProgressLine::wipe() {
  if (written_) err_ << "\r\033[K" << std::flush;
  written_ = false;
}

}  // namespace shoal::sim::cli
