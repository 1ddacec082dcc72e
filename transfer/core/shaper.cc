// SPDX-License-Identifier: Apache-2.0
#include "transfer/core/shaper.h"

#include <algorithm>
#include <utility>

#include "proto/types/assert.h"
#include "proto/types/limits.h"
#include "proto/types/limits_transfer.h"

namespace shoal::transfer {

std::uint64_t burst_of(std::uint64_t rate) {
  return std::max<std::uint64_t>(limits::kRangeBytes, rate / 10);
}

Shaper::Shaper(UploadRates rates, Instant now)
    : rates_(std::move(rates)), all_(rates_.all, burst_of(rates_.all), now) {}

void Shaper::set(UploadRates rates, Instant now) {
  rates_ = std::move(rates);
  all_.set(rates_.all, burst_of(rates_.all), now);
  for (auto& [peer, bucket] : peers_) {
    const std::uint64_t rate = rate_of(peer);
    bucket.set(rate, burst_of(rate), now);
  }
}

std::uint64_t Shaper::rate_of(const PeerId& peer) const {
  const auto found = rates_.own.find(peer);
  return found == rates_.own.end() ? rates_.each : found->second;
}

TokenBucket& Shaper::bucket_of(const PeerId& peer, Instant now) {
  const std::uint64_t rate = rate_of(peer);
  return peers_.try_emplace(peer, rate, burst_of(rate), now).first->second;
}

// A bucket that is full again is like one that was never there.
void Shaper::prune(Instant now) {
  if (peers_.size() < limits::kBucketsKept) return;
  std::erase_if(peers_, [&](const auto& one) { return one.second.full(now); });
}

bool Shaper::ask(UploadRef stream, const PeerId& peer, std::uint32_t bytes, Instant now) {
  SHOAL_ASSERT(bytes <= limits::kRangeBytes);
  SHOAL_ASSERT(std::ranges::find(waiting_, stream, &Waiting::stream) == waiting_.end());
  waiting_.push_back({stream, peer, bytes});
  // Those before it that may send now are named first; it goes at once only if it is the one.
  for (const Waiting& one : waiting_) {
    if (own_ready(one, now) > now) continue;
    if (one.stream != stream) return false;
    return next(now) == stream;
  }
  return false;
}

void Shaper::forget(UploadRef stream) {
  std::erase_if(waiting_, [&](const Waiting& one) { return one.stream == stream; });
}

Instant Shaper::own_ready(const Waiting& one, Instant now) const {
  const auto found = peers_.find(one.peer);
  return found == peers_.end() ? now : found->second.ready_at(one.bytes, now);
}

std::optional<UploadRef> Shaper::next(Instant now) {
  const auto first = std::ranges::find_if(
      waiting_, [&](const Waiting& one) { return own_ready(one, now) <= now; });
  if (first == waiting_.end() || !all_.take(first->bytes, now)) return std::nullopt;
  if (rate_of(first->peer) != 0) {
    prune(now);
    const bool taken = bucket_of(first->peer, now).take(first->bytes, now);
    SHOAL_ASSERT(taken);
  }
  const UploadRef stream = first->stream;
  waiting_.erase(first);
  return stream;
}

std::optional<Instant> Shaper::deadline(Instant now) const {
  std::optional<Instant> first;
  std::uint32_t bytes = 0;
  for (const Waiting& one : waiting_) {
    const Instant ready = own_ready(one, now);
    if (first && *first <= ready) continue;
    first = ready;
    bytes = one.bytes;
  }
  if (!first) return std::nullopt;
  return std::max(*first, all_.ready_at(bytes, now));
}

std::optional<Instant> Shaper::ready_at(UploadRef stream, Instant now) const {
  const auto found = std::ranges::find(waiting_, stream, &Waiting::stream);
  if (found == waiting_.end()) return std::nullopt;
  return std::max(own_ready(*found, now), all_.ready_at(found->bytes, now));
}

}  // namespace shoal::transfer
