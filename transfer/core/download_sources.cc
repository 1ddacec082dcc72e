// SPDX-License-Identifier: Apache-2.0
// Sources of a download and the manifest that comes from one of them.
#include <algorithm>
#include <utility>

#include "proto/types/assert.h"
#include "proto/types/limits_transfer.h"
#include "transfer/core/download.h"

namespace shoal::transfer {

void Download::on_source(SourceRef source, std::optional<PieceMap> have, Effects& effects,
                         std::optional<PieceMap> given) {
  if (over() || scheduler_.knows(source)) return;
  seeking_ = false;
  stalls_.end(source);
  scheduler_.add(source, std::move(have), std::move(given));
  go_on(effects);
}

void Download::on_source_gone(SourceRef source, Effects& effects) {
  if (over() || !scheduler_.knows(source)) return;
  drop_source(source, effects);
  go_on(effects);
}

void Download::on_have(SourceRef source, std::span<const std::uint32_t> pieces, Effects& effects) {
  if (over() || !scheduler_.knows(source)) return;
  const bool honest = !pieces.empty() && std::ranges::all_of(pieces, [&](std::uint32_t piece) {
    return scheduler_.add_piece(source, piece);
  });
  if (!honest) set_aside(source, Fault::kUnasked, effects);
  seeking_ = false;
  go_on(effects);
}

void Download::on_given(SourceRef source, std::span<const std::uint32_t> pieces, Effects& effects) {
  if (over() || !scheduler_.knows(source)) return;
  const bool honest = !pieces.empty() && std::ranges::all_of(pieces, [&](std::uint32_t piece) {
    return scheduler_.add_given(source, piece);
  });
  if (honest) return;
  set_aside(source, Fault::kUnasked, effects);
  go_on(effects);
}

void Download::on_manifest(SourceRef source, std::uint32_t first, std::span<const Hash256> hashes,
                           Effects& effects) {
  if (over() || !scheduler_.knows(source)) return;
  if (std::erase(manifest_left_, source) != 0) return go_on(effects);
  // An answer may be shorter than the question, never other or empty.
  const bool fits = manifest_from_ == source && manifest_asked_ &&
                    manifest_asked_->first == first && !hashes.empty() &&
                    hashes.size() <= manifest_asked_->count;
  if (!fits) {
    set_aside(source, Fault::kUnasked, effects);
    return go_on(effects);
  }
  manifest_asked_.reset();
  switch (manifest_.add(first, hashes)) {
    case ManifestBuilder::Taken::kMore:
      break;
    case ManifestBuilder::Taken::kWhole:
      manifest_from_.reset();
      effects.emplace_back(RecordManifest{});
      begin_pieces(effects);
      break;
    case ManifestBuilder::Taken::kUseless:
    case ManifestBuilder::Taken::kWrong:
      set_aside(source, Fault::kWrongManifest, effects);
      break;
  }
  go_on(effects);
}

std::optional<PieceMap> Download::pieces_of(SourceRef source) const {
  if (!scheduler_.knows(source)) return std::nullopt;
  const PieceMap* const map = scheduler_.map_of(source);
  return map == nullptr ? std::nullopt : std::optional(*map);
}

bool Download::starved() const {
  if (over()) return false;
  return phase_ == Phase::kManifest ? scheduler_.sources() == 0 : scheduler_.starved();
}

bool Download::worth_twin(SourceRef source, std::uint64_t rate) const {
  if (phase_ != Phase::kPieces || stopping_ || scheduler_.sources() >= limits::kTwinStreams) {
    return false;
  }
  if (bytes_done_ - bytes_found_ < limits::kTwinAfter) return false;
  if (scheduler_.wanted() * std::uint64_t{layout().piece_length} < limits::kTwinBytes) return false;
  const auto pace = scheduler_.proven_rate(source);
  return pace && *pace >= rate;
}

void Download::drop_source(SourceRef source, Effects& effects) {
  const std::uint64_t before = scheduler_.partial_bytes();
  for (const std::uint32_t piece : scheduler_.remove(source)) effects.emplace_back(Discard{piece});
  bytes_wasted_ += before - scheduler_.partial_bytes();
  std::erase(manifest_left_, source);
  if (manifest_from_ == source) {
    // Chunks of two sources are never mixed: a wrong whole would have no culprit.
    manifest_from_.reset();
    manifest_asked_.reset();
    manifest_ = ManifestBuilder(id_);
  }
}

void Download::set_aside(SourceRef source, Fault fault, Effects& effects) {
  drop_source(source, effects);
  effects.emplace_back(SetAside{source, fault});
}

void Download::ask_manifest(Effects& effects) {
  if (manifest_asked_) return;
  if (!manifest_from_) manifest_from_ = scheduler_.first(manifest_left_);
  if (!manifest_from_) return;
  manifest_asked_ = manifest_.wanted();
  SHOAL_ASSERT(manifest_asked_.has_value());
  manifest_asked_at_ = now_;
  effects.emplace_back(AskManifest{*manifest_from_, *manifest_asked_});
}

}  // namespace shoal::transfer
