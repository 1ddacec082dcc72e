// SPDX-License-Identifier: Apache-2.0
#include "transfer/core/upload.h"

#include <algorithm>
#include <utility>

#include "proto/types/assert.h"
#include "proto/types/limits.h"
#include "proto/types/limits_transfer.h"

namespace shoal::transfer {
namespace {

// As many as one message carries.
std::vector<std::uint32_t> take_some(std::vector<std::uint32_t>& pieces) {
  const auto count = std::min(pieces.size(), limits::kHavePieces);
  const auto end = pieces.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<std::uint32_t> some{pieces.begin(), end};
  pieces.erase(pieces.begin(), end);
  return some;
}

}  // namespace

Upload::Upload(const Layout& layout, std::optional<PieceMap> here)
    : layout_(layout), told_(std::move(here)) {
  SHOAL_ASSERT(!told_ || told_->size() == layout_.pieces);
}

bool Upload::on_manifest_request(ManifestRange range) {
  const auto answer = answerable(range, layout_);
  if (!answer || !wants_request()) return false;
  open_.push_back({*answer, Open::State::kReady});
  return true;
}

bool Upload::on_range_request(std::uint64_t offset, std::uint32_t length) {
  if (!wants_request() || length == 0 || length > limits::kRangeBytes) return false;
  if (offset >= layout_.length || length > layout_.length - offset) return false;
  const std::uint32_t piece = layout_.piece_of(offset);
  if (piece != layout_.piece_of(offset + length - 1)) return false;
  if (told_ && !told_->has(piece)) return false;
  open_.push_back({Read{number_++, offset, length}, Open::State::kWaiting});
  return true;
}

bool Upload::wants_request() const { return open_.size() < limits::kUploadRequests; }

std::optional<Upload::Read> Upload::next_read() {
  if (in_memory_ >= limits::kUploadReadAhead) return std::nullopt;
  for (Open& one : open_) {
    if (one.state != Open::State::kWaiting) continue;
    one.state = Open::State::kReading;
    ++in_memory_;
    return std::get<Read>(one.answer);
  }
  return std::nullopt;
}

void Upload::on_here(const PieceMap& here) {
  SHOAL_ASSERT(told_ && here.size() == told_->size());
  for (auto piece = here.next(0); piece; piece = here.next(*piece + 1)) {
    if (told_->has(*piece)) continue;
    told_->add(*piece);
    news_.push_back(*piece);
  }
}

void Upload::on_given(const std::vector<std::uint32_t>& pieces) {
  given_.insert(given_.end(), pieces.begin(), pieces.end());
}

void Upload::on_read(std::uint64_t number) {
  for (Open& one : open_) {
    const auto* const read = std::get_if<Read>(&one.answer);
    if (read != nullptr && read->number == number) one.state = Open::State::kReady;
  }
}

std::optional<Upload::Answer> Upload::next_send() {
  if (sending_) return std::nullopt;
  if (!news_.empty() || !given_.empty()) {
    sending_ = telling_ = true;
    if (!news_.empty()) return Have{take_some(news_)};
    return Given{take_some(given_)};
  }
  if (open_.empty() || open_.front().state != Open::State::kReady) return std::nullopt;
  sending_ = true;
  return open_.front().answer;
}

void Upload::on_sent() {
  SHOAL_ASSERT(sending_);
  sending_ = false;
  if (std::exchange(telling_, false)) return;
  if (std::holds_alternative<Read>(open_.front().answer)) --in_memory_;
  open_.pop_front();
}

}  // namespace shoal::transfer
