// SPDX-License-Identifier: Apache-2.0
// What the engine keeps per peer and per end of a link. Internal to this folder.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "overlay/core/node.h"
#include "proto/types/rng.h"

namespace shoal::sim {

inline constexpr std::uint32_t kNowhere = 0xffff'ffffU;

/// One end of a link: what its peer knows and does. 12 bytes.
struct LinkEnd {
  /// Instead of a place: too far down the other peer's row to be kept; it has to be looked up.
  static constexpr std::uint16_t kFarTwin = 0xffff;
  /// Frames carry so many bits of their link's incarnation; a frame is not under way that long.
  static constexpr unsigned kIncarnationBits = 11;

  std::uint32_t to = kNowhere;     ///< the other peer
  std::uint32_t delay_us = 0;      ///< of what is sent here
  std::uint16_t twin = kFarTwin;   ///< place of the other end in the other peer's row
  std::uint16_t up : 1 = 0;        ///< takes messages in and lets them out
  std::uint16_t believed : 1 = 0;  ///< the node thinks it is up
  std::uint16_t stalled : 1 = 0;
  std::uint16_t role_bits : 2 = static_cast<std::uint16_t>(Role::kAccepted);
  std::uint16_t incarnation : kIncarnationBits = 0;

  /// What is sent here departs at once.
  [[nodiscard]] bool open() const { return up != 0 && believed != 0 && stalled == 0; }
  /// What the other peer is to this one.
  [[nodiscard]] Role role() const { return static_cast<Role>(role_bits); }
  void set_role(Role role) { role_bits = static_cast<std::uint16_t>(role) & 3U; }
  void set_twin(std::uint32_t place) {
    twin = static_cast<std::uint16_t>(std::min<std::uint32_t>(place, kFarTwin));
  }
};
static_assert(sizeof(LinkEnd) == 12);

/// What a direction of a link has more when delays vary from message to message.
struct Wobble {
  Rng draws{0};
  std::int64_t last_arrival = 0;
  std::uint32_t most_us = 0;
};

/// What most deliveries need of a peer. With the beginning of its node one cache line.
struct alignas(8) SlotHead {
  static constexpr std::uint8_t kNoTimer = 0xff;
  static constexpr std::int64_t kNotPosted = -1;

  std::uint32_t first_end = 0;
  std::uint32_t ends = 0;
  std::uint32_t events = 0;  ///< that it caused
  std::uint32_t incarnation = 0;
  std::uint8_t armed = kNoTimer;  ///< one timer is kept here, further ones in the shard
  bool alive = false;
  bool tight = false;  ///< no room behind its ends
  /// How long before Slot::posted_at another parcel comes; 0: none does. 1.024 ms each.
  std::uint32_t sooner = 0;
};
static_assert(sizeof(SlotHead) + overlay::Node::kHot == 64);

/// One peer. Two cache lines; its ends stand in a row in its shard.
struct alignas(64) Slot : SlotHead {
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
  std::int64_t armed_at = 0;  ///< when the timer above fires, by the peer's own clock
  /// When a parcel comes that looks after it, by the true time; kNotPosted: there is none.
  std::int64_t posted_at = kNotPosted;

  static constexpr unsigned kSoonerBits = 10;
  /// When the next such parcel comes; INT64_MAX: none does.
  [[nodiscard]] std::int64_t next_posted() const {
    if (posted_at == kNotPosted) return INT64_MAX;
    return posted_at - (std::int64_t{sooner} << kSoonerBits);
  }

  /// Room for ends at first_end.
  [[nodiscard]] std::uint32_t room() const {
    if (tight || ends == 0) return ends;
    return std::max(4U, std::bit_ceil(ends));
  }
};
static_assert(sizeof(Slot) == 128);

}  // namespace shoal::sim
