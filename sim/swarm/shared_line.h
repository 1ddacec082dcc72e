// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "proto/types/time.h"

namespace shoal::sim {

/// A line on which all that is under way shares the rate equally, as TCP streams do (processor
/// sharing). Integers only. Cost: O(log n) per call.
class SharedLine {
 public:
  /// `rate` in bytes per second, above 0.
  explicit SharedLine(std::uint64_t rate) : rate_(rate) {}

  /// Requires that `who` has nothing under way. Time never goes back, here and below.
  void add(std::uint32_t who, std::uint64_t bytes, Instant now);
  /// When the next one is through if nothing is added; none when nothing is under way.
  [[nodiscard]] std::optional<Instant> next_done() const;
  /// One that is through by now.
  std::optional<std::uint32_t> take_done(Instant now);
  [[nodiscard]] std::size_t busy() const { return under_way_.size(); }

 private:
  void advance(Instant now);

  std::uint64_t rate_;
  Instant at_{};
  std::uint64_t work_ = 0;  ///< done for each that was under way all the time; millionths of bytes
  std::set<std::pair<std::uint64_t, std::uint32_t>> under_way_;  ///< through at that work
};

}  // namespace shoal::sim
