// SPDX-License-Identifier: Apache-2.0
// Real transfers over loopback, between a service and a download manager.
#include <gtest/gtest.h>

#include "proto/types/limits.h"
#include "proto/types/text.h"
#include "tests/wire/transfer_world.h"

namespace shoal::transfer {
namespace {

TEST_F(Transfer, FilesOfAllEdgeSizesArriveWhole) {
  Server server(pool);
  for (const std::uint64_t size : {0U, 1U, 16383U, 16384U, 16385U, 1048576U, 1048577U, 9000001U}) {
    const std::string bytes = some_bytes(size);
    const auto tree = tree_of(bytes);
    server.share(tree.id, bytes, tree.layer);
    Watcher watcher;
    DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks());
    ASSERT_TRUE(manager.start(request(tree.id, {server.info()})));
    const auto end = watcher.end();
    ASSERT_EQ(end.state, DownloadState::kDone) << size << (end.error ? end.error->why : "");
    EXPECT_EQ(content(end.path), bytes);
    EXPECT_EQ(fs::path(end.path).parent_path(), fs::canonical(folder));
  }
  EXPECT_TRUE(fs::is_empty(folder + "/.part"));
}

TEST_F(Transfer, WhatIsAtHandAndWhatWaitsForTheDiskArriveInTurn) {
  Server server(pool);
  const std::string bytes = some_bytes(40'000'000);
  const auto tree = tree_of(bytes);
  const auto file = server.share(tree.id, bytes, tree.layer);
  // Long runs of either, and quick changes.
  file->at_hand = [](std::uint64_t offset) {
    const std::uint64_t piece = offset >> 20U;
    return piece < 8 || (piece > 16 && piece % 3 != 0);
  };
  Watcher watcher;
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks());
  ASSERT_TRUE(manager.start(request(tree.id, {server.info()})));
  const auto end = watcher.end();
  ASSERT_EQ(end.state, DownloadState::kDone) << (end.error ? end.error->why : "");
  EXPECT_EQ(content(end.path), bytes);
  EXPECT_GT(file->read_at_once, 0U);
  EXPECT_LE(file->read_at_once, 23U << 20U);  // of those that are
}

TEST_F(Transfer, AnEditThatIsSeenAtHandIsToldAsOneOnTheDiskIs) {
  for (const bool at_hand : {true, false}) {
    Server server(pool);
    const std::string bytes = some_bytes(9'000'000);
    const auto tree = tree_of(bytes);
    const auto file = server.share(tree.id, bytes, tree.layer, 5'000'000);
    file->at_hand = [at_hand](std::uint64_t) { return at_hand; };
    Watcher watcher;
    DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks());
    ASSERT_TRUE(manager.start(request(tree.id, {server.info()})));
    const auto seen = watcher.wait([](const DownloadStatus& s) { return s.error.has_value(); });
    EXPECT_EQ(seen.error->code, Errc::kSourceChanged) << at_hand;
    EXPECT_TRUE(nothing_final());
  }
}

// So that whoever deletes it has its room on the disk back.
TEST_F(Transfer, AFileThatIsDoneIsNotHeldOpen) {
  Server server(pool);
  const std::string bytes = some_bytes(3'000'000);
  const auto tree = tree_of(bytes);
  server.share(tree.id, bytes, tree.layer);
  Watcher watcher;
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks());
  ASSERT_TRUE(manager.start(request(tree.id, {server.info()})));
  const auto end = watcher.end();
  ASSERT_EQ(end.state, DownloadState::kDone);
  for (const auto& held : fs::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    EXPECT_NE(fs::read_symlink(held, gone), end.path);
  }
}

TEST_F(Transfer, ALiarIsSetAsideAndAnHonestSourceFinishes) {
  Server liar(pool);
  Server honest(pool);
  const std::string bytes = some_bytes(5'000'000);
  const auto tree = tree_of(bytes);
  std::string wrong = bytes;
  wrong[2'500'000] = static_cast<char>(wrong[2'500'000] ^ 1);
  liar.share(tree.id, wrong, tree.layer);
  honest.share(tree.id, bytes, tree.layer);
  Watcher watcher;
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks());
  const auto id = manager.start(request(tree.id, {liar.info()}));
  ASSERT_TRUE(id);
  const auto seen = watcher.wait([](const DownloadStatus& s) { return s.error.has_value(); });
  EXPECT_EQ(seen.error->code, Errc::kIntegrity);
  EXPECT_TRUE(nothing_final());
  // The same content again joins the running download and brings a source.
  EXPECT_EQ(manager.start(request(tree.id, {honest.info()})).value(), *id);
  const auto end = watcher.end();
  ASSERT_EQ(end.state, DownloadState::kDone);
  EXPECT_EQ(content(end.path), bytes);
}

TEST_F(Transfer, ALengthThatLiesIsSeenInTheManifest) {
  Server server(pool);
  const std::string bytes = some_bytes(5'000'000);
  const auto tree = tree_of(bytes);
  const ContentId lie{tree.id.root, 4'000'000};
  server.share(lie, bytes, std::vector(tree.layer.begin(), tree.layer.begin() + 4));
  Watcher watcher;
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks());
  ASSERT_TRUE(manager.start(request(lie, {server.info()})));
  const auto seen = watcher.wait([](const DownloadStatus& s) { return s.error.has_value(); });
  EXPECT_EQ(seen.error->code, Errc::kIntegrity);
  EXPECT_EQ(seen.bytes_done, 0U);
  stop(manager);
}

// As many pieces, so the manifest fits: the last piece does not.
TEST_F(Transfer, ALengthThatLiesWithinTheLastPieceNeverGetsAName) {
  Server server(pool);
  const std::string bytes = some_bytes(5'000'000);
  const auto tree = tree_of(bytes);
  const ContentId lie{tree.id.root, 4'999'000};
  ASSERT_EQ(Layout(lie.length).pieces, tree.layer.size());
  server.share(lie, bytes, tree.layer);
  Watcher watcher;
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks());
  ASSERT_TRUE(manager.start(request(lie, {server.info()})));
  const auto seen = watcher.wait([](const DownloadStatus& s) { return s.error.has_value(); });
  EXPECT_EQ(seen.error->code, Errc::kIntegrity);
  EXPECT_LE(seen.bytes_done, 4U << 20U);
  stop(manager);
  EXPECT_TRUE(nothing_final());
}

TEST_F(Transfer, AStoppedDownloadGoesOnWithoutFetchingAgainWhatItHas) {
  Server server(pool);
  const std::string bytes = some_bytes(12'000'000);
  const auto tree = tree_of(bytes);
  server.share(tree.id, bytes, tree.layer, 6'000'000);  // edited from there on: stops half way
  {
    Watcher watcher;
    DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks());
    ASSERT_TRUE(manager.start(request(tree.id, {server.info()})));
    const auto seen = watcher.wait(
        [](const DownloadStatus& s) { return s.error.has_value() && s.bytes_done > 0; });
    EXPECT_EQ(seen.error->code, Errc::kSourceChanged);
    stop(manager);
  }
  const auto again = server.share(tree.id, bytes, tree.layer);
  Watcher watcher;
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks());
  ASSERT_EQ(manager.resume(folder), 1U);
  const auto end = watcher.end();
  ASSERT_EQ(end.state, DownloadState::kDone);
  EXPECT_EQ(content(end.path), bytes);
  EXPECT_GT(end.bytes_found, 0U);
  EXPECT_EQ(again->served, bytes.size() - end.bytes_found);
}

TEST_F(Transfer, WithoutACleanStopWhatTheJournalClaimsIsReadBackFirst) {
  Server server(pool);
  const std::string bytes = some_bytes(12'000'000);
  const auto tree = tree_of(bytes);
  server.share(tree.id, bytes, tree.layer, 6'000'000);
  constexpr std::uint64_t kPiece = 1 << 20;  // one will be spoiled
  {
    Watcher watcher;
    DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks());
    ASSERT_TRUE(manager.start(request(tree.id, {server.info()})));
    watcher.wait(
        [](const DownloadStatus& s) { return s.error.has_value() && s.bytes_done > kPiece; });
    stop(manager);
  }
  // As a crash leaves it: no mark of a clean stop, and a block that never reached the disk.
  const std::string stem = folder + "/.part/" + to_text(tree.id);
  fs::resize_file(stem + ".journal", fs::file_size(stem + ".journal") - 17);
  {
    std::fstream part(stem + ".part", std::ios::in | std::ios::out | std::ios::binary);
    part.write(std::string(4096, '\0').data(), 4096);
  }
  const auto again = server.share(tree.id, bytes, tree.layer);
  Watcher watcher;
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks());
  ASSERT_EQ(manager.resume(folder), 1U);
  const auto end = watcher.end();
  ASSERT_EQ(end.state, DownloadState::kDone);
  EXPECT_EQ(again->served, bytes.size() - end.bytes_found);  // the spoiled piece too
  EXPECT_GT(end.bytes_found, 0U);
  EXPECT_EQ(content(end.path), bytes);
}

TEST_F(Transfer, WhoMayNotFetchIsRefusedInWords) {
  Server server(pool);
  server.admits = false;
  const auto tree = tree_of("secret");
  server.share(tree.id, "secret", tree.layer);
  Watcher watcher;
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks());
  const auto id = manager.start(request(tree.id, {server.info()}));
  ASSERT_TRUE(id);
  const auto seen = watcher.wait([](const DownloadStatus& s) { return s.error.has_value(); });
  EXPECT_EQ(seen.error->code, Errc::kDenied);
  ASSERT_TRUE(manager.cancel(*id));
  EXPECT_EQ(watcher.end().state, DownloadState::kCancelled);
  EXPECT_TRUE(fs::is_empty(folder + "/.part"));
}

TEST_F(Transfer, WhoeverHasItIsLookedForAtOnceAndThenWithPauses) {
  std::atomic<int> asked = 0;
  std::promise<void> again;
  Watcher watcher;
  auto hooks = watcher.hooks();
  hooks.find_sources = [&](const ContentId&, auto found) {
    if (++asked == 2) again.set_value();
    found({}, "");  // nobody, and at once
  };
  DownloadManager manager(pool.get_executor(), pool.get_executor(), hooks);
  const auto began = std::chrono::steady_clock::now();
  ASSERT_TRUE(manager.start(request(tree_of("nobody has it").id, {})));
  again.get_future().wait();
  const auto passed = std::chrono::steady_clock::now() - began;
  EXPECT_GE(passed, limits::kSeekPauseMin);
  EXPECT_EQ(asked, 2);
  stop(manager);
}

TEST_F(Transfer, ALinkInTheWayIsNotFollowed) {
  Server server(pool);
  const auto tree = tree_of("hello");
  server.share(tree.id, "hello", tree.layer);
  fs::create_directory(folder + "/elsewhere");
  fs::create_directory_symlink(folder + "/elsewhere", folder + "/.part");
  Watcher watcher;
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks());
  const auto started = manager.start(request(tree.id, {server.info()}));
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Errc::kDenied);
  EXPECT_TRUE(fs::is_empty(folder + "/elsewhere"));
}

}  // namespace
}  // namespace shoal::transfer
