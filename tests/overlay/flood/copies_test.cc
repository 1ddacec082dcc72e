// SPDX-License-Identifier: Apache-2.0
#include "overlay/flood/copies.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>

namespace shoal::overlay {
namespace {

template <class T>
T draw(const char* name, T least, T most) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<T>(least, most)).as(name);
}

Instant earliest(const std::map<CopyIndex, Instant>& open) {
  Instant first = Instant::max();
  for (const auto& [index, deadline] : open) first = std::min(first, deadline);
  return first;
}

// Oracle: a map. The table changes its ways when it is no longer small, in either order of copies
// with and without a deadline.
RC_GTEST_PROP(Copies, AreDueAtTheirDeadlinesHoweverManyThereAre, ()) {
  Copies copies;
  std::map<CopyIndex, Instant> open;
  const auto steps = draw("steps", 1, 60);
  const auto untimed = draw("untimed in ten", 0, 10);
  for (int step = 0; step < steps; ++step) {
    if (!open.empty() && draw("closes", 0, 4) == 0) {
      const auto at =
          std::next(open.begin(), draw<long>("which", 0, static_cast<long>(open.size())));
      copies.close(at->first);
      open.erase(at);
    } else {
      const Instant deadline = draw("untimed", 0, 10) < untimed
                                   ? Instant::max()
                                   : Instant(Duration(draw("deadline", 0, 100)));
      const bool timed = deadline != Instant::max();
      const CopyIndex index = timed ? copies.open(deadline) : copies.open_untimed(deadline);
      RC_ASSERT(open.emplace(index, deadline).second);
    }
    RC_ASSERT(copies.size() == open.size());
    RC_ASSERT(copies.next_deadline() == earliest(open));
    const Instant now(Duration(draw("now", 0, 120)));
    const CopyIndex due = copies.due(now);
    if (earliest(open) > now) {
      RC_ASSERT(due == kNone);
    } else {
      RC_ASSERT(open.contains(due));
      RC_ASSERT(open[due] == earliest(open));
    }
  }
}

}  // namespace
}  // namespace shoal::overlay
