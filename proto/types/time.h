// SPDX-License-Identifier: Apache-2.0
// Protocol time. The clock tag has no now(): code that holds an Instant was given it, so asking the
// machine for the time inside a core does not compile.
#pragma once

#include <chrono>

namespace shoal {

struct ProtocolTime {};
using Duration = std::chrono::microseconds;
using Instant = std::chrono::time_point<ProtocolTime, Duration>;

/// Whole milliseconds in `d`, rounded down.
constexpr std::int64_t to_ms(Duration d) {
  return std::chrono::floor<std::chrono::milliseconds>(d).count();
}

}  // namespace shoal
