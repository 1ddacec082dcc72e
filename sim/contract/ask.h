// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "overlay/core/parameters.h"
#include "proto/types/bodies.h"
#include "proto/types/limits.h"
#include "proto/types/time.h"

namespace shoal::sim {

/// One search, as whoever asks for it knows it.
struct Ask {
  std::uint32_t origin = 0;
  Duration at{};  ///< after the start of the run
  std::uint8_t ttl = 1;
  DuplicateRule rule = DuplicateRule::kDeepest;
  bool echo = true;
  std::uint32_t enough = 0;
  Duration budget{};                    ///< 0: the default
  std::optional<Duration> cancelled{};  ///< after its start
  std::uint32_t file = 0;               ///< what it wants; a number of the scenario's
  std::optional<overlay::Parameters> parameters{};
  friend bool operator==(const Ask&, const Ask&) = default;

  [[nodiscard]] Duration lasts() const {
    return budget == Duration{} ? limits::default_budget(ttl) : budget;
  }
};

/// What of a network the bounds of its traffic depend on.
struct Shape {
  std::vector<std::uint32_t> degrees;  ///< links that each peer has
  std::vector<std::uint32_t> lives;    ///< how often each started; empty: once
  [[nodiscard]] std::uint32_t lives_of(std::size_t peer) const {
    return lives.empty() ? 1 : lives[peer];
  }
};

/// The key that search number `index` of a run goes by. Nothing in the simulator looks at keys, so
/// whatever is done for that search can be told by it.
KeyFingerprint mark_of(std::size_t index);
/// The number in such a key; a very large one in any other.
std::size_t number_of(const QueryBody& body);

}  // namespace shoal::sim
