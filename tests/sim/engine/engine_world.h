// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "sim/engine/engine.h"

namespace shoal::tests {

enum class Agreement : std::uint8_t {
  kHeld,
  kBroken,
  kThin,  ///< held, but a class of hard cases was too rare for that to say much
};

/// Does the same happen to each peer in the engine as in the world, which keeps all events in one
/// queue? Over drawn scenarios with faults; prints the first difference.
Agreement engine_agrees_with_world(const std::string& name, unsigned threads, sim::Order order);

}  // namespace shoal::tests
