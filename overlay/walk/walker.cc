// SPDX-License-Identifier: Apache-2.0
#include "overlay/walk/walker.h"

#include <algorithm>
#include <numeric>

#include "proto/types/assert.h"
#include "proto/types/limits.h"
#include "proto/types/rng.h"

namespace shoal::overlay {
namespace {

constexpr std::uint8_t kBacktracks = 1;
constexpr std::uint8_t kAsksBack = 2;
constexpr std::uint8_t kGoesOn = 4;
constexpr std::uint8_t kAllFlags = kBacktracks | kAsksBack | kGoesOn;
constexpr std::uint8_t kNoEnd = 255;

template <class Fill>
PayloadRef body_of(Fill fill) {
  return make_payload<OpaqueBody>([&](OpaqueBody& body) {
    ByteWriter out(body.bytes);
    fill(out);
  });
}

void write(ByteWriter& out, const WalkTally& tally) {
  out.varint(tally.taken);
  out.varint(tally.duplicates);
  out.varint(tally.refused);
  out.varint(tally.hits_dropped);
  out.varint(tally.asked.size());
  for (const std::uint16_t peers : tally.asked) out.varint(peers);
}

// False when these cannot be the counts of one walk: each step came to one peer.
bool read(ByteReader& in, WalkTally& tally) {
  const auto small = [&in](std::uint64_t most) {
    return static_cast<std::uint16_t>(in.varint(most));
  };
  tally.taken = small(limits::kWalkStepsMax);
  tally.duplicates = small(tally.taken);
  tally.refused = small(1);
  tally.hits_dropped = static_cast<std::uint32_t>(in.varint(UINT32_MAX));
  tally.asked.resize(static_cast<std::size_t>(in.varint(UINT8_MAX)));
  std::uint32_t sum = std::uint32_t{tally.duplicates} + tally.refused;
  for (std::uint16_t& peers : tally.asked) sum += peers = small(limits::kWalkStepsMax);
  return in.good() && sum == tally.taken && (tally.asked.empty() || tally.asked.back() != 0);
}

std::uint8_t number_of(const std::optional<WalkEnd>& end) {
  return end ? static_cast<std::uint8_t>(*end) : kNoEnd;
}

// False when there is no such end.
bool read(ByteReader& in, std::optional<WalkEnd>& end) {
  const std::uint8_t number = in.u8();
  if (number == kNoEnd) return true;
  end = static_cast<WalkEnd>(number);
  return number < kWalkEnds;
}

}  // namespace

std::string_view to_text(WalkEnd end) {
  switch (end) {
    case WalkEnd::kFound:
      return "walkers that found something";
    case WalkEnd::kSteps:
      return "walkers that made all their steps";
    case WalkEnd::kStopped:
      return "walkers that were told to stop";
    case WalkEnd::kDeadEnd:
      return "walkers that came to a dead end";
    case WalkEnd::kGivenBack:
      return "walkers whose link died or was full";
    case WalkEnd::kNoTime:
      return "walkers whose time was up";
    case WalkEnd::kLate:
      return "walkers that waited too long for a peer's look";
    case WalkEnd::kRefused:
      return "walkers that came to a peer at a limit";
  }
  SHOAL_ASSERT(false);
}

std::string_view to_text_of_one(WalkEnd end) {
  switch (end) {
    case WalkEnd::kFound:
      return "it found something";
    case WalkEnd::kSteps:
      return "its steps are made";
    case WalkEnd::kStopped:
      return "its origin has enough";
    case WalkEnd::kDeadEnd:
      return "a dead end";
    case WalkEnd::kGivenBack:
      return "its link died or was full";
    case WalkEnd::kNoTime:
      return "its time was up";
    case WalkEnd::kLate:
      return "it waited too long for the look among the files";
    case WalkEnd::kRefused:
      return "the next peer is at a limit";
  }
  SHOAL_ASSERT(false);
}

void WalkTally::count_asked(std::uint8_t depth) {
  SHOAL_ASSERT(depth > 0);
  if (asked.size() < depth) asked.resize(depth);
  ++asked[depth - 1U];
}

std::size_t draw_way(Walker& walker, std::size_t ways) {
  Rng rng(walker.random);
  const std::uint64_t way = rng.below(ways);
  walker.random = rng.state();
  return static_cast<std::size_t>(way);
}

PayloadRef encode(const Walker& walker) {
  return body_of([&](ByteWriter& out) {
    out.u8(walker.number);
    out.u8(static_cast<std::uint8_t>((walker.backtracks ? kBacktracks : 0) |
                                     (walker.asks_back ? kAsksBack : 0) |
                                     (walker.goes_on ? kGoesOn : 0)));
    out.varint(walker.left);
    out.u64(walker.random);
    write(out, walker.tally);
    out.raw(walker.query);
  });
}

std::optional<Walker> decode_walker(const OpaqueBody& body) {
  ByteReader in(body.bytes);
  Walker walker;
  walker.number = in.u8();
  const std::uint8_t flags = in.u8();
  walker.backtracks = (flags & kBacktracks) != 0;
  walker.asks_back = (flags & kAsksBack) != 0;
  walker.goes_on = (flags & kGoesOn) != 0;
  walker.left = static_cast<std::uint16_t>(in.varint(limits::kWalkStepsMax));
  walker.random = in.u64();
  const bool whole = read(in, walker.tally);
  walker.query = in.rest();
  // The step by which it comes is not counted yet.
  if (!whole || walker.number >= limits::kWalkersMax || flags > kAllFlags ||
      unsigned{walker.left} + walker.tally.taken + 1U > limits::kWalkStepsMax ||
      walker.query.size() > limits::kQueryBodyBytes) {
    return std::nullopt;
  }
  return walker;
}

PayloadRef encode(const WalkNews& news) {
  return body_of([&](ByteWriter& out) {
    out.u8(news.number);
    out.u8(number_of(news.why));
    write(out, news.tally);
  });
}

std::optional<WalkNews> decode_news(MessageKind kind, const OpaqueBody& body) {
  ByteReader in(body.bytes);
  WalkNews news;
  news.number = in.u8();
  const bool known = read(in, news.why);
  const bool whole = read(in, news.tally);
  const bool ended = kind == kWalkEnded;
  if (!known || !whole || !in.done() || news.number >= limits::kWalkersMax ||
      news.why.has_value() != ended) {
    return std::nullopt;
  }
  return news;
}

std::optional<WalkerNote> walker_in(const Message& message) {
  if (message.kind == kWalkStep) {
    const auto walker = decode_walker(message.body.ref<OpaqueBody>());
    return walker ? std::optional(WalkerNote{walker->number, {}}) : std::nullopt;
  }
  if (message.kind != kWalkEnded) return std::nullopt;
  const auto news = decode_news(message.kind, message.body.ref<OpaqueBody>());
  return news ? std::optional(WalkerNote{news->number, to_text_of_one(*news->why)}) : std::nullopt;
}

PayloadRef encode(const WalkWord& word) {
  return body_of([&](ByteWriter& out) {
    out.u8(word.number);
    out.u8(number_of(word.end));
  });
}

std::optional<WalkWord> decode_word(const OpaqueBody& body) {
  ByteReader in(body.bytes);
  WalkWord word;
  word.number = in.u8();
  const bool known = read(in, word.end);
  const bool fits = !word.end || *word.end == WalkEnd::kStopped || *word.end == WalkEnd::kRefused;
  if (!known || !fits || !in.done() || word.number >= limits::kWalkersMax) return std::nullopt;
  return word;
}

}  // namespace shoal::overlay
