// SPDX-License-Identifier: Apache-2.0
#include "sim/workload/agenda.h"

#include <algorithm>

namespace shoal::sim {

void Agenda::add(Instant at, std::uint64_t what) {
  heap_.emplace_back(at, what);
  std::ranges::push_heap(heap_, std::greater<>());
  arm();
}

void Agenda::arm() {
  if (heap_.empty() || heap_.front().first >= armed_) return;
  armed_ = heap_.front().first;
  engine_.at(armed_, [this, at = armed_] {
    if (at == armed_) fire();  // else an earlier one has come between, and armed anew
  });
}

void Agenda::fire() {
  const Instant now = armed_;
  while (!heap_.empty() && heap_.front().first <= now) {
    std::ranges::pop_heap(heap_, std::greater<>());
    const std::uint64_t what = heap_.back().second;
    heap_.pop_back();
    act_(what);
  }
  armed_ = Instant::max();
  arm();
}

}  // namespace shoal::sim
