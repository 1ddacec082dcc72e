// SPDX-License-Identifier: Apache-2.0
// Who owes an answer, and since when.
#include <algorithm>

#include "proto/types/limits_transfer.h"
#include "transfer/core/scheduler.h"

namespace shoal::transfer {

void Scheduler::on_paced(SourceRef source, Instant now) {
  if (Source* const one = find(source)) one->paced_at = now;
}

Instant Scheduler::excused(SourceRef source, Instant since) const {
  const auto one = std::ranges::find(sources_, source, &Source::ref);
  if (one == sources_.end() || !one->paced_at) return since;
  return std::max(since, std::min(*one->paced_at, since + limits::kStallPaced));
}

std::optional<Instant> Scheduler::owes_since(SourceRef source) const {
  const auto one = std::ranges::find(sources_, source, &Source::ref);
  if (one == sources_.end() || one->asked.empty()) return std::nullopt;
  return excused(source, one->pace.since());
}

std::vector<SourceRef> Scheduler::owing() const {
  std::vector<SourceRef> out;
  for (const Source& one : sources_) {
    if (!one.asked.empty()) out.push_back(one.ref);
  }
  return out;
}

bool Scheduler::others_go_on(SourceRef source, Instant lately) const {
  const auto one = std::ranges::find(sources_, source, &Source::ref);
  if (one == sources_.end() || one->asked.empty()) return false;
  bool any_lately = false;
  std::uint64_t senders = 0;
  for (const Source& other : sources_) {
    if (other.ref == source || !other.sent_at || *other.sent_at < one->pace.since()) continue;
    ++senders;
    any_lately = any_lately || *other.sent_at >= lately;
  }
  const auto each = std::max<std::uint64_t>(limits::kStallBytes, one->asked.front().length);
  return any_lately && received_ - one->others_then >= senders * each;
}

void Scheduler::forget(SourceRef source) {
  std::erase_if(paces_, [&](const auto& one) { return one.first == source; });
}

}  // namespace shoal::transfer
