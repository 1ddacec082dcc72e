// SPDX-License-Identifier: Apache-2.0
// What the engine keeps per peer and per end of a link. Internal to this folder.
#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <utility>

#include "overlay/core/node.h"
#include "proto/types/rng.h"

namespace shoal::sim {

inline constexpr std::uint32_t kNowhere = 0xffff'ffffU;

/// One end of a link: what its peer knows and does. 16 bytes.
struct LinkEnd {
  std::uint32_t to = kNowhere;    ///< the other peer
  std::uint32_t twin = kNowhere;  ///< the other end, among those of its shard
  std::uint32_t delay_us = 0;     ///< of what is sent here
  std::uint16_t incarnation = 0;
  bool up : 1 = false;        ///< takes messages in and lets them out
  bool believed : 1 = false;  ///< the node thinks it is up
  bool stalled : 1 = false;
  Role role : 2 = Role::kAccepted;  ///< what the other peer is to this one
};
static_assert(sizeof(LinkEnd) == 16);

/// What a direction of a link has more when delays vary from message to message.
struct Wobble {
  Rng draws{0};
  std::int64_t last_arrival = 0;
  std::uint32_t most_us = 0;
};

/// One peer. Two cache lines; its ends stand in a row in its shard.
struct alignas(64) Slot {
  static constexpr std::uint8_t kNoTimer = 0xff;

  Slot(PeerRef self, std::uint64_t seed)
      : choices(Rng(seed).fork(self.value).fork(0)), secrets(Rng(seed).fork(self.value).fork(1)) {}
  ~Slot() {
    if (alive) std::destroy_at(&node);
  }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

  union {
    overlay::Node node;  ///< there while `alive`
  };
  Rng choices;
  Rng secrets;
  std::int64_t armed_at = 0;  ///< when the timer below fires
  std::uint32_t events = 0;   ///< that it caused
  std::uint32_t incarnation = 0;
  std::uint32_t first_end = 0;
  std::uint32_t ends = 0;
  std::uint8_t armed = kNoTimer;  ///< one timer is kept here, further ones in the shard
  bool alive = false;
  bool tight = false;  ///< no room behind its ends

  /// Room for ends at first_end.
  [[nodiscard]] std::uint32_t room() const {
    if (tight || ends == 0) return ends;
    return std::max(4U, std::bit_ceil(ends));
  }
};
static_assert(sizeof(Slot) == 128);

}  // namespace shoal::sim
