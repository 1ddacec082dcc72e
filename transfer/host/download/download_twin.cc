// SPDX-License-Identifier: Apache-2.0
// A second stream to a peer, as a source of its own: one connection is decrypted by one thread at a
// time, two by two.
#include <algorithm>

#include "transfer/host/download/download_job.h"

namespace shoal::transfer {

void DownloadJob::consider_twin() {
  if (twin_ || halt_ != Halt::kNone || now() < twin_after_) return;
  const auto worth = std::ranges::find_if(sources_, [&](const auto& entry) {
    return core_.worth_twin(entry.first, hooks_->twin_rate);
  });
  if (worth == sources_.end()) return;
  twin_ = SourceRef{refs_++};
  Source& twin = sources_[*twin_];
  twin = worth->second;
  twin.link.reset();
  twin.described = false;
  dial(*twin_);
  if (!twin.link) hang_up(*twin_);
}

std::optional<SourceRef> DownloadJob::other_stream(SourceRef ref) const {
  if (!twin_) return std::nullopt;
  const PeerId& peer = sources_.at(ref).info.peer;
  const auto other = std::ranges::find_if(sources_, [&](const auto& entry) {
    return entry.first != ref && entry.second.info.peer == peer;
  });
  return other == sources_.end() ? std::nullopt : std::optional(other->first);
}

// Of two streams to one peer. What it was asked for is asked of the other one; a piece of which a
// part had come is fetched anew.
void DownloadJob::hang_up(SourceRef ref) {
  const auto gone = sources_.find(ref);
  if (gone->second.link) gone->second.link->close();
  core_.on_source_gone(ref, effects_);
  sources_.erase(gone);
  twin_.reset();
  twin_after_ = now() + twin_pause_;
  twin_pause_ = std::min(twin_pause_ * 2, times_.seek_pause_max);
}

// The stream would have to wait. True: its peer's other one goes on alone. Whoever
// has one of two never waits for the second.
bool DownloadJob::left_to_other(SourceRef ref) {
  const auto other = other_stream(ref);
  if (!other) return false;
  const bool goes_on = sources_.at(*other).described;
  hang_up(goes_on ? ref : *other);
  return goes_on;
}

// Peers that serve us; a twin is never the only stream to its peer.
std::size_t DownloadJob::peers_up() const {
  const auto up =
      std::ranges::count_if(sources_, [](const auto& one) { return one.second.described; });
  return static_cast<std::size_t>(up) - (twin_ && sources_.at(*twin_).described ? 1 : 0);
}

}  // namespace shoal::transfer
