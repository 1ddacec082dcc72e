// SPDX-License-Identifier: Apache-2.0
// Machine: time.
#include <algorithm>
#include <array>
#include <bit>
#include <functional>
#include <span>
#include <utility>

#include "proto/types/assert.h"
#include "sim/engine/faults.h"
#include "sim/engine/heap.h"
#include "sim/engine/machine.h"

namespace shoal::sim {
namespace {

std::uint32_t cause_of(Shard& shard, const Parcel& parcel) {
  if (parcel.linked()) return shard.end_of(parcel).to;
  return parcel.own() ? parcel.to : parcel.visitor();
}

/// Visits the peers of the shard that have parcels, in ascending order.
template <class Visit>
void each_busy(const Lane& lane, Visit visit) {
  for (std::uint32_t word = 0; word < lane.busy.size(); ++word) {
    for (std::uint64_t bits = lane.busy[word]; bits != 0; bits &= bits - 1) {
      visit(word * 64 + static_cast<std::uint32_t>(std::countr_zero(bits)));
    }
  }
}

/// Puts one peer's parcels in order: by (time, causer), else as they stand.
void sort_one(Shard& shard, std::span<Parcel> parcels) {
  const auto before = [&](const Parcel& a, const Parcel& b) {
    if (a.at() != b.at()) return a.at() < b.at();
    return cause_of(shard, a) < cause_of(shard, b);
  };
  if (planted(EngineFault::kUnsorted)) return;
  constexpr std::size_t kMany = 24;
  if (parcels.size() > kMany) return std::stable_sort(parcels.begin(), parcels.end(), before);
  for (std::size_t i = 1; i < parcels.size(); ++i) {
    const Parcel parcel = parcels[i];
    std::size_t at = i;
    for (; at > 0 && before(parcel, parcels[at - 1]); --at) parcels[at] = parcels[at - 1];
    parcels[at] = parcel;
  }
}

// Memory is far away: what the next deliveries will read is fetched while this one is made, in
// four steps, since each tells where the next thing is.
constexpr std::array<std::size_t, 4> kAhead{16, 11, 6, 3};

/// Requires that kAhead[0] parcels stand from `next` on.
void warm_ahead(const Shard& shard, const Parcel* next) {
  shard.warm<0>(next[kAhead[0]]);
  shard.warm<1>(next[kAhead[1]]);
  shard.warm<2>(next[kAhead[2]]);
  shard.warm<3>(next[kAhead[3]]);
}

void warm_first(const Shard& shard, const Parcel* first) {
  for (std::size_t i = 0; i < kAhead[0]; ++i) shard.warm<0>(first[i]);
  for (std::size_t i = 0; i < kAhead[1]; ++i) shard.warm<1>(first[i]);
  for (std::size_t i = 0; i < kAhead[2]; ++i) shard.warm<2>(first[i]);
  for (std::size_t i = 0; i < kAhead[3]; ++i) shard.warm<3>(first[i]);
}

}  // namespace

bool Machine::run(Instant until) {
  const std::int64_t last = until.time_since_epoch().count();
  const bool quiet = options_.order == Order::kTotal ? run_total(last) : run_grouped(last);
  if (quiet) {
    done_ = now_;
  } else {
    now_ = std::max(now_, last);
  }
  return quiet;
}

void Machine::run_until(Instant until) {
  run(until);
  now_ = std::max(now_, until.time_since_epoch().count());
}

void Machine::act() {
  std::ranges::pop_heap(actions_, std::greater<>{});
  const Action action = std::move(actions_.back());
  actions_.pop_back();
  now_ = world_.now = action.at;
  action.act();
}

// ---- all peers together ------------------------------------------------------------------------

bool Machine::run_total(std::int64_t until) {
  Lane& lane = world_;
  for (;;) {
    const std::int64_t act_at = actions_.empty() ? INT64_MAX : actions_.front().at;
    const std::int64_t event_at = events_.empty() ? INT64_MAX : events_.front().at;
    if (std::min(act_at, event_at) > until) return actions_.empty() && events_.empty();
    if (act_at <= event_at) {
      if (actions_.empty()) return true;
      act();
      continue;
    }
    std::ranges::pop_heap(events_, std::greater<>{});
    const TotalEvent event = events_.back();
    events_.pop_back();
    now_ = event.at;
    happen(lane, shard_of(event.parcel.to), event.parcel);
  }
}

// ---- window by window --------------------------------------------------------------------------

/// The slot of time of the next event, or Calendar::kNever.
std::uint64_t Machine::next_slot() {
  std::int64_t earliest = INT64_MAX;
  std::uint64_t slot = Calendar::kNever;
  for (const auto& lane : lanes_) earliest = std::min(earliest, lane->earliest);
  for (const auto& shard : shards_) {
    slot = std::min(slot, shard->calendar.next());
  }
  if (earliest != INT64_MAX) slot = std::min(slot, slots_(earliest));
  return slot;
}

/// When nothing is left to happen but timers that were put off: whether their time is over, too.
bool Machine::rest(std::int64_t until) {
  std::int64_t last = now_;
  for (const auto& lane : lanes_) last = std::max(last, lane->last_armed);
  if (last > until) return false;
  now_ = last;
  return true;
}

bool Machine::run_grouped(std::int64_t until) {
  for (;;) {
    const std::uint64_t slot = next_slot();
    const std::int64_t act_at = actions_.empty() ? INT64_MAX : actions_.front().at;
    if (slot == Calendar::kNever && actions_.empty()) return rest(until);
    // A slot is cut where the world acts; then its first part is over up to done_.
    const std::int64_t begin = slot == Calendar::kNever
                                   ? INT64_MAX
                                   : std::max(static_cast<std::int64_t>(slot) * floor_us_, done_);
    if (std::min(begin, act_at) > until) return false;
    if (act_at <= begin) {
      act();
      continue;
    }
    Window window;
    window.slot = slot;
    window.end = static_cast<std::int64_t>(slot + 1) * floor_us_;
    if (!planted(EngineFault::kLateActions)) window.end = std::min(window.end, act_at);
    if (window.end > until) window.end = until + 1;
    run_window(window);
    done_ = window.end;
  }
}

void Machine::run_window(const Window& window) {
  Window next = window;
  next.inbox = world_.out;
  for (const auto& lane : lanes_) {
    lane->out ^= 1U;
    lane->earliest = INT64_MAX;
    lane->window_end = window.end;
  }
  const std::function<void(unsigned, std::uint32_t)> job = [&](unsigned member,
                                                               std::uint32_t shard) {
    work(*lanes_[member], *shards_[shard], shard, next);
  };
  // Waking threads costs more than a little work; how much they save, the last window tells.
  const auto shards = static_cast<std::uint32_t>(shards_.size());
  if (saved_ < options_.work_for_threads) {
    for (std::uint32_t shard = 0; shard < shards; ++shard) job(0, shard);
  } else {
    team_.work(shards, job);
  }
  std::uint64_t worked = 0;
  std::uint64_t longest = 0;
  for (const auto& lane : lanes_) {
    worked += std::exchange(lane->worked, 0);
    longest = std::max(longest, std::exchange(lane->longest, 0));
    lane->window_end = INT64_MIN;
    now_ = std::max(now_, lane->latest);
    if (!lane->dials.empty()) note_dials(*lane);
  }
  saved_ = worked - std::max(longest, worked / pools_.size());
}

void Machine::work(Lane& lane, Shard& shard, std::uint32_t index, const Window& window) {
  if (planted(EngineFault::kWorldSendsFirst)) {
    world_.outboxes[window.inbox][index].drain(lane.pool, [&](const Parcel& parcel) {
      shard.calendar.add(lane.pool, slots_(parcel.at()), parcel);
    });
  }
  for (const auto& sender : lanes_) {
    sender->outboxes[window.inbox][index].drain(lane.pool, [&](const Parcel& parcel) {
      shard.calendar.add(lane.pool, slots_(parcel.at()), parcel);
    });
  }
  if (shard.calendar.next() > window.slot) return;
  arrange(lane, shard, shard.calendar.take(lane.pool, window.slot, slots_), window);
  if (lane.count == 0) return;
  lane.worked += lane.count;
  lane.longest = std::max<std::uint64_t>(lane.longest, lane.count);
  const Parcel* const end = lane.work.data() + lane.count;
  warm_first(shard, lane.work.data());
  for (const Parcel* parcel = lane.work.data(); parcel != end; ++parcel) {
    warm_ahead(shard, parcel);
    happen(lane, shard, *parcel);
    lane.latest = std::max(lane.latest, lane.now);
    if (lane.urgent.empty()) continue;
    const bool last = parcel + 1 == end;
    if (planted(EngineFault::kUrgentLast) && !last) continue;
    work_urgent(lane, shard, last || parcel[1].to != parcel->to ? nullptr : parcel + 1);
  }
}

/// Puts the parcels that arrive before the window's end into lane.work: by peer, each peer's by
/// (time, sender), and each sender's as they were sent. The rest goes back.
void Machine::arrange(Lane& lane, Shard& shard, ParcelList parcels, const Window& window) {
  const std::uint32_t first = shard.first_peer();
  lane.starts.resize(std::size_t{1} << options_.shard_bits);
  lane.busy.resize(lane.starts.size() / 64 + 1);
  std::uint32_t* const starts = lane.starts.data();
  std::uint64_t* const busy = lane.busy.data();
  if (window.end != static_cast<std::int64_t>(window.slot + 1) * floor_us_) {
    ParcelList now;
    parcels.drain(lane.pool, [&](const Parcel& parcel) {
      if (parcel.at() < window.end) return now.append(lane.pool, parcel);
      shard.calendar.add(lane.pool, window.slot, parcel);
    });
    parcels = now;
  }
  parcels.each([&](const Parcel& parcel) {
    const std::uint32_t peer = parcel.to - first;
    ++starts[peer];
    busy[peer / 64] |= std::uint64_t{1} << (peer % 64);
  });
  std::uint32_t count = 0;
  each_busy(lane, [&](std::uint32_t peer) { count += std::exchange(starts[peer], count); });
  lane.count = count;
  if (count == 0) return;
  if (lane.work.size() < count + kAhead[0]) lane.work.resize(count + kAhead[0]);
  Parcel* const work = lane.work.data();
  parcels.drain(lane.pool,
                [&](const Parcel& parcel) { work[starts[parcel.to - first]++] = parcel; });
  std::uint32_t from = 0;
  each_busy(lane, [&](std::uint32_t peer) {
    const std::uint32_t to = std::exchange(starts[peer], 0);
    if (to - from > 1) sort_one(shard, std::span(work + from, to - from));
    from = to;
  });
  // What is warmed ahead at the end: the very last, whose body is there until then.
  std::fill_n(work + count, kAhead[0], work[count - 1]);
  std::ranges::fill(lane.busy, 0);
}

/// What the peer just worked on lets happen to itself within the window, as far as it comes before
/// its next parcel.
void Machine::work_urgent(Lane& lane, Shard& shard, const Parcel* next) {
  while (!lane.urgent.empty()) {
    const Parcel parcel = lane.urgent.back();
    if (next != nullptr) {
      const bool first = parcel.at() != next->at() ? parcel.at() < next->at()
                                                   : parcel.to <= cause_of(shard, *next);
      // An own parcel that waited already is older than one just made.
      if (!first || (parcel.at() == next->at() && next->own())) return;
    }
    lane.urgent.pop_back();
    happen(lane, shard, parcel);
    lane.latest = std::max(lane.latest, lane.now);
  }
}

/// What is under way and what waits for its time moves together into fresh chunks, and all others
/// are given back.
void Machine::shrink() {
  ChunkStore old;
  swap(old, chunks_);
  for (const auto& pool : pools_) pool->forget();
  ChunkPool& pool = world_.pool;
  for (const auto& shard : shards_) shard->calendar.move_to(pool);
  for (const auto& lane : lanes_) {
    for (auto& outbox : lane->outboxes) {
      for (ParcelList& list : outbox) list.move_to(pool);
    }
  }
  for (const auto& lane : lanes_) lane->shrink();
  for (const auto& shard : shards_) shard->shrink();
  trim_heap();
}

std::uint64_t Machine::digest() const {
  std::uint64_t sum = 0;
  for (const auto& lane : lanes_) sum += lane->digest;
  return sum;
}

std::uint64_t Machine::raised() const {
  std::uint64_t sum = 0;
  for (const auto& lane : lanes_) sum += lane->raised;
  return sum;
}

std::uint64_t Machine::deliveries() const {
  std::uint64_t sum = 0;
  for (const auto& lane : lanes_) sum += lane->deliveries;
  return sum;
}

}  // namespace shoal::sim
