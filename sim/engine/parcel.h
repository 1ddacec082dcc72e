// SPDX-License-Identifier: Apache-2.0
// Messages under way, as plain bytes. Internal to this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

#include "proto/types/message.h"
#include "proto/types/time.h"
#include "sim/engine/huge_block.h"

namespace shoal::sim {

/// A message on its way to a peer, or something that a peer lets happen to itself. Trivial, so that
/// millions are sorted and moved as bytes; it holds its payload all the same: exactly one Parcel of
/// those that are equal is opened.
struct Parcel {
  /// Stands for a message kind: the link was cut by its other end.
  static constexpr std::uint8_t kCutNotice = 0;
  /// Stands for an end: a peer's own timer (kTimer; `overlay` is its slot) or the answer to a
  /// lookup (kLookup; kept under query.low). `budget_ms` is the peer's incarnation.
  static constexpr std::uint32_t kOwn = 0xffff'ffffU;
  static constexpr std::uint8_t kTimer = 1;
  static constexpr std::uint8_t kLookup = 2;
  /// One more of a peer's own: a message that could not be delivered (kept under query.low).
  static constexpr std::uint8_t kReturn = 3;
  /// Stands for an end, with the sender in its lower bits: there is no link. The incarnation is the
  /// receiving peer's.
  static constexpr std::uint32_t kVisit = 0x8000'0000U;

  QueryId query;
  const Payload* body;
  std::uint32_t budget_ms;
  // In another order than a Message's, or they were read from it all four at once, having just been
  // written there one by one: that waits until all writes before are done.
  std::uint8_t kind;
  std::uint8_t ttl;
  std::uint8_t overlay;
  std::uint8_t hops;
  std::uint64_t when;  ///< microseconds << 16 | the link's incarnation
  std::uint32_t end;   ///< place of the receiving end in its peer's row; or kOwn
  std::uint32_t to;    ///< the receiving peer

  [[nodiscard]] std::int64_t at() const { return static_cast<std::int64_t>(when >> 16); }
  [[nodiscard]] bool own() const { return end == kOwn; }
  [[nodiscard]] bool linked() const { return end < kVisit; }
  /// Of a visit.
  [[nodiscard]] std::uint32_t visitor() const { return end & ~kVisit; }
  [[nodiscard]] std::uint16_t incarnation() const { return static_cast<std::uint16_t>(when); }

  /// All of it but `when`, `end` and `to`.
  void fill(Message&& message) {
    query = message.query;
    body = message.body.release();
    budget_ms = message.budget_ms;
    kind = static_cast<std::uint8_t>(message.kind);
    overlay = message.overlay.value;
    ttl = message.ttl;
    hops = message.hops;
  }
  /// Something that a peer lets happen to itself.
  struct Own {
    std::uint8_t kind;      ///< kTimer, kLookup or kReturn
    std::uint8_t timer;     ///< which, of a kTimer
    std::uint64_t kept_as;  ///< what belongs to it, of the others
  };
  /// All of it, for something that happens to `peer` itself.
  void fill_own(const Own& what, std::int64_t at, std::uint32_t peer, std::uint32_t incarnation) {
    *this = Parcel{};
    query.low = what.kept_as;
    budget_ms = incarnation;
    kind = what.kind;
    overlay = what.timer;
    when = static_cast<std::uint64_t>(at) << 16;
    end = kOwn;
    to = peer;
  }
  /// All of it, for the end of the link whose other end is `place` in the row of `peer`.
  void fill_notice(std::int64_t at, std::uint16_t incarnation, std::uint32_t place,
                   std::uint32_t peer) {
    *this = Parcel{};
    kind = kCutNotice;
    when = static_cast<std::uint64_t>(at) << 16 | incarnation;
    end = place;
    to = peer;
  }
  [[nodiscard]] Message open() const {
    return Message{query,
                   PayloadRef::adopt(body),
                   budget_ms,
                   static_cast<MessageKind>(kind),
                   OverlayId{overlay},
                   ttl,
                   hops};
  }
};
static_assert(sizeof(Parcel) == 48 && std::is_trivial_v<Parcel> == std::is_trivial_v<QueryId>);
static_assert(std::is_trivially_copyable_v<Parcel>);

/// Parcels that lie together: 2 KiB, and aligned to it.
struct alignas(2048) Chunk {
  static constexpr std::uint32_t kParcels = 42;

  Chunk* next;
  alignas(32) Parcel parcels[kParcels];
};
// The parcels end where the chunk does: ParcelList depends on it.
static_assert(sizeof(Chunk) == 2048 && offsetof(Chunk, parcels) == 32);

/// All memory of one engine's parcels in transit. Threads: any.
class ChunkStore {
 public:
  /// A list of fresh chunks.
  Chunk* more();
  friend void swap(ChunkStore& a, ChunkStore& b) { a.slabs_.swap(b.slabs_); }

 private:
  std::mutex guard_;
  std::vector<HugeBlock> slabs_;
};

/// The free chunks of one thread.
class ChunkPool {
 public:
  explicit ChunkPool(ChunkStore& store) : store_(store) {}

  Chunk* take() {
    if (free_ == nullptr) free_ = store_.more();
    Chunk* const chunk = std::exchange(free_, free_->next);
    chunk->next = nullptr;
    __builtin_prefetch(free_, 1);  // to be handed out next
    return chunk;
  }
  void give(Chunk* chunk) { chunk->next = std::exchange(free_, chunk); }
  void forget() { free_ = nullptr; }

 private:
  ChunkStore& store_;
  Chunk* free_ = nullptr;
};

/// Parcels in the order in which they came.
class ParcelList {
 public:
  [[nodiscard]] bool empty() const { return head_ == nullptr; }

  void append(ChunkPool& pool, const Parcel& parcel) { append(pool) = parcel; }
  /// A new one at the end, to be written all of it. What is written field by field should be
  /// written there: a processor that copies it at once has to wait until all writes before are
  /// done.
  Parcel& append(ChunkPool& pool) {
    if (full()) grow(pool);
    return *end_++;
  }
  /// Has the processor fetch where the next one will be written.
  void warm() const {
    __builtin_prefetch(end_, 1);
    __builtin_prefetch(reinterpret_cast<const char*>(end_) + sizeof(Parcel) - 1, 1);
  }
  template <class Visit>
  void each(Visit visit) const {
    for (const Chunk* chunk = head_; chunk != nullptr; chunk = chunk->next) {
      visit_chunk(*chunk, end_, visit);
    }
  }
  /// Visits all; afterwards the list is empty. `visit` may append to other lists.
  template <class Visit>
  void drain(ChunkPool& pool, Visit visit) {
    Chunk* chunk = std::exchange(head_, nullptr);
    const Parcel* const end = std::exchange(end_, nullptr);
    while (chunk != nullptr) {
      visit_chunk(*chunk, end, visit);
      Chunk* const next = chunk->next;
      pool.give(chunk);
      chunk = next;
    }
  }

  /// The same in chunks of `pool`; those in which it was are left behind, unowned.
  void move_to(ChunkPool& pool) {
    ParcelList moved;
    each([&](const Parcel& parcel) { moved.append(pool, parcel); });
    *this = moved;
  }

 private:
  /// Without a chunk, or at the end of one: both are where a chunk may begin.
  [[nodiscard]] bool full() const {
    return reinterpret_cast<std::uintptr_t>(end_) % alignof(Chunk) == 0;
  }
  /// Fetches the next chunk meanwhile, so that no visit waits for memory.
  template <class Visit>
  static void visit_chunk(const Chunk& chunk, const Parcel* end, Visit& visit) {
    if (chunk.next == nullptr) {
      for (const Parcel* parcel = chunk.parcels; parcel != end; ++parcel) visit(*parcel);
      return;
    }
    for (std::uint32_t i = 0; i < Chunk::kParcels; ++i) {
      __builtin_prefetch(&chunk.next->parcels[i]);
      visit(chunk.parcels[i]);
    }
  }
  void grow(ChunkPool& pool) {
    Chunk* const fresh = pool.take();
    (end_ == nullptr ? head_ : reinterpret_cast<Chunk*>(end_)[-1].next) = fresh;
    end_ = fresh->parcels;
  }

  Chunk* head_ = nullptr;
  Parcel* end_ = nullptr;  // behind the last parcel
};

}  // namespace shoal::sim
