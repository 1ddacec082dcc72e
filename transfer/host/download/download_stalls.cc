// SPDX-License-Identifier: Apache-2.0
// Sources that have stopped to answer: hung up on, and dialled again after their pause.
#include <chrono>
#include <utility>

#include "proto/types/text.h"
#include "transfer/host/download/download_job.h"

namespace shoal::transfer {

void DownloadJob::on_stalled(const Stalled& stall) {
  const auto found = sources_.find(stall.source);
  if (found == sources_.end()) return;
  // Of two streams to one peer the other may go on: then the peer has not stalled.
  if (const auto other = other_stream(stall.source)) {
    const bool goes_on = sources_.at(*other).described;
    hang_up(goes_on ? stall.source : *other);
    if (goes_on) return;
  }
  Source& source = found->second;
  source.stalled = stall;
  source.described = false;
  source.why = "it stopped to answer";
  if (source.link) source.link->close();
  const auto silent = std::chrono::duration_cast<std::chrono::seconds>(now() - stall.since);
  const auto pause = std::chrono::ceil<std::chrono::seconds>(stall.again - now());
  const std::lock_guard lock(mutex_);
  details_.status.error =
      Error{Errc::kTimeout, "set " + to_short_text(source.info.peer) + " aside for a while",
            "nothing came from it for " + std::to_string(silent.count()) + " s",
            "it is asked again in " + std::to_string(pause.count()) + " s"};
}

// One whose stream has not ended yet is dialled with those that are lost.
void DownloadJob::ask_again(SourceRef ref) {
  const auto found = sources_.find(ref);
  if (found == sources_.end() || !std::exchange(found->second.stalled, std::nullopt)) return;
  if (!found->second.link && needs_bytes()) dial(ref);
}

}  // namespace shoal::transfer
