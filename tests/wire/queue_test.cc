// SPDX-License-Identifier: Apache-2.0
// What a peer gives, and to whom first: slots, the queue and its places, turns, rates. All by
// counting; nothing here depends on how long anything takes.
#include <gtest/gtest.h>

#include <thread>

#include "proto/types/limits_transfer.h"
#include "tests/wire/taker.h"

namespace shoal::transfer {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kMiB = 1U << 20U;
/// Places are looked at often.
TransferTimes quick() {
  TransferTimes times;
  times.gate_recheck = 20ms;
  return times;
}

/// Signs of life come soon, too.
TransferTimes lively() {
  TransferTimes times = quick();
  times.silence = 1500ms;
  return times;
}

class Queue : public Transfer {
 protected:
  std::unique_ptr<Server> server_with(UploadSlots slots, UploadRates rates = {},
                                      const TransferTimes& times = quick()) {
    auto server = std::make_unique<Server>(pool, times, nullptr, slots, std::move(rates));
    const std::string bytes = some_bytes(4 * std::uint64_t{kMiB});
    const auto tree = tree_of(bytes);
    id = tree.id;
    file = server->share(tree.id, bytes, tree.layer);
    return server;
  }
  static void until_waiting(const Server& server, std::uint64_t count) {
    while (server.service.counts().waiting != count) std::this_thread::yield();
  }
  ContentId id;
  std::shared_ptr<MemoryFile> file;
};

TEST_F(Queue, WhoFindsNoSlotHearsItsPlaceAndIsServedInOrder) {
  const auto server = server_with({.all = 1, .idle_time = 1h});
  Taker a(*server, "a", id);
  ASSERT_TRUE(a.served());
  Taker b(*server, "b", id);
  ASSERT_EQ(b.place(), 1);
  Taker c(*server, "c", id);
  ASSERT_EQ(c.place(), 2);
  a.leave();
  EXPECT_TRUE(b.served());
  EXPECT_EQ(c.place(2), 1);
  b.leave();
  EXPECT_TRUE(c.served());
}

TEST_F(Queue, WhoIsCutOffFindsItsPlaceAgain) {
  const auto server = server_with({.all = 1, .idle_time = 1h});
  Taker a(*server, "a", id);
  ASSERT_TRUE(a.served());
  Taker b(*server, "b", id);
  ASSERT_EQ(b.place(), 1);
  Taker c(*server, "c", id);
  ASSERT_EQ(c.place(), 2);
  b.leave();
  ASSERT_EQ(c.place(2), 1);  // it is passed meanwhile
  Taker again(*server, "b", id);
  EXPECT_EQ(again.place(), 1);
  EXPECT_EQ(c.place(1), 2);
}

TEST_F(Queue, ATurnEndsBetweenPiecesAndGoesOnWhereItWas) {
  const auto server = server_with({.all = 1, .turn_bytes = kMiB, .idle_time = 1h});
  Taker a(*server, "a", id);
  ASSERT_TRUE(a.served());
  a.ask(0, kMiB / 2);
  ASSERT_TRUE(a.hear().has_chunk());
  Taker b(*server, "b", id);
  ASSERT_EQ(b.place(), 1);
  a.ask(kMiB / 2, kMiB / 2);
  a.ask(kMiB);
  a.ask(2 * kMiB);
  EXPECT_EQ(a.hear().chunk().data().size(), kMiB / 2);  // the piece is finished
  EXPECT_EQ(a.place(), 0);                              // the rest is dropped
  EXPECT_TRUE(b.served());
  a.ask(3 * kMiB);  // crosses what it has not heard yet: dropped too
  a.want(id);
  EXPECT_EQ(a.place(), 1);
  b.leave();
  ASSERT_TRUE(a.served());
  a.ask(kMiB);
  EXPECT_EQ(a.hear().chunk().offset(), kMiB);
}

TEST_F(Queue, ASlotOnWhichNothingIsAskedGoesToTheNext) {
  const auto server = server_with({.all = 1, .idle_time = 50ms});
  Taker a(*server, "a", id);
  ASSERT_TRUE(a.served());
  Taker b(*server, "b", id);
  EXPECT_TRUE(b.served());
  EXPECT_EQ(a.place(), 0);
}

TEST_F(Queue, AFetcherThatNeedsNothingGivesItsSlotToTheNext) {
  const auto server = server_with({.all = 1, .idle_time = 1h, .rest_time = 0ms});
  Taker a(*server, "a", id);
  ASSERT_TRUE(a.served());
  Taker b(*server, "b", id);
  ASSERT_EQ(b.place(), 1);
  a.rest();
  EXPECT_TRUE(b.served());
  EXPECT_EQ(a.place(), 0);
}

TEST_F(Queue, ThoseWhoAreServedAtOnceHearWhatTheOthersWereGiven) {
  const auto server = server_with({.all = 2, .idle_time = 1h});
  Taker a(*server, "a", id);
  const auto alone = a.hear();
  ASSERT_TRUE(alone.has_description());
  EXPECT_TRUE(alone.description().given().empty());
  a.ask(2 * kMiB);
  ASSERT_TRUE(a.hear().has_chunk());
  Taker b(*server, "b", id);
  // One bit a piece, most significant first: the third.
  EXPECT_EQ(b.hear().description().given(), std::string(1, '\x20'));
  b.ask(0);
  const auto news = a.hear();
  ASSERT_TRUE(news.has_given());
  EXPECT_EQ(std::vector(news.given().pieces().begin(), news.given().pieces().end()),
            std::vector<std::uint32_t>{0});
  ASSERT_TRUE(b.hear().has_chunk());
}

TEST_F(Queue, IsFullAtItsBoundAndSaysSo) {
  const auto server = server_with({.all = 1, .idle_time = 1h});
  std::vector<std::unique_ptr<Taker>> all;
  for (std::size_t i = 0; i <= limits::kUploadsWaitingPerPeer; ++i) {
    all.push_back(std::make_unique<Taker>(*server, "a"));
    all.back()->want(id);
    ASSERT_TRUE(i == 0 ? all.back()->served() : all.back()->place() == static_cast<int>(i));
  }
  Taker last(*server, "a", id);
  EXPECT_EQ(last.end().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  Taker other(*server, "b", id);
  EXPECT_GT(other.place(), 0);
}

TEST_F(Queue, WhatTheBucketDoesNotHoldWaitsForTheRate) {
  const auto server = server_with({}, {.each = limits::kRateMin}, lively());
  Taker a(*server, "a", id);
  ASSERT_TRUE(a.served());
  a.ask(0);
  a.ask(kMiB);
  EXPECT_TRUE(a.hear().has_chunk());
  const auto sign = a.hear();
  ASSERT_TRUE(sign.has_paced());
  EXPECT_GT(sign.paced().wait_ms(), 60'000U);  // of 105 s
  EXPECT_EQ(server->service.counts().bytes, kMiB);
  // Another peer has a bucket of its own, and coming anew fills none.
  Taker b(*server, "b", id);
  ASSERT_TRUE(b.served());
  b.ask(0);
  EXPECT_TRUE(b.hear().has_chunk());
  Taker again(*server, "a", id);
  ASSERT_TRUE(again.served());
  again.ask(0);
  EXPECT_TRUE(again.hear().has_paced());
  EXPECT_EQ(server->service.counts().bytes, 2 * kMiB);
  server->service.set_rates({});
  auto next = a.hear();
  while (next.has_paced()) next = a.hear();
  EXPECT_EQ(next.chunk().offset(), kMiB);
}

TEST_F(Queue, TheRateForAllHoldsForAllTogether) {
  const auto server = server_with({}, {.all = limits::kRateMin}, lively());
  Taker a(*server, "a", id);
  ASSERT_TRUE(a.served());
  a.ask(0, kMiB - 1000);
  EXPECT_TRUE(a.hear().has_chunk());
  Taker b(*server, "b", id);
  ASSERT_TRUE(b.served());
  b.ask(0);
  EXPECT_TRUE(b.hear().has_paced());
}

TEST_F(Queue, DownloadsWaitForTheirTurnsAndWasteNothing) {
  const auto server = server_with({.all = 1, .turn_bytes = kMiB, .idle_time = 1h});
  file->holds_at = kMiB;
  Watcher first;
  DownloadManager one(pool.get_executor(), pool.get_executor(), first.hooks());
  ASSERT_TRUE(one.start(request(id, {server->info()})));
  first.wait([](const DownloadStatus& s) { return s.sources == 1; });
  const std::string other = folder + "/other";
  fs::create_directory(other);
  Watcher second;
  DownloadManager two(pool.get_executor(), pool.get_executor(), second.hooks());
  auto wish = request(id, {server->info()});
  wish.folder = other;
  ASSERT_TRUE(two.start(wish));
  const auto waits = second.wait([](const DownloadStatus& s) {
    return s.state == DownloadState::kQueued && !s.from.empty() && s.from[0].place;
  });
  EXPECT_EQ(waits.from[0].state, SourceStatus::State::kQueued);
  EXPECT_EQ(waits.from[0].place->position, 1U);
  until_waiting(*server, 1);
  file->let_go();
  for (Watcher* watcher : {&first, &second}) {
    const auto end = watcher->end();
    ASSERT_EQ(end.state, DownloadState::kDone) << (end.error ? end.error->why : "");
    EXPECT_EQ(end.bytes_wasted, 0U);
    EXPECT_EQ(tree_of(content(end.path)).id, id);
  }
  EXPECT_EQ(server->service.counts().bytes, 2 * id.length);
}

}  // namespace
}  // namespace shoal::transfer
