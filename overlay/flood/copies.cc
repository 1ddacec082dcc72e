// SPDX-License-Identifier: Apache-2.0
#include "overlay/flood/copies.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "proto/types/assert.h"

namespace shoal::overlay {
Counts& Copy::counts() {
  if (echo == nullptr) {
    echo = std::make_unique<EchoBody>();
    // This peer's own hop comes first in what it will say: nothing has to be put before it then.
    if (!own()) echo->counts.add_peers(hop, 0);
  }
  return echo->counts;
}

std::unique_ptr<EchoBody> Copy::take_echo() {
  Counts& sum = counts();
  sum.copies += edges.counted(Edges::kCopies);
  sum.duplicates += edges.counted(Edges::kDuplicates);
  if (const std::uint32_t leaves = edges.counted(Edges::kLeaves); leaves > 0) {
    const auto below = static_cast<std::uint8_t>(hop + 1);
    sum.add_peers(below, static_cast<std::int32_t>(leaves));
  }
  edges.count_anew();
  return std::move(echo);
}

CopyIndex Copies::take_slot(Instant budget_end) {
  CopyIndex index = free_slot_;
  if (index == kNone) {
    index = static_cast<CopyIndex>(slots_.size());
    slots_.add();
  } else {
    free_slot_ = std::exchange(slots_[index].next_of_query, kNone);
  }
  Copy& copy = slots_[index];
  copy.live = 1;
  copy.budget_end = budget_end;
  copy.generation = ++generations_ & 0xff'ffffU;  // 24 bits fit a lookup token
  ++live_;
  return index;
}

CopyIndex Copies::open_untimed(Instant budget_end) {
  const CopyIndex index = take_slot(budget_end);
  if (!few() && timed_ > 0) note_deadlines(index);
  return index;
}

CopyIndex Copies::open(Instant budget_end) {
  const CopyIndex index = take_slot(budget_end);
  slots_[index].timed = 1;
  ++timed_;
  if (!few()) note_deadlines(index);
  return index;
}

/// Beyond the few all deadlines are noted, whether or not `index` makes it so many.
void Copies::note_deadlines(CopyIndex index) {
  compact_deadlines();
  if (deadlines().empty()) {
    for (CopyIndex known = 0; known < slots_.size(); ++known) note_deadline(known);
  } else {
    note_deadline(index);
  }
}

void Copies::note_deadline(CopyIndex index) {
  const Copy& copy = slots_[index];
  if (!copy.live || !copy.timed) return;
  deadlines().push_back(Deadline{copy.budget_end, index, copy.generation});
  std::ranges::push_heap(deadlines(), std::greater<>{});
}

/// Among few: the copy with the earliest deadline, of several the first; kNone when none is open.
CopyIndex Copies::first_due() const {
  CopyIndex first = kNone;
  if (timed_ == 0) return first;
  for (CopyIndex index = 0; index < slots_.size(); ++index) {
    if (!slots_[index].live || !slots_[index].timed) continue;
    if (first == kNone || slots_[index].budget_end < slots_[first].budget_end) first = index;
  }
  return first;
}

void Copies::close(CopyIndex index) {
  Copy& copy = slots_[index];
  SHOAL_ASSERT(copy.live && copy.next_of_query == kNone);
  if (copy.timed) --timed_;
  std::destroy_at(&copy);
  std::construct_at(&copy);
  copy.next_of_query = std::exchange(free_slot_, index);
  --live_;
}

Copy* Copies::find(CopyIndex index, std::uint32_t generation) {
  if (index >= slots_.size()) return nullptr;
  Copy& copy = slots_[index];
  return copy.live && copy.generation == generation ? &copy : nullptr;
}

CopyIndex Copies::late(Instant now) const {
  if (live_ == timed_ || slots_.size() > kLooked) return kNone;
  for (CopyIndex index = 0; index < slots_.size(); ++index) {
    const Copy& copy = slots_[index];
    if (copy.live && !copy.timed && copy.budget_end <= now) return index;
  }
  return kNone;
}

Instant Copies::next_deadline() {
  if (few()) {
    const CopyIndex first = first_due();
    return first == kNone ? Instant::max() : slots_[first].budget_end;
  }
  drop_stale_deadlines();
  return deadlines().empty() ? Instant::max() : deadlines().front().at;
}

CopyIndex Copies::due(Instant now) {
  if (few()) {
    const CopyIndex first = first_due();
    return first == kNone || slots_[first].budget_end > now ? kNone : first;
  }
  drop_stale_deadlines();
  if (deadlines().empty() || deadlines().front().at > now) return kNone;
  return deadlines().front().index;
}

void Copies::drop_stale_deadlines() {
  while (!deadlines().empty() &&
         find(deadlines().front().index, deadlines().front().generation) == nullptr) {
    std::ranges::pop_heap(deadlines(), std::greater<>{});
    deadlines().pop_back();
  }
}

void Copies::compact_deadlines() {
  if (deadlines().size() < 64 || deadlines().size() < 2 * std::size_t{timed_}) return;
  std::erase_if(deadlines(),
                [this](const Deadline& d) { return find(d.index, d.generation) == nullptr; });
  std::ranges::make_heap(deadlines(), std::greater<>{});
}

void Copies::shrink() {
  if (live_ > 0 || slots_.size() == 0) return;
  const std::uint32_t generations = generations_;  // a token of before must stay stale
  *this = Copies{};
  generations_ = generations;
}

std::size_t Copies::bytes() const {
  std::size_t sum = slots_.bytes();
  for (CopyIndex index = 0; index < slots_.size(); ++index) {
    sum += slots_[index].edges.bytes();
  }
  if (deadlines_ != nullptr) {
    sum += sizeof(*deadlines_) + deadlines_->capacity() * sizeof(Deadline);
  }
  return sum;
}

Copies::Deadlines& Copies::deadlines() {
  if (deadlines_ == nullptr) deadlines_ = std::make_unique<Deadlines>();
  return *deadlines_;
}

}  // namespace shoal::overlay
