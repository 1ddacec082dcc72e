// SPDX-License-Identifier: Apache-2.0
// What a friend may have in a second, over as many streams as he likes.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "proto/types/limits_transfer.h"
#include "tests/wire/transfer_world.h"
#include "transfer/core/shaper.h"

namespace shoal::transfer {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

TEST_F(Transfer, TheRateOfAFriendHoldsForBothStreamsOfAFileTogether) {
  constexpr std::uint64_t kRate = 20'000'000;
  constexpr std::uint64_t kHold = 2 * limits::kTwinAfter;
  const std::string bytes = some_bytes(kHold + limits::kTwinBytes);
  const FileTree tree = tree_of(bytes);
  UploadRates rates;
  rates.each = kRate;
  Server server(pool, {}, nullptr, {}, rates);
  const auto file = server.share(tree.id, bytes, tree.layer);
  file->holds_at = kHold;
  Watcher watcher;
  DownloadHooks hooks = watcher.hooks();
  hooks.twin_rate = 0;  // any source is fast enough for a second stream
  DownloadManager manager(pool.get_executor(), pool.get_executor(), hooks);
  ASSERT_TRUE(manager.start(request(tree.id, {server.info()})));
  // Both are up, and the bucket may be full again.
  while (server.service.counts().streams < 2) std::this_thread::yield();
  const std::uint64_t before = server.service.counts().bytes;
  const auto began = Clock::now();
  file->let_go();
  const auto end = watcher.end();
  const std::chrono::duration<double> took = Clock::now() - began;
  EXPECT_EQ(end.state, DownloadState::kDone) << (end.error ? end.error->why : "");
  EXPECT_EQ(server.service.counts().streams, 2U);
  const double sent = static_cast<double>(server.service.counts().bytes - before);
  EXPECT_GT(sent, static_cast<double>(limits::kTwinBytes) / 2) << "too little to tell";
  EXPECT_LE(sent, static_cast<double>(burst_of(kRate)) + static_cast<double>(kRate) * took.count());
}

}  // namespace
}  // namespace shoal::transfer
