// SPDX-License-Identifier: Apache-2.0
// Real sources that take requests and answer nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "tests/wire/transfer_world.h"

namespace shoal::transfer {
namespace {

using namespace std::chrono_literals;
using State = SourceStatus::State;

class StalledSource : public Transfer {
 protected:
  /// Silent behind that many bytes.
  std::shared_ptr<MemoryFile> share_at(Server& server, std::uint64_t holds = ~std::uint64_t{0}) {
    auto file = server.share(tree.id, bytes, tree.layer);
    file->holds_at = holds;
    return file;
  }
  static SourceStatus source(const DownloadStatus& status, const Server& server) {
    const auto found = std::ranges::find(status.from, server.info().peer, &SourceStatus::peer);
    return found == status.from.end() ? SourceStatus{} : *found;
  }
  void expect_done(const DownloadStatus& end) {
    ASSERT_EQ(end.state, DownloadState::kDone) << (end.error ? end.error->why : "");
    EXPECT_TRUE(content(end.path) == bytes);
  }
  static UploadRates at_rate(std::uint64_t rate) {
    UploadRates rates;
    rates.all = rate;
    return rates;
  }

  const std::string bytes = some_bytes(24'000'000);  // 23 pieces
  const FileTree tree = tree_of(bytes);
  TransferTimes hurry{.stall_time = 1s, .stall_pause_min = 100ms, .stall_pause_max = 400ms};
};

TEST_F(StalledSource, IsSetAsideAndAskedAgainUntilItGivesOnceMore) {
  Server silent(pool);
  // Slow enough to be still at it when the other one has come to itself.
  Server slow(pool, {}, nullptr, {}, at_rate(2'000'000));
  const auto held = share_at(silent, 3'000'000);
  share_at(slow);
  Watcher watcher;
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks(), hurry);
  ASSERT_TRUE(manager.start(request(tree.id, {silent.info(), slow.info()})));
  const auto aside = watcher.wait([&](const DownloadStatus& s) {
    return s.error && source(s, silent).state == State::kStalled;
  });
  const SourceStatus seen = source(aside, silent);
  ASSERT_TRUE(aside.error && seen.stall);
  EXPECT_GE(seen.stall->silent_ms, 1000U);
  EXPECT_GT(seen.stall->again_ms, 0U);
  EXPECT_NE(seen.why.find("asked again in"), std::string::npos) << seen.why;
  EXPECT_EQ(aside.error->code, Errc::kTimeout);
  EXPECT_EQ(aside.state, DownloadState::kFetching);
  EXPECT_EQ(aside.sources, 1U) << "its stream is let go";
  // Still silent, it is dialled, and set aside once more.
  watcher.wait([&](const DownloadStatus& s) { return source(s, silent).state == State::kUp; });
  watcher.wait([&](const DownloadStatus& s) { return source(s, silent).state == State::kStalled; });
  held->let_go();
  const auto back = watcher.wait([&](const DownloadStatus& s) {
    return source(s, silent).state == State::kUp && source(s, silent).bytes > seen.bytes;
  });
  EXPECT_FALSE(source(back, silent).stall);
  const auto end = watcher.end();
  expect_done(end);
  EXPECT_GT(source(end, silent).bytes, source(end, slow).bytes) << "it is the fast one";
}

TEST_F(StalledSource, ThatIsTheOnlyOneIsWaitedForAndShownAsSuch) {
  Server silent(pool);
  const auto held = share_at(silent, 3'000'000);
  Watcher watcher;
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks(), hurry);
  const auto id = manager.start(request(tree.id, {silent.info()})).value();
  DownloadStatus status;
  while (status.from.empty() || status.from[0].state != State::kStalled) {
    status = manager.status(id).value();
    std::this_thread::yield();
  }
  ASSERT_TRUE(status.from[0].stall);
  EXPECT_GE(status.from[0].stall->silent_ms, 1000U);
  EXPECT_EQ(status.from[0].stall->again_ms, 0U);
  EXPECT_NE(status.from[0].why.find("waited for"), std::string::npos) << status.from[0].why;
  EXPECT_EQ(status.sources, 1U) << "its stream stays";
  EXPECT_EQ(status.state, DownloadState::kFetching);
  held->let_go();
  const auto end = watcher.end();
  expect_done(end);
  EXPECT_EQ(held->served, bytes.size()) << "nothing is asked twice";
}

TEST_F(StalledSource, ThatHoldsBackForItsRateIsNone) {
  // It says so three times in that time.
  Server paced(pool, {.silence = 600ms, .gate_recheck = 100ms}, nullptr, {}, at_rate(10'000));
  Server slow(pool, {}, nullptr, {}, at_rate(4'000'000));
  share_at(paced);
  share_at(slow);
  Watcher watcher;
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks(), hurry);
  ASSERT_TRUE(manager.start(request(tree.id, {paced.info(), slow.info()})));
  const auto end = watcher.wait([&](const DownloadStatus& s) {
    return s.state >= DownloadState::kDone || source(s, paced).state == State::kStalled;
  });
  expect_done(end);
}

}  // namespace
}  // namespace shoal::transfer
