// SPDX-License-Identifier: Apache-2.0
// Rates hold: whatever is asked when, no peer and not all together get more than their bucket
// gives.
#include "transfer/core/shaper.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <algorithm>
#include <map>
#include <set>

#include "proto/types/limits.h"
#include "proto/types/limits_transfer.h"
#include "proto/types/rng.h"

namespace shoal::transfer {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kMiB = 1U << 20U;

PeerId peer(std::uint8_t number) {
  PeerId id;
  id.bytes[0] = number;
  return id;
}

struct Sent {
  Instant at;
  std::uint64_t bytes;
};

// Over every window: at most burst + rate x time.
bool keeps(const std::vector<Sent>& sent, std::uint64_t rate) {
  if (rate == 0) return true;
  for (std::size_t first = 0; first < sent.size(); ++first) {
    std::uint64_t bytes = 0;
    for (std::size_t last = first; last < sent.size(); ++last) {
      bytes += sent[last].bytes;
      const auto micros = static_cast<std::uint64_t>((sent[last].at - sent[first].at).count());
      if ((bytes - burst_of(rate)) * 1'000'000 > rate * micros && bytes > burst_of(rate)) {
        return false;
      }
    }
  }
  return true;
}

TEST(TokenBucket, GivesItsBurstAtOnceAndThenItsRate) {
  TokenBucket bucket(1'000'000, kMiB, Instant{});
  EXPECT_TRUE(bucket.take(kMiB, Instant{}));
  EXPECT_FALSE(bucket.take(1, Instant{}));
  EXPECT_EQ(bucket.ready_at(500'000, Instant{}), Instant(500ms));
  EXPECT_FALSE(bucket.take(500'000, Instant(499'999us)));
  EXPECT_TRUE(bucket.take(500'000, Instant(500ms)));
  EXPECT_FALSE(bucket.full(Instant(1s)));
  EXPECT_TRUE(bucket.full(Instant(1s + 548'576us)));
}

TEST(TokenBucket, HoldsNoMoreThanItsBurstHoweverLongItRests) {
  TokenBucket bucket(limits::kRateMax, limits::kRateMax / 10, Instant{});
  EXPECT_TRUE(bucket.take(limits::kRateMax / 10, Instant{}));
  const Instant later{std::chrono::hours(24 * 365 * 100)};
  EXPECT_TRUE(bucket.take(limits::kRateMax / 10, later));
  EXPECT_FALSE(bucket.take(1, later));
  EXPECT_FALSE(bucket.take(1, Instant{}));  // time that goes back gives nothing
}

TEST(TokenBucket, ALowerRateHoldsFromThenOn) {
  TokenBucket bucket(10 * kMiB, 2 * kMiB, Instant{});
  bucket.set(kMiB, kMiB, Instant{});
  EXPECT_TRUE(bucket.take(kMiB, Instant{}));
  EXPECT_EQ(bucket.ready_at(kMiB, Instant{}), Instant(1s));
  bucket.set(0, kMiB, Instant{});
  EXPECT_TRUE(bucket.take(kMiB, Instant{}));
}

TEST(Shaper, WithoutLimitsNobodyWaits) {
  Shaper shaper({}, Instant{});
  for (std::uint64_t i = 0; i < 1000; ++i) {
    EXPECT_TRUE(shaper.ask(UploadRef{i}, peer(1), kMiB, Instant{}));
  }
  EXPECT_FALSE(shaper.deadline(Instant{}));
}

TEST(Shaper, APeersBucketOutlivesItsStreams) {
  Shaper shaper({0, kMiB, {}}, Instant{});
  EXPECT_TRUE(shaper.ask(UploadRef{1}, peer(1), kMiB, Instant{}));
  shaper.forget(UploadRef{1});
  EXPECT_FALSE(shaper.ask(UploadRef{2}, peer(1), kMiB, Instant{}));
  EXPECT_TRUE(shaper.ask(UploadRef{3}, peer(2), kMiB, Instant{}));
  EXPECT_EQ(shaper.deadline(Instant{}), Instant(1s));
  EXPECT_EQ(shaper.next(Instant(999ms)), std::nullopt);
  EXPECT_EQ(shaper.next(Instant(1s)), UploadRef{2});
}

TEST(Shaper, WhoAsksForLittleDoesNotOvertake) {
  Shaper shaper({kMiB, 0, {}}, Instant{});
  EXPECT_TRUE(shaper.ask(UploadRef{1}, peer(1), kMiB, Instant{}));
  EXPECT_FALSE(shaper.ask(UploadRef{2}, peer(2), kMiB, Instant{}));
  EXPECT_FALSE(shaper.ask(UploadRef{3}, peer(3), 1000, Instant{}));
  EXPECT_EQ(shaper.next(Instant(500ms)), std::nullopt);
  EXPECT_EQ(shaper.next(Instant(1s)), UploadRef{2});
}

TEST(Shaper, AFriendsOwnRateWinsAndMayChange) {
  Shaper shaper({0, kMiB, {{peer(1), 0}, {peer(2), 4 * kMiB}}}, Instant{});
  for (std::uint64_t i = 0; i < 9; ++i) EXPECT_TRUE(shaper.ask({i}, peer(1), kMiB, Instant{}));
  EXPECT_TRUE(shaper.ask(UploadRef{20}, peer(2), kMiB, Instant{}));
  EXPECT_FALSE(shaper.ask(UploadRef{21}, peer(2), kMiB, Instant{}));
  EXPECT_EQ(shaper.deadline(Instant{}), Instant(250ms));
  shaper.set({0, kMiB, {{peer(2), 8 * kMiB}}}, Instant{});
  EXPECT_EQ(shaper.deadline(Instant{}), Instant(125ms));
  EXPECT_TRUE(shaper.ask(UploadRef{30}, peer(1), kMiB, Instant{}));
  EXPECT_FALSE(shaper.ask(UploadRef{31}, peer(1), kMiB, Instant{}));
}

RC_GTEST_PROP(Shaper, NobodyIsAboveItsBucketOverAnyWindowAndNoRateIsLeftUnused, ()) {
  const auto rate = [](const char* name) {
    return *rc::gen::oneOf(rc::gen::just<std::uint64_t>(0),
                           rc::gen::inRange<std::uint64_t>(limits::kRateMin, 50 * kMiB))
                .as(name);
  };
  UploadRates rates{rate("all"), rate("each"), {}};
  if (*rc::gen::arbitrary<bool>().as("one has a rate of its own")) rates.own[peer(0)] = rate("own");
  const auto peers = *rc::gen::inRange<unsigned>(1, 5).as("peers");
  const auto streams = *rc::gen::inRange<unsigned>(peers, 3 * peers + 1).as("streams");
  const auto seed = *rc::gen::arbitrary<std::uint64_t>().as("seed");
  Rng rng(seed);
  Shaper shaper(rates, Instant{});
  Instant now{};
  std::vector<std::uint32_t> wants(streams);  // 0: rests
  std::map<unsigned, std::vector<Sent>> sent;
  std::vector<Sent> all;
  const auto send = [&](std::uint64_t stream) {
    const auto whose = static_cast<unsigned>(stream % peers);
    sent[whose].push_back({now, wants[stream]});
    all.push_back({now, wants[stream]});
    wants[stream] = 0;
  };
  for (unsigned step = 0; step < 150; ++step) {
    const auto stream = rng.below(streams);
    if (wants[stream] == 0) {
      wants[stream] = static_cast<std::uint32_t>(1 + rng.below(kMiB));
      if (shaper.ask({stream}, peer(static_cast<std::uint8_t>(stream % peers)), wants[stream],
                     now)) {
        send(stream);
      }
    } else if (rng.below(20) == 0) {
      shaper.forget({stream});
      wants[stream] = 0;
    }
    if (rng.below(3) == 0) {
      const auto due = shaper.deadline(now);
      const Duration some{static_cast<Duration::rep>(rng.below(200'000))};
      now = due && rng.below(2) == 0 ? std::max(now, *due) : now + some;
      while (const auto next = shaper.next(now)) send(next->value);
    }
  }
  RC_ASSERT(keeps(all, rates.all));
  for (const auto& [whose, list] : sent) {
    const auto own = rates.own.find(peer(static_cast<std::uint8_t>(whose)));
    RC_ASSERT(keeps(list, own == rates.own.end() ? rates.each : own->second));
  }
  // Who waits is served at the latest when the deadlines have come, one after the other.
  for (unsigned calls = 0; calls < 4 * streams; ++calls) {
    const auto due = shaper.deadline(now);
    if (!due) break;
    now = std::max(now, *due);
    while (const auto next = shaper.next(now)) send(next->value);
  }
  RC_ASSERT(std::ranges::count(wants, 0U) == static_cast<std::ptrdiff_t>(streams));
}

}  // namespace
}  // namespace shoal::transfer
