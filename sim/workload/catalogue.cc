// SPDX-License-Identifier: Apache-2.0
#include "sim/workload/catalogue.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "proto/types/assert.h"
#include "sim/draw/fixed.h"
#include "sim/draw/weighted.h"
#include "sim/draw/wide.h"

namespace shoal::sim {
namespace {

constexpr std::uint64_t kLength = 4'000'000;  // of every file, bytes
constexpr std::uint8_t kMark = 0xf1;

// `count` different ones of `items`, moved to its front (Fisher, Yates).
void draw_front(std::vector<std::uint32_t>& items, std::size_t count, Rng& rng) {
  for (std::size_t i = 0; i < count; ++i) {
    std::swap(items[i], items[i + rng.below(items.size() - i)]);
  }
}

// What the replicas of each file are in proportion to.
std::vector<std::uint64_t> shares_of(const CataloguePlan& plan) {
  switch (plan.placement) {
    case Placement::kProportional:
      return zipf_weights(plan.files, Fixed::from(plan.zipf));
    case Placement::kSquareRoot:
      return zipf_weights(plan.files, Fixed::from(plan.zipf / 2));
    case Placement::kUniform:
    case Placement::kOwner:
      break;
  }
  return std::vector<std::uint64_t>(plan.files, 1);
}

}  // namespace

std::vector<std::uint32_t> replicas_of(const CataloguePlan& plan, std::uint32_t most) {
  const std::uint32_t files = plan.files;
  std::vector<std::uint32_t> out(files, 1);
  if (plan.placement == Placement::kOwner) return out;
  const std::vector<std::uint64_t> shares = shares_of(plan);
  UnsignedWide shares_left = 0;
  for (const std::uint64_t share : shares) shares_left += share;
  auto left = std::max<std::uint64_t>(
      files, static_cast<std::uint64_t>(std::llround(plan.replicas * files)));
  // Each file is given its part of what is left, so that what one cannot take (it has `most`), or
  // was given beyond its part (its first), is spread over the rest.
  for (std::uint32_t i = 0; i < files; ++i) {
    const std::uint64_t others = files - i - 1;  // each needs one
    const auto fair = shares_left == 0
                          ? std::uint64_t{1}
                          : static_cast<std::uint64_t>(
                                (UnsignedWide(left) * shares[i] + shares_left / 2) / shares_left);
    const std::uint64_t given = std::clamp<std::uint64_t>(
        fair, 1, std::max<std::uint64_t>(1, std::min<std::uint64_t>(most, left - others)));
    out[i] = static_cast<std::uint32_t>(given);
    left -= given;
    shares_left -= shares[i];
  }
  return out;
}

Result<Catalogue> Catalogue::make(const CataloguePlan& plan, std::uint32_t peers, Rng rng) {
  Catalogue out;
  if (plan.files == 0) return out;
  std::vector<std::uint32_t> sharing(peers);
  std::iota(sharing.begin(), sharing.end(), 0U);
  const auto riders = static_cast<std::size_t>(std::llround(plan.free_riders * peers));
  Rng rider_draws = rng.fork(1);
  draw_front(sharing, std::min<std::size_t>(riders, peers), rider_draws);
  sharing.erase(sharing.begin(), sharing.begin() + static_cast<std::ptrdiff_t>(
                                                       std::min<std::size_t>(riders, peers)));
  if (sharing.empty()) {
    return fail(Errc::kInvalidArgument, "nobody shares", "every peer is a free rider",
                "lower content.free_riders");
  }
  if (plan.placement != Placement::kOwner && plan.replicas > static_cast<double>(sharing.size())) {
    return fail(Errc::kInvalidArgument, "there are not enough peers that share",
                "each of the " + std::to_string(sharing.size()) + " holds a file at most once",
                "lower content.replicas");
  }
  std::ranges::sort(sharing);
  out.sharers_ = sharing;
  const auto counts = replicas_of(plan, static_cast<std::uint32_t>(sharing.size()));
  out.holders_.resize(plan.files);
  for (std::uint32_t file = 0; file < plan.files; ++file) {
    Rng draws = rng.fork(2 + std::uint64_t{file});
    draw_front(sharing, counts[file], draws);
    auto& holders = out.holders_[file];
    holders.assign(sharing.begin(), sharing.begin() + counts[file]);
    std::ranges::sort(holders);
  }
  out.trace();
  return out;
}

Catalogue Catalogue::held_by(std::vector<std::uint32_t> holders) {
  SHOAL_ASSERT(!holders.empty() && std::ranges::is_sorted(holders));
  Catalogue out;
  out.sharers_ = holders;
  out.holders_.push_back(std::move(holders));
  out.trace();
  return out;
}

void Catalogue::trace() {
  for (const auto& holders : holders_) {
    std::uint64_t& trace = traces_.emplace_back(0);
    for (const std::uint32_t peer : holders) trace |= trace_of(peer);
  }
}

// What a peer shares is found by asking for all files, of which it holds few.
bool Catalogue::holds(std::uint32_t peer, std::uint32_t file) const {
  if (file >= files() || (traces_[file] & trace_of(peer)) == 0) return false;
  return std::ranges::binary_search(holders_[file], peer);
}

std::uint64_t Catalogue::replicas() const {
  std::uint64_t sum = 0;
  for (const auto& holders : holders_) sum += holders.size();
  return sum;
}

bool Catalogue::publish(std::uint32_t peer, std::uint32_t file) {
  auto& holders = holders_[file];
  const auto at = std::ranges::lower_bound(holders, peer);
  if (at != holders.end() && *at == peer) return false;
  holders.insert(at, peer);
  traces_[file] |= trace_of(peer);
  return true;
}

bool Catalogue::withdraw(std::uint32_t peer, std::uint32_t file) {
  auto& holders = holders_[file];
  const auto at = std::ranges::lower_bound(holders, peer);
  if (at == holders.end() || *at != peer) return false;
  holders.erase(at);
  return true;
}

ContentId content_of(std::uint32_t file) {
  ContentId out;
  out.length = kLength;
  out.root.bytes[0] = kMark;
  for (std::size_t i = 0; i < 4; ++i) {
    out.root.bytes[i + 1] = static_cast<std::uint8_t>(file >> (8 * i));
  }
  return out;
}

std::uint32_t file_of(const ContentId& content) {
  if (content.root.bytes[0] != kMark || content.length != kLength) return kNoFile;
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < 4; ++i) out |= std::uint32_t{content.root.bytes[i + 1]} << (8 * i);
  return out;
}

}  // namespace shoal::sim
