// SPDX-License-Identifier: Apache-2.0
// Sources of a download that have stopped to answer.
#include <algorithm>

#include "transfer/core/download.h"

namespace shoal::transfer {

void Download::on_paced(SourceRef source, Instant now) {
  if (over() || !scheduler_.knows(source)) return;
  at(now);
  scheduler_.on_paced(source, now_);
}

std::optional<Instant> Download::silent_since(SourceRef source) const {
  if (over()) return std::nullopt;
  const bool owes_manifest = manifest_from_ == source && manifest_asked_;
  const auto since = owes_manifest ? scheduler_.excused(source, manifest_asked_at_)
                                   : scheduler_.owes_since(source);
  return since ? std::optional(std::max(*since, awake_since_)) : std::nullopt;
}

std::optional<Instant> Download::stall_deadline() const {
  if (stopping_) return std::nullopt;
  const auto again = stalls_.deadline();
  return look_at_ && again ? std::min(look_at_, again) : look_at_ ? look_at_ : again;
}

// When nobody is left to go on with there is nothing to look for. A look that comes late says that
// this machine slept, or had no time for us: what has come meanwhile may not have been read.
void Download::look_for_stalls(Effects& effects) {
  for (const SourceRef source : stalls_.over(now_)) effects.emplace_back(AskAgain{source});
  if (phase_ >= Phase::kLastCheck || scheduler_.sources() < 2) {
    look_at_.reset();
    return;
  }
  const Duration often = std::max(patience_.silence / 8, Duration{1});
  if (look_at_ && now_ < *look_at_) return;
  if (look_at_ && now_ - *look_at_ > often) {
    awake_since_ = now_;
  } else if (look_at_) {
    judge_silence(effects);
  }
  look_at_ = now_ + often;
}

void Download::judge_silence(Effects& effects) {
  const auto stalls = [&](SourceRef source) {
    const auto since = silent_since(source);
    return since && now_ - *since >= patience_.silence;
  };
  if (phase_ == Phase::kManifest) {
    const Instant since = std::max(manifest_asked_at_, awake_since_);
    if (!manifest_from_ || now_ - since < patience_.silence) return;
    if (stalls(*manifest_from_)) return stalled(*manifest_from_, since, effects);
    return leave_manifest_source();
  }
  for (const SourceRef source : scheduler_.owing()) {
    if (!stalls(source)) continue;
    if (!scheduler_.others_go_on(source, now_ - patience_.silence / 2)) continue;
    stalled(source, *silent_since(source), effects);
  }
}

// It keeps to a rate, so nothing is held against it, but another one may be quicker.
void Download::leave_manifest_source() {
  manifest_left_.push_back(*manifest_from_);
  if (!scheduler_.first(manifest_left_)) return manifest_left_.pop_back();
  manifest_from_.reset();
  manifest_asked_.reset();
  manifest_ = ManifestBuilder(id_);
}

void Download::stalled(SourceRef source, Instant since, Effects& effects) {
  drop_source(source, effects);
  // How fast it was says nothing of what it is when it comes again.
  scheduler_.forget(source);
  effects.emplace_back(Stalled{source, since, stalls_.begin(source, now_)});
}

}  // namespace shoal::transfer
