// SPDX-License-Identifier: Apache-2.0
// Transfers over loopback whose sources refuse, vanish and fall silent, whose callers lose their
// right, and whose disk is full.
#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>

#include "proto/rpc/status.h"
#include "tests/wire/faults.h"
#include "transfer/host/link/source_link.h"

namespace shoal::transfer {
namespace {

using namespace std::chrono_literals;

TEST_F(Faults, WhenAllSourcesRefuseOthersAreSearchedByContentId) {
  Server refuses(pool);
  Server honest(pool);
  refuses.admits = false;
  share_at(refuses);
  share_at(honest);
  Finder finder({{honest.info()}});
  Watcher watcher;
  watcher.find_sources = finder.hook();
  auto hooks = watcher.hooks();
  std::mutex mutex;
  std::map<std::string, std::string> keys;  // by endpoint
  hooks.connect = [&, plain = hooks.connect](const std::string& endpoint, const PeerId& peer,
                                             const std::string& key) {
    const std::lock_guard lock(mutex);
    keys[endpoint] = key;
    return plain(endpoint, peer, key);
  };
  DownloadManager manager(pool.get_executor(), pool.get_executor(), hooks, hurry);
  ASSERT_TRUE(start(manager, {refuses.info()}));
  expect_done(watcher);
  EXPECT_EQ(finder.asked_for, tree.id);
  EXPECT_GE(finder.asked, 1U);
  // The new search has a key of its own, and only its holders admit it.
  EXPECT_EQ(keys.at(honest.info().endpoints[0]), "key of search 1");
  EXPECT_EQ(keys.at(refuses.info().endpoints[0]), "");
}

TEST_F(Faults, ASourceThatTakesNoMessageStreamsIsAskedByGrpc) {
  Server server(pool);
  share_at(server);
  Watcher watcher;
  auto hooks = watcher.hooks();
  std::atomic<unsigned> dialled = 0;
  hooks.connect = [&](const std::string& endpoint, const PeerId& peer, const std::string&) {
    ++dialled;
    return SourceRoute(grpc::CreateChannel(endpoint, grpc::InsecureChannelCredentials()),
                       DirectRoute{pool.get_executor(), endpoint, rpc::Identity::generate(), peer});
  };
  DownloadManager manager(pool.get_executor(), pool.get_executor(), hooks);
  ASSERT_TRUE(start(manager, {server.info()}));
  expect_done(watcher);
  EXPECT_EQ(dialled, 2U);
  EXPECT_EQ(file->served, bytes.size());
}

TEST_F(Faults, ASourceThatVanishesInTheMiddleIsReplacedByASearch) {
  auto vanishes = std::make_unique<Server>(pool);
  Server other(pool);
  share_at(*vanishes);
  file->holds_at = 6'000'000;
  share_at(other);
  Finder finder({{}, {}});  // at first nobody
  Watcher watcher;
  watcher.find_sources = finder.hook();
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks(), hurry);
  ASSERT_TRUE(start(manager, {vanishes->info()}));
  watcher.wait([](const DownloadStatus& s) { return s.bytes_done > 0; });
  const unsigned before = finder.asked;  // while it was dialled, which may take as long as a pause
  watcher.wait([](const DownloadStatus& s) { return s.bytes_done >= 4'000'000; });
  EXPECT_EQ(finder.asked, before) << "none while it serves";
  finder.finds({other.info()});
  vanishes.reset();
  expect_done(watcher);
  EXPECT_GT(finder.asked, before);
  EXPECT_LE(file->served, bytes.size() - 4'000'000);
}

TEST_F(Faults, ASourceThatEditedItsFileIsAskedAgainOnceASearchFindsTheContentThere) {
  Server server(pool);
  server.share(tree.id, bytes, tree.layer, 6'000'000);
  Finder finder({{}, {}});  // at first nobody
  Watcher watcher;
  watcher.find_sources = finder.hook();
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks(), hurry);
  ASSERT_TRUE(start(manager, {server.info()}));
  const auto seen = watcher.wait([](const DownloadStatus& s) { return s.error.has_value(); });
  EXPECT_EQ(seen.error->code, Errc::kSourceChanged);
  share_at(server);
  finder.finds({server.info()});
  expect_done(watcher);
}

TEST_F(Faults, WithoutASourceASearchComesAtOnceAndAgainUntilSomebodyHasIt) {
  Server honest(pool);
  share_at(honest);
  Finder finder({{}, {}, {honest.info()}});
  Watcher watcher;
  watcher.find_sources = finder.hook();
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks(), hurry);
  ASSERT_TRUE(start(manager, {}));
  expect_done(watcher);
  EXPECT_GE(finder.asked, 3U);
}

TEST_F(Faults, WhoMayNoLongerFetchLosesTheStreamInTheMiddle) {
  Server server(pool, {.gate_recheck = 20ms});
  share_at(server);
  file->holds_at = 6'000'000;
  Watcher watcher;
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks(), hurry);
  ASSERT_TRUE(start(manager, {server.info()}));
  watcher.wait([](const DownloadStatus& s) { return s.bytes_done >= 4'000'000; });
  server.admits = false;
  const auto seen = watcher.wait([](const DownloadStatus& s) { return s.sources == 0; });
  ASSERT_TRUE(seen.error);
  EXPECT_EQ(seen.error->code, Errc::kDenied);
  const auto given = server.service.counts().bytes;
  file->let_go();  // what was read for the stream goes nowhere
  watcher.wait([](const DownloadStatus& s) { return s.state == DownloadState::kSeeking; });
  EXPECT_EQ(server.service.counts().bytes, given);
  server.admits = true;  // friends again
  expect_done(watcher);
}

TEST_F(Faults, ASourceThatFallsSilentIsLeftForAnother) {
  Server silent(pool);
  Server other(pool);
  share_at(silent);
  file->holds_at = 2'000'000;
  share_at(other);
  Finder finder({{}, {}});  // at first nobody
  Watcher watcher;
  watcher.find_sources = finder.hook();
  hurry.silence = 300ms;
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks(), hurry);
  ASSERT_TRUE(start(manager, {silent.info()}));
  const auto seen = watcher.wait([](const DownloadStatus& s) { return s.error.has_value(); });
  EXPECT_EQ(seen.error->code, Errc::kTimeout);
  finder.finds({other.info()});
  expect_done(watcher);
}

TEST_F(Faults, PiecesComeFromAllSourcesAndMoveAwayFromOneThatStopsToAnswer) {
  Server one(pool);
  Server stalls(pool);
  share_at(one);
  const auto first = file;
  first->holds_at = 4'000'000;  // until the other is asked, however late it is dialled
  share_at(stalls);
  file->holds_at = 0;
  Watcher watcher;
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks());
  const auto began = std::chrono::steady_clock::now();
  ASSERT_TRUE(start(manager, {one.info(), stalls.info()}));
  while (!file->held && std::chrono::steady_clock::now() - began < std::chrono::seconds(20)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(file->held);  // it was asked for pieces, too
  first->let_go();
  watcher.wait([](const DownloadStatus& s) { return s.bytes_done >= 9'000'000; });
  expect_done(watcher);
  // What came when its piece had moved to the other already comes again, and is counted.
  EXPECT_EQ(first->served, bytes.size() + watcher.end().bytes_wasted);
  EXPECT_LE(watcher.end().bytes_wasted, 2U << 20U);
  EXPECT_LT(std::chrono::steady_clock::now() - began, limits::kTransferSilence);
}

TEST_F(Faults, WhileItFetchesItLooksForMoreSources) {
  Server stalls(pool);
  Server other(pool);
  share_at(stalls);
  file->holds_at = 6'000'000;
  share_at(other);
  Finder finder({{other.info()}});
  Watcher watcher;
  watcher.find_sources = finder.hook();
  hurry.widen_pause_min = 30ms;
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks(), hurry);
  ASSERT_TRUE(start(manager, {stalls.info()}));
  expect_done(watcher);
  EXPECT_GE(finder.asked, 1U);
  EXPECT_GT(file->served, 0U);
}

TEST_F(Faults, SourcesThatAreAllGoneMakePlaceForOneThatIsFound) {
  Server honest(pool);
  share_at(honest);
  Finder finder({{honest.info()}});
  Watcher watcher;
  watcher.find_sources = finder.hook();
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks(), hurry);
  std::vector<SourceInfo> gone(limits::kSourcesKnown);
  for (std::size_t i = 0; i < gone.size(); ++i) {
    gone[i].peer.bytes[31] = static_cast<std::uint8_t>(i + 1);
    gone[i].endpoints = {"127.0.0.1:1"};  // nobody listens there
  }
  ASSERT_TRUE(start(manager, gone));
  expect_done(watcher);
}

TEST_F(Faults, AServedStreamOnWhichNobodyAsksIsEnded) {
  Server server(pool, {.silence = 50ms});
  share_at(server);
  std::promise<grpc::Status> ended;
  std::atomic<unsigned> messages = 0;
  const auto link = SourceLink::start(
      grpc::CreateChannel(server.info().endpoints[0], grpc::InsecureChannelCredentials()),
      pool.get_executor(),
      {[&](const Parts&) { ++messages; },
       [&](const grpc::Status& status) { ended.set_value(status); }},
      30s);
  ::shoal::v1::FetchRequest hello;
  const auto& root = tree.id.root.bytes;
  hello.mutable_content()->set_root(root.data(), root.size());
  hello.mutable_content()->set_length(tree.id.length);
  link->ask(hello);
  link->next();
  auto end = ended.get_future();
  // The description is read, and then the end of the stream.
  while (messages == 0 && end.wait_for(1ms) == std::future_status::timeout) {
  }
  link->next();
  ASSERT_EQ(end.wait_for(20s), std::future_status::ready);
  EXPECT_EQ(rpc::from_status(end.get(), "fetch").code, Errc::kTimeout);
  EXPECT_EQ(messages, 1U);
}

}  // namespace
}  // namespace shoal::transfer
