// SPDX-License-Identifier: Apache-2.0
#include "transfer/core/spread.h"

#include <algorithm>
#include <utility>

#include "proto/types/assert.h"
#include "proto/types/limits.h"

namespace shoal::transfer {

PieceMap Spread::given() const {
  PieceMap map(static_cast<std::uint32_t>(given_.size()));
  for (std::uint32_t piece = 0; piece < map.size(); ++piece) {
    if (given_[piece] > least_) map.add(piece);
  }
  return map;
}

void Spread::count_least() {
  least_ = std::ranges::min(given_);
  least_of_ = static_cast<std::uint32_t>(std::ranges::count(given_, least_));
}

std::optional<PieceMap> Spread::begin(UploadRef turn, const PeerId& peer) {
  const bool alone =
      std::ranges::all_of(turns_, [&](const auto& one) { return one.second.peer == peer; });
  const PieceMap none(static_cast<std::uint32_t>(given_.size()));
  const auto [made, fresh] = turns_.emplace(turn, Turn{peer, alone ? none : given(), {}, {}});
  SHOAL_ASSERT(fresh);
  return alone ? std::nullopt : std::optional(made->second.told);
}

std::vector<UploadRef> Spread::on_asked(UploadRef turn, std::uint32_t piece) {
  const auto asker = turns_.find(turn);
  SHOAL_ASSERT(asker != turns_.end());
  SHOAL_ASSERT(piece < given_.size());
  auto& open = asker->second.open;
  if (given_[piece] == UINT16_MAX || std::ranges::find(open, piece) != open.end()) return {};
  // Of so many that were asked for and never sent, the eldest is given up.
  if (open.size() == limits::kUploadRequests) open.erase(open.begin());
  open.push_back(piece);
  if (given_[piece]++ == least_ && --least_of_ == 0) count_least();
  std::vector<UploadRef> hear;
  for (auto& [ref, other] : turns_) {
    if (other.peer == asker->second.peer || other.told.has(piece)) continue;
    other.told.add(piece);
    other.news.push_back(piece);
    hear.push_back(ref);
  }
  return hear;
}

void Spread::on_sent(UploadRef turn, std::uint32_t piece) {
  const auto found = turns_.find(turn);
  if (found != turns_.end()) std::erase(found->second.open, piece);
}

std::vector<std::uint32_t> Spread::take_news(UploadRef turn) {
  const auto found = turns_.find(turn);
  if (found == turns_.end()) return {};
  return std::exchange(found->second.news, {});
}

void Spread::end(UploadRef turn) {
  const auto found = turns_.find(turn);
  if (found == turns_.end()) return;
  for (const std::uint32_t piece : found->second.open) --given_[piece];
  if (!found->second.open.empty()) count_least();
  turns_.erase(found);
}

}  // namespace shoal::transfer
