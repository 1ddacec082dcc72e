// SPDX-License-Identifier: Apache-2.0
#include "sim/contract/promises.h"

#include <algorithm>
#include <array>

#include "overlay/core/registry.h"
#include "overlay/gossip/gossip.h"
#include "overlay/ring/ring.h"
#include "overlay/walk/walk.h"

namespace shoal::sim {
namespace {

// ---- flood -------------------------------------------------------------------------------------

/// By a longer and faster way a `classic` copy uses up its TTL before it has come far.
Reach flood_reach(const Ask& ask) {
  return ask.rule == DuplicateRule::kDeepest ? Reach::kBall : Reach::kPartOfBall;
}

/// The origin sends over all its links once. Any other peer sends, for each copy it takes up, to
/// all but the sender: once under `classic`, else at most once for each TTL that leaves a hop. Who
/// starts anew does so again.
std::uint64_t flood_copies(const Shape& shape, const Ask& ask) {
  std::uint64_t once = 0;
  for (std::size_t peer = 0; peer < shape.degrees.size(); ++peer) {
    const std::uint64_t lives = shape.lives_of(peer) - (peer == ask.origin ? 1U : 0U);
    if (shape.degrees[peer] > 0) once += lives * (shape.degrees[peer] - 1);
  }
  const unsigned deeper = ask.ttl - 1U;
  const bool classic = ask.rule == DuplicateRule::kClassic;
  return shape.degrees[ask.origin] + once * (classic ? std::min(deeper, 1U) : deeper);
}

std::size_t flood_idle(std::size_t links) { return 600 + 16 * links; }

/// Per search an entry with its hits, and per copy that was sent or taken one of the open copies.
std::size_t flood_busy(std::span<const Ask> open, std::size_t links) {
  std::size_t bytes = flood_idle(links) + 256;
  for (const Ask& ask : open) bytes += 256 + std::size_t{16} * links * ask.ttl;
  return bytes;
}

// ---- ring --------------------------------------------------------------------------------------

bool restarts(const Ask& ask) {
  return ask.parameters && (*ask.parameters)[overlay::kRingRestart] == 1;
}

void only_deepest(Ask& ask) {
  ask.rule = DuplicateRule::kDeepest;
  ask.parameters = overlay::fallbacks(overlay::kRingParameters);
}

void restart(Ask& ask) {
  ask.parameters = overlay::fallbacks(overlay::kRingParameters);
  (*ask.parameters)[overlay::kRingRestart] = 1;
}

constexpr std::array kRingManners{Manner{"", only_deepest}, Manner{"restart", restart}};

Reach ring_reach(const Ask& ask) {
  return ask.rule == DuplicateRule::kDeepest ? Reach::kBallOrEnough : Reach::kPartOfBall;
}

/// As flood, but the origin sends once for each ring. Inner peers pass on what has more hops left
/// than any before, whatever ring it belongs to. With `restart` each ring is a flood of its own.
std::uint64_t ring_copies(const Shape& shape, const Ask& ask) {
  Ask ring = ask;
  if (!restarts(ask)) {
    return flood_copies(shape, ask) + std::uint64_t{shape.degrees[ask.origin]} * (ask.ttl - 1U);
  }
  std::uint64_t sum = 0;
  for (ring.ttl = 1; ring.ttl <= ask.ttl; ++ring.ttl) sum += flood_copies(shape, ring);
  return sum;
}

std::size_t ring_idle(std::size_t links) { return flood_idle(links) + 32; }

/// And what a search knows of its floods; with `restart` each after the first is a query of its own
/// to remember, and where a link died a copy of it may stay open while the next ring is asked.
std::size_t ring_busy(std::span<const Ask> open, std::size_t links) {
  std::size_t bytes = flood_busy(open, links) + open.size() * (400 + 24 * links);
  for (const Ask& ask : open) bytes += restarts(ask) ? std::size_t{144} * (ask.ttl - 1U) : 0;
  return bytes;
}

/// Floods that take faster ways need not agree about how far a peer is.
bool ring_completes(const Ask& ask) { return ask.rule == DuplicateRule::kDeepest; }

std::uint8_t one_hop(const Ask&) { return 1; }

// ---- walk --------------------------------------------------------------------------------------

overlay::Parameters walk_parameters(const Ask& ask) {
  return ask.parameters.value_or(overlay::fallbacks(overlay::kWalkParameters));
}

void few_walkers(Ask& ask) {
  ask.parameters = overlay::fallbacks(overlay::kWalkParameters);
  (*ask.parameters)[overlay::kWalkers] = 3;
  (*ask.parameters)[overlay::kSteps] = 20;
  (*ask.parameters)[overlay::kVariant] = 0;
  (*ask.parameters)[overlay::kCheckBack] = 0;
}

void many_walkers(Ask& ask) { ask.parameters = overlay::fallbacks(overlay::kWalkParameters); }

constexpr std::array kWalkManners{Manner{"", many_walkers}, Manner{"simple", few_walkers}};

Reach walk_reach(const Ask&) { return Reach::kSomebody; }

std::uint64_t walk_copies(const Shape&, const Ask& ask) {
  const overlay::Parameters values = walk_parameters(ask);
  return std::uint64_t{values[overlay::kWalkers]} * values[overlay::kSteps];
}

/// Per search an entry and its ways, and at worst all its walkers, waiting for one peer's lookup.
std::size_t walk_busy(std::span<const Ask> open, std::size_t links) {
  std::size_t bytes = flood_idle(links);
  for (const Ask& ask : open) {
    bytes += 320 + 4 * links + std::size_t{320} * walk_parameters(ask)[overlay::kWalkers];
  }
  return bytes;
}

/// Walkers may be out when the time is up.
bool walk_completes(const Ask&) { return false; }

// ---- dynamic -----------------------------------------------------------------------------------

/// As a ring that does not restart: each link of the origin is asked with ever more hops. Under
/// `classic` each is asked once, and then all is one flood.
std::uint64_t dynamic_copies(const Shape& shape, const Ask& ask) {
  if (ask.rule == DuplicateRule::kClassic) return flood_copies(shape, ask);
  return flood_copies(shape, ask) + std::uint64_t{shape.degrees[ask.origin]} * (ask.ttl - 1U);
}

/// Who is probed under `classic` is asked no further.
Reach dynamic_reach(const Ask& ask) {
  return ask.rule == DuplicateRule::kDeepest ? Reach::kBallOrEnough : Reach::kPartOfBall;
}

std::uint8_t two_hops(const Ask& ask) { return std::min<std::uint8_t>(2, ask.ttl); }

// ---- gossip ------------------------------------------------------------------------------------

/// Whom chance chooses, within TTL hops.
Reach gossip_reach(const Ask&) { return Reach::kPartOfBall; }

/// Who hears it tells at most `fanout` neighbours, once in each life, and never the one before it.
std::uint64_t gossip_copies(const Shape& shape, const Ask& ask) {
  const std::uint64_t fanout =
      ask.parameters.value_or(overlay::fallbacks(overlay::kGossipParameters))[overlay::kFanout];
  std::uint64_t most = std::min<std::uint64_t>(shape.degrees[ask.origin], fanout);
  for (std::size_t peer = 0; peer < shape.degrees.size() && ask.ttl > 1; ++peer) {
    const std::uint64_t lives = shape.lives_of(peer) - (peer == ask.origin ? 1U : 0U);
    if (shape.degrees[peer] == 0) continue;
    most += lives * std::min<std::uint64_t>(shape.degrees[peer] - 1, fanout);
  }
  return most;
}

/// Per search an entry, whom it told, and a lookup.
std::size_t gossip_busy(std::span<const Ask> open, std::size_t links) {
  return flood_idle(links) + 256 + open.size() * (256 + 24 * links);
}

// ---- one-hop index -----------------------------------------------------------------------------

Reach index_reach(const Ask&) { return Reach::kMatchingBall; }

/// And its own filter and those of its neighbours, the smallest in worlds where little is shared.
std::size_t index_idle(std::size_t links) { return flood_idle(links) + 256 + 128 * links; }

std::size_t index_busy(std::span<const Ask> open, std::size_t links) {
  return flood_busy(open, links) + index_idle(links) - flood_idle(links);
}

// ---- kademlia ----------------------------------------------------------------------------------

Reach kademlia_reach(const Ask&) { return Reach::kHolder; }

/// Each peer is asked once what it has, but for the origin.
std::uint64_t kademlia_copies(const Shape& shape, const Ask&) {
  std::uint64_t sum = 0;
  for (std::size_t peer = 0; peer < shape.degrees.size(); ++peer) sum += shape.lives_of(peer);
  return sum - 1;
}

/// A network of dozens of peers: its buckets are not full. And a lookup of its own, whose 6 KiB are
/// the same in every network.
std::size_t kademlia_idle(std::size_t links) { return 20'480 + 16 * links; }

/// And a lookup for each search.
std::size_t kademlia_busy(std::span<const Ask> open, std::size_t links) {
  return kademlia_idle(links) + open.size() * 8192;
}

// ---- all of them -------------------------------------------------------------------------------

constexpr std::array kPromises{
    Promises{.id = overlay::kFlood,
             .reach = flood_reach,
             .copies_max = flood_copies,
             .busy_bytes = flood_busy,
             .idle_bytes = flood_idle},
    Promises{.id = overlay::kRing,
             .reach = ring_reach,
             .copies_max = ring_copies,
             .busy_bytes = ring_busy,
             .idle_bytes = ring_idle,
             .completes = ring_completes,
             .counts_one_flood = restarts,
             .one_after_another = true,
             .manners = kRingManners,
             .first_ttl = one_hop},
    Promises{.id = overlay::kWalk,
             .reach = walk_reach,
             .copies_max = walk_copies,
             .busy_bytes = walk_busy,
             .idle_bytes = flood_idle,
             .by_ttl = false,
             .recalls = false,
             .completes = walk_completes,
             .manners = kWalkManners,
             .first_ttl = one_hop},
    Promises{.id = overlay::kDynamic,
             .reach = dynamic_reach,
             .copies_max = dynamic_copies,
             .busy_bytes = ring_busy,
             .idle_bytes = ring_idle,
             .one_after_another = true,
             .first_ttl = two_hops},
    Promises{.id = overlay::kIndex,
             .reach = index_reach,
             .copies_max = flood_copies,
             .busy_bytes = index_busy,
             .idle_bytes = index_idle},
    Promises{.id = overlay::kKademlia,
             .reach = kademlia_reach,
             .copies_max = kademlia_copies,
             .busy_bytes = kademlia_busy,
             .idle_bytes = kademlia_idle,
             .by_ttl = false,
             .recalls = false,
             .counts_echoes = false,
             .rests = false,
             .settles = std::chrono::seconds(12)},
    Promises{.id = overlay::kGossip,
             .reach = gossip_reach,
             .copies_max = gossip_copies,
             .busy_bytes = gossip_busy,
             .idle_bytes = flood_idle,
             .recalls = false,
             .counts_echoes = false},
};

}  // namespace

const Promises* promises_of(OverlayId id) {
  const auto* const at = std::ranges::find(kPromises, id, &Promises::id);
  return at == kPromises.end() ? nullptr : &*at;
}

}  // namespace shoal::sim
