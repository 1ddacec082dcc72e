// SPDX-License-Identifier: Apache-2.0
// Downloads whose disk is small, and whose part file others lay hands on.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <thread>

#include "tests/wire/faults.h"
#include "transfer/host/disk/part_file.h"

namespace shoal::transfer {
namespace {

using namespace std::chrono_literals;

TEST_F(Faults, WhatSomebodyElseWroteIntoThePartFileNeverGetsTheName) {
  Server server(pool);
  share_at(server);
  file->holds_at = 6'000'000;
  Watcher watcher;
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks());
  ASSERT_TRUE(start(manager, {server.info()}));
  watcher.wait([](const DownloadStatus& s) { return s.bytes_done >= 4'000'000; });
  const std::string part = folder + "/.part/" + part_name(tree.id);
  std::fstream(part, std::ios::in | std::ios::out) << std::string(6'000'000, '0');
  file->let_go();
  expect_done(watcher);
  EXPECT_GT(file->served, bytes.size());
}

TEST_F(Faults, AProgramThatWritesToThePartFileAgainAndAgainEndsTheDownloadInWords) {
  Server server(pool);
  share_at(server);
  file->holds_at = 6'000'000;
  Watcher watcher;
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks());
  ASSERT_TRUE(start(manager, {server.info()}));
  watcher.wait([](const DownloadStatus& s) { return s.bytes_done >= 4'000'000; });
  const std::string part = folder + "/.part/" + part_name(tree.id);
  std::atomic<bool> writes = true;
  std::thread writer([&] {
    while (writes) std::fstream(part, std::ios::in | std::ios::out) << "0";
  });
  file->let_go();
  const DownloadStatus end = watcher.end();
  writes = false;
  writer.join();
  EXPECT_EQ(end.state, DownloadState::kFailed);
  ASSERT_TRUE(end.error);
  EXPECT_NE(end.error->why.find("another program writes to"), std::string::npos) << end.error->why;
  EXPECT_TRUE(nothing_final());
}

TEST_F(Faults, TwoProcessesNeverShareOnePartFile) {
  Server server(pool);
  share_at(server);
  file->holds_at = 6'000'000;
  Watcher first;
  DownloadManager one(pool.get_executor(), pool.get_executor(), first.hooks());
  ASSERT_TRUE(start(one, {server.info()}));
  first.wait([](const DownloadStatus& s) { return s.bytes_done > 0; });
  Watcher second;
  DownloadManager two(pool.get_executor(), pool.get_executor(), second.hooks());
  ASSERT_TRUE(start(two, {server.info()}));
  const auto end = second.end();
  EXPECT_EQ(end.state, DownloadState::kFailed);
  ASSERT_TRUE(end.error);
  EXPECT_EQ(end.error->code, Errc::kConflict);
  stop(one);
  file->let_go();
  Watcher third;
  DownloadManager now_alone(pool.get_executor(), pool.get_executor(), third.hooks());
  ASSERT_TRUE(start(now_alone, {server.info()}));
  expect_done(third);
}

// Writes behind `bytes` of a file fail as on a full disk, for as long as this lives.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    EXPECT_EQ(getrlimit(RLIMIT_FSIZE, &before_), 0);
    const rlimit tight{bytes, before_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  }
  ~SmallDisk() { EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &before_), 0); }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

 private:
  rlimit before_{};
};

TEST_F(Faults, ADiskThatFillsIsSaidInWordsAndGoesOnByItself) {
  Server server(pool);
  share_at(server);
  Watcher watcher;
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks());
  auto full = std::make_optional<SmallDisk>(2'000'000);
  ASSERT_TRUE(start(manager, {server.info()}));
  const auto seen =
      watcher.wait([](const DownloadStatus& s) { return s.state == DownloadState::kPaused; });
  ASSERT_TRUE(seen.error);
  EXPECT_EQ(seen.error->code, Errc::kNoSpace);
  EXPECT_NE(seen.error->next.find("by itself"), std::string::npos);
  EXPECT_TRUE(nothing_final());
  full.reset();
  expect_done(watcher);
  EXPECT_EQ(file->served, bytes.size());  // nothing was fetched twice
}

TEST_F(Faults, ADownloadThatWaitsForRoomStopsAtOnceAndGoesOnInTheNextProcess) {
  Server server(pool);
  share_at(server);
  {
    const SmallDisk full(2'000'000);
    Watcher watcher;
    DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks());
    ASSERT_TRUE(start(manager, {server.info()}));
    watcher.wait([](const DownloadStatus& s) { return s.state == DownloadState::kPaused; });
    stop(manager);
    EXPECT_EQ(watcher.end().state, DownloadState::kStopped);
  }
  Watcher watcher;
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks());
  ASSERT_EQ(manager.resume(folder), 1U);
  expect_done(watcher);
}

TEST_F(Faults, WhatCannotFitIsRefusedAtTheStart) {
  const auto free = fs::space(folder).available;
  ContentId large = tree.id;
  large.length = std::min(free + (std::uint64_t{1} << 30), limits::kFileBytesMax);
  Watcher watcher;
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks());
  const auto started = manager.start(request(large, {}));
  if (large.length < free) return;  // a disk on which everything fits
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Errc::kNoSpace);
  EXPECT_TRUE(manager.list().empty());
}

}  // namespace
}  // namespace shoal::transfer
