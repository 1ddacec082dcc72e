// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "overlay/core/config.h"
#include "overlay/core/node.h"

namespace shoal::overlay {

/// What a replay came to.
struct Replay {
  std::uint64_t inputs = 0;  ///< that were replayed, with equal effects
  Instant until{};           ///< the time of the last one
  bool full = false;         ///< the record stopped at its limit; the peer went on
  /// The first input whose effects, or whose questions to Env, were others than those recorded;
  /// counted from 0, with its time and kind in words. Nothing after it was replayed.
  std::optional<std::uint64_t> differs;
  std::string difference;
};

/// How the recorded node was configured: what membership it had, for one. Errors: kInvalidArgument.
Result<NodeConfig> config_of(std::string_view record);

/// Puts a fresh node through the life that a Recorder wrote down, and compares what it wants done,
/// byte for byte. A node that the wire drove replays exactly, whatever its network was like.
/// `observe` is called after each input that was equal, with the effects; may be empty.
/// Errors: kInvalidArgument (no record, or damaged: where). A record cut off in the middle of its
/// last entry, as a crash leaves it, is replayed up to there.
Result<Replay> replay(
    std::string_view record, std::span<const OverlayEntry> overlays,
    std::unique_ptr<Membership> membership,
    const std::function<void(Instant, std::string_view input, const Effects&)>& observe = {});

}  // namespace shoal::overlay
