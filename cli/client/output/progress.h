// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <string>
#include <string_view>

#include "cli/client/context/context.h"

namespace shoal::client {

/// Whether bars are to be drawn in ASCII: asked for, or the locale has no UTF-8.
bool wants_ascii(Context& context);

/// How far something is, on stderr: a bar that is drawn over itself on a terminal, else a line
/// every 10 s, or the daemon's own lines as JSON, or nothing.
class Progress {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Progress(Context& context);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `done` of `total` bytes (total 0: unknown), with a remark; `event` is what --progress=json
  /// prints. `now` counts for rates and pauses.
  void show(std::uint64_t done, std::uint64_t total, std::string_view remark,
            const boost::json::object& event, Clock::time_point now = Clock::now());
  /// Takes the bar away.
  void clear();

  /// Bytes per second of the last seconds; 0 when not known yet.
  [[nodiscard]] double rate() const { return rate_; }

 private:
  void measure(std::uint64_t done, Clock::time_point now);
  [[nodiscard]] std::string line(std::uint64_t done, std::uint64_t total,
                                 std::string_view remark) const;
  [[nodiscard]] std::string bar(std::uint64_t done, std::uint64_t total, std::size_t columns) const;
  [[nodiscard]] std::string drawn(std::uint64_t done, std::uint64_t total,
                                  std::string_view remark) const;

  Context& context_;
  ProgressKind kind_;
  bool drawn_ = false;
  bool started_ = false;
  std::uint64_t last_done_ = 0;
  Clock::time_point last_time_;
  Clock::time_point shown_;
  double rate_ = 0;
};

}  // namespace shoal::client
