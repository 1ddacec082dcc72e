// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/serve/spread_desk.h"

#include <utility>

namespace shoal::transfer {

std::optional<PieceMap> SpreadDesk::begin(UploadRef turn, const ContentId& content,
                                          std::uint32_t pieces, const PeerId& peer,
                                          std::function<void()> news) {
  const std::lock_guard lock(mutex_);
  turns_.emplace(turn, Turn{content, std::move(news)});
  return contents_.try_emplace(content, pieces).first->second.begin(turn, peer);
}

void SpreadDesk::on_asked(UploadRef turn, std::uint32_t piece) {
  const std::lock_guard lock(mutex_);
  for (const UploadRef other : spread_of(turn).on_asked(turn, piece)) {
    boost::asio::post(io_, turns_.at(other).news);
  }
}

void SpreadDesk::on_sent(UploadRef turn, std::uint32_t piece) {
  const std::lock_guard lock(mutex_);
  spread_of(turn).on_sent(turn, piece);
}

std::vector<std::uint32_t> SpreadDesk::take_news(UploadRef turn) {
  const std::lock_guard lock(mutex_);
  if (!turns_.contains(turn)) return {};
  return spread_of(turn).take_news(turn);
}

void SpreadDesk::end(UploadRef turn) {
  const std::lock_guard lock(mutex_);
  const auto found = turns_.find(turn);
  if (found == turns_.end()) return;
  const auto spread = contents_.find(found->second.content);
  spread->second.end(turn);
  if (spread->second.unused()) contents_.erase(spread);
  turns_.erase(found);
}

}  // namespace shoal::transfer
