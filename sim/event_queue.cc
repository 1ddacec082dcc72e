// SPDX-License-Identifier: Apache-2.0
#include "sim/event_queue.h"

#include <algorithm>
#include <utility>

#include "proto/types/assert.h"

namespace shoal::sim {
namespace {

bool later(const Event& a, const Event& b) { return a.order > b.order; }

}  // namespace

void EventQueue::push(Event event) {
  heap_.push_back(std::move(event));
  std::ranges::push_heap(heap_, later);
}

Event EventQueue::pop() {
  SHOAL_ASSERT(!heap_.empty());
  std::ranges::pop_heap(heap_, later);
  Event event = std::move(heap_.back());
  heap_.pop_back();
  return event;
}

Instant EventQueue::next() const { return heap_.empty() ? Instant::max() : heap_.front().order.at; }

}  // namespace shoal::sim
