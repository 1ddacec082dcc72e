// SPDX-License-Identifier: Apache-2.0
#include "transfer/core/stalls.h"

#include <algorithm>

#include "proto/types/limits.h"

namespace shoal::transfer {

Instant Stalls::begin(SourceRef source, Instant now) {
  const auto known = std::ranges::find(stalls_, source, &Stall::source);
  Duration pause = patience_.pause_min;
  if (known != stalls_.end()) {
    pause = std::min(known->pause * 2, patience_.pause_max);
    stalls_.erase(known);
  }
  if (stalls_.size() == limits::kSourcesKnown) stalls_.erase(stalls_.begin());
  stalls_.push_back({source, pause, now + pause});
  return now + pause;
}

void Stalls::end(SourceRef source) {
  const auto known = std::ranges::find(stalls_, source, &Stall::source);
  if (known != stalls_.end()) known->until.reset();
}

void Stalls::prove(SourceRef source) {
  std::erase_if(stalls_, [&](const Stall& one) { return one.source == source; });
}

std::vector<SourceRef> Stalls::over(Instant now) {
  std::vector<SourceRef> out;
  for (Stall& one : stalls_) {
    if (!one.until || now < *one.until) continue;
    one.until.reset();
    out.push_back(one.source);
  }
  return out;
}

std::optional<Instant> Stalls::deadline() const {
  std::optional<Instant> first;
  for (const Stall& one : stalls_) {
    if (one.until && (!first || *one.until < *first)) first = one.until;
  }
  return first;
}

}  // namespace shoal::transfer
