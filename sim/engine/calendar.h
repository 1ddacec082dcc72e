// SPDX-License-Identifier: Apache-2.0
// When things happen to the peers of a shard. Internal to this folder.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "sim/draw/wide.h"
#include "sim/engine/parcel.h"

namespace shoal::sim {

/// Which slot of time an instant lies in: a division, without dividing.
class SlotOf {
 public:
  /// Requires slot_us >= 1.
  explicit SlotOf(std::uint64_t slot_us) : slot_us_(slot_us), inverse_(UINT64_MAX / slot_us) {}
  [[nodiscard]] std::uint64_t operator()(std::int64_t at_us) const {
    const auto at = static_cast<std::uint64_t>(at_us);
    // The inverse is rounded down, so this is the quotient or, for at < 2^63, one less.
    const std::uint64_t slot = high_product(at, inverse_);
    return slot + (at - slot * slot_us_ >= slot_us_ ? 1 : 0);
  }

 private:
  std::uint64_t slot_us_;
  std::uint64_t inverse_;
};

/// The parcels of some peers, by the slot of time in which they happen.
///
/// Slots of time are as long as the engine's window and numbered from 0. A timing wheel (Varghese,
/// Lauck: "Hashed and hierarchical timing wheels", SOSP 1987) of three levels of 64 lists: the
/// first has one list for each slot of the present 64, the next ones for 64 and 4096 slots at a
/// time; what is later still waits in one list. Parcels of one slot keep the order in which they
/// were added, since what moves down a level is older than what is added there afterwards.
class Calendar {
 public:
  static constexpr std::uint64_t kNever = UINT64_MAX;

  /// Requires that `slot` is no earlier than any slot taken out.
  void add(ChunkPool& pool, std::uint64_t slot, const Parcel& parcel) { add(pool, slot) = parcel; }
  /// The same, to be written all of it.
  Parcel& add(ChunkPool& pool, std::uint64_t slot) { return list(slot).append(pool); }
  /// Where what happens in `slot` is appended, and something has to be now.
  ParcelList& list(std::uint64_t slot) {
    const std::uint64_t differ = slot ^ now_;
    if (differ < 64) return fill(0, slot & 63);
    if (differ < 64 * 64) return fill(1, (slot >> 6) & 63);
    if (differ < 64 * 64 * 64) return fill(2, (slot >> 12) & 63);
    return far_list(slot);
  }
  /// The first slot that may have parcels: there are none in any before. kNever when all is empty.
  [[nodiscard]] std::uint64_t next() const {
    if (filled_[0] != 0) return (now_ & ~std::uint64_t{63}) + first_of(0);
    if (filled_[1] != 0) return (now_ >> 12 << 12) + (first_of(1) << 6);
    if (filled_[2] != 0) return (now_ >> 18 << 18) + (first_of(2) << 12);
    return far_next_;
  }
  /// Takes out all parcels of `slot`. Requires slot <= next().
  ParcelList take(ChunkPool& pool, std::uint64_t slot, const SlotOf& slot_of);
  /// Moves all to chunks of `pool`; see ParcelList.
  void move_to(ChunkPool& pool);
  /// Throws all away.
  void clear(ChunkPool& pool);

 private:
  static constexpr unsigned kLevels = 3;

  [[nodiscard]] std::uint64_t first_of(unsigned level) const {
    return static_cast<std::uint64_t>(std::countr_zero(filled_[level]));
  }
  ParcelList& fill(unsigned level, std::uint64_t place) {
    filled_[level] |= std::uint64_t{1} << place;
    return wheels_[level][place];
  }
  ParcelList pull(unsigned level, std::uint64_t place);
  ParcelList& far_list(std::uint64_t slot);

  std::array<std::array<ParcelList, 64>, kLevels> wheels_;
  std::array<std::uint64_t, kLevels> filled_{};  // bit i: list i of that level is not empty
  ParcelList far_;
  std::uint64_t far_next_ = kNever;
  std::uint64_t now_ = 0;  // the slot last taken out
};

}  // namespace shoal::sim
