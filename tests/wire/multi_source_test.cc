// SPDX-License-Identifier: Apache-2.0
// Several real sources at once: those that lie, vanish and are still fetching themselves.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/wire/transfer_world.h"

namespace shoal::transfer {
namespace {

using namespace std::chrono_literals;

/// What a manager is fetching, to be served.
struct Running final : FileSource {
  explicit Running(const DownloadManager& from) : manager(from) {}
  Result<std::shared_ptr<ServedFile>> open_file(const ContentId& id) override {
    return manager.open_running(id);
  }
  const DownloadManager& manager;
};

/// A peer that fetches into a folder of its own and gives away what it has.
struct Middle {
  Middle(boost::asio::thread_pool& pool, const std::string& folder_, TransferTimes times)
      : folder(folder_),
        manager(pool.get_executor(), pool.get_executor(), watcher.hooks(), times),
        files(manager),
        server(pool, {}, &files) {
    fs::create_directories(folder);
  }
  std::string folder;
  Watcher watcher;
  DownloadManager manager;
  Running files;
  Server server;
};

class MultiSource : public Transfer {
 protected:
  std::shared_ptr<MemoryFile> share_at(Server& server) {
    return server.share(tree.id, bytes, tree.layer);
  }
  DownloadRequest into(const std::string& place, std::vector<SourceInfo> sources) {
    return {tree.id, "file.bin", place, std::move(sources), ""};
  }
  void expect_done(Watcher& watcher) {
    const auto end = watcher.end();
    ASSERT_EQ(end.state, DownloadState::kDone) << (end.error ? end.error->why : "");
    EXPECT_TRUE(content(end.path) == bytes);
  }
  static const SourceStatus* source(const DownloadStatus& status, const SourceInfo& info) {
    const auto found = std::ranges::find(status.from, info.peer, &SourceStatus::peer);
    return found == status.from.end() ? nullptr : &*found;
  }
  const std::string bytes = some_bytes(24'000'000);  // 23 pieces
  const FileTree tree = tree_of(bytes);
  TransferTimes hurry{.seek_pause_min = 20ms, .seek_pause_max = 40ms, .widen_pause_min = 50ms};
};

TEST_F(MultiSource, WhoFetchesFromAPeerThatIsStillFetchingGetsAllFromThere) {
  Server first(pool);
  const auto file = share_at(first);
  file->holds_at = 12'000'000;
  Middle middle(pool, folder + "/b", hurry);
  Middle last(pool, folder + "/c", hurry);
  ASSERT_TRUE(middle.manager.start(into(middle.folder, {first.info()})));
  middle.watcher.wait([](const DownloadStatus& s) { return s.bytes_done >= 8'000'000; });
  ASSERT_TRUE(last.manager.start(into(last.folder, {middle.server.info()})));
  // All that B has comes to C while B waits for more.
  const auto half =
      last.watcher.wait([](const DownloadStatus& s) { return s.bytes_done >= 8'000'000; });
  EXPECT_LT(half.bytes_done, 12'000'000U);
  EXPECT_LT(half.state, DownloadState::kDone);
  const auto details = last.manager.details(half.id);
  ASSERT_TRUE(details);
  ASSERT_EQ(details->maps.size(), 1U);
  ASSERT_TRUE(details->maps[0]) << "B is known to lack pieces";
  EXPECT_LT(details->maps[0]->count(), 23U);
  EXPECT_EQ(details->status.from[0].pieces, details->maps[0]->count());
  file->let_go();
  expect_done(middle.watcher);
  expect_done(last.watcher);
  EXPECT_EQ(file->served, bytes.size()) << "C took nothing from A";
  EXPECT_EQ(last.manager.status(half.id)->bytes_wasted, 0U);
}

TEST_F(MultiSource, AChainThatBeginsWithNothingComesAliveByItself) {
  Server first(pool);
  const auto file = share_at(first);
  file->holds_at = 0;  // not even the first piece
  Middle middle(pool, folder + "/b", hurry);
  Middle last(pool, folder + "/c", hurry);
  ASSERT_TRUE(middle.manager.start(into(middle.folder, {first.info()})));
  middle.watcher.wait([](const DownloadStatus& s) { return s.sources == 1; });
  while (!middle.manager.open_running(tree.id)) std::this_thread::yield();
  ASSERT_TRUE(last.manager.start(into(last.folder, {middle.server.info()})));
  const auto empty = last.watcher.wait([](const DownloadStatus& s) { return s.sources == 1; });
  EXPECT_EQ(empty.bytes_done, 0U);
  file->let_go();
  expect_done(middle.watcher);
  expect_done(last.watcher);
}

TEST_F(MultiSource, OneOfFourThatLiesFromTheStartWastesLessThanThreePieces) {
  std::vector<std::unique_ptr<Server>> servers;
  std::vector<SourceInfo> infos;
  for (int i = 0; i < 4; ++i) {
    servers.push_back(std::make_unique<Server>(pool));
    infos.push_back(servers.back()->info());
  }
  std::string wrong = bytes;
  for (std::size_t at = 0; at < wrong.size(); at += 4096) wrong[at] = static_cast<char>(~wrong[at]);
  const auto liar = servers[2]->share(tree.id, wrong, tree.layer);
  // The honest ones wait until it is found out: they could be done before it has sent a piece.
  std::vector<std::shared_ptr<MemoryFile>> files;
  for (const int honest : {0, 1, 3}) {
    files.push_back(share_at(*servers[static_cast<std::size_t>(honest)]));
    files.back()->holds_at = 0;
  }
  Watcher watcher;
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks(), hurry);
  const auto id = manager.start(into(folder, infos));
  ASSERT_TRUE(id);
  watcher.wait([](const DownloadStatus& s) { return s.error.has_value(); });
  for (const auto& file : files) file->let_go();
  expect_done(watcher);
  const auto end = manager.status(*id).value();
  EXPECT_LE(liar->served, 2U << 20U) << "it was asked for two pieces at most";
  const auto* const seen = source(end, infos[2]);
  ASSERT_NE(seen, nullptr);
  EXPECT_EQ(seen->state, SourceStatus::State::kSetAside);
  EXPECT_GT(seen->bytes, 0U);
  EXPECT_LE(seen->bytes, 2U << 20U);
  EXPECT_NE(seen->why.find("wrong hash"), std::string::npos) << seen->why;
  // What each gave adds up to the file and what was wasted.
  std::uint64_t given = 0;
  for (const auto& one : end.from) given += one.bytes;
  EXPECT_EQ(given, bytes.size() + end.bytes_wasted);
}

TEST_F(MultiSource, TwoOfFourThatAreKilledMidwayCostOnlyWhatWasUnderWay) {
  std::vector<std::unique_ptr<Server>> servers;
  std::vector<SourceInfo> infos;
  std::vector<std::shared_ptr<MemoryFile>> files;
  for (int i = 0; i < 4; ++i) {
    servers.push_back(std::make_unique<Server>(pool));
    infos.push_back(servers.back()->info());
    files.push_back(share_at(*servers.back()));
    files.back()->holds_at = 10'000'000;
  }
  Watcher watcher;
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks(), hurry);
  const auto id = manager.start(into(folder, infos));
  ASSERT_TRUE(id);
  watcher.wait([](const DownloadStatus& s) { return s.bytes_done >= 6'000'000 && s.sources == 4; });
  servers[0].reset();
  servers[3].reset();
  watcher.wait([](const DownloadStatus& s) { return s.sources == 2; });
  for (const int left : {1, 2}) files[static_cast<std::size_t>(left)]->let_go();
  expect_done(watcher);
  const auto end = manager.status(*id).value();
  EXPECT_EQ(end.bytes_done, bytes.size());
  EXPECT_GE(end.bytes_done + end.bytes_wasted, files[1]->served.load() + files[2]->served.load())
      << "somebody gave it twice";
}

TEST_F(MultiSource, ThePauseOfAUserOutlivesTheProcessAndLosesNoByte) {
  Server server(pool);
  auto file = share_at(server);
  file->holds_at = 9'000'000;
  std::uint64_t number = 0;
  std::uint64_t done = 0;
  {
    Watcher watcher;
    DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks(), hurry);
    manager.remember({[&] {
      DownloadStatus old;
      old.id = 41;
      old.state = DownloadState::kDone;
      return old;
    }()});
    number = manager.start(into(folder, {server.info()})).value();
    EXPECT_EQ(number, 42U);
    watcher.wait([](const DownloadStatus& s) { return s.bytes_done >= 6'000'000; });
    ASSERT_TRUE(manager.pause(number));
    const auto held =
        watcher.wait([](const DownloadStatus& s) { return s.state == DownloadState::kHeld; });
    EXPECT_EQ(held.sources, 0U);
    EXPECT_EQ(to_text(held.state), "paused");
    done = held.bytes_done;
    EXPECT_FALSE(manager.open_running(tree.id)) << "nothing is given away while it is paused";
    EXPECT_TRUE(manager.pause(number)) << "once more is no error";
    stop(manager);
  }
  file->let_go();
  file = share_at(server);
  Watcher watcher;
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks(), hurry);
  EXPECT_EQ(manager.resume(folder), 0U) << "it was paused";
  const auto found = manager.details(number);
  ASSERT_TRUE(found) << "under its number";
  EXPECT_EQ(found->status.state, DownloadState::kHeld);
  EXPECT_EQ(found->status.bytes_done, done);
  EXPECT_EQ(found->status.name, "file.bin");
  EXPECT_EQ(file->served, 0U);
  ASSERT_TRUE(manager.go_on(number));
  expect_done(watcher);
  EXPECT_EQ(file->served, bytes.size() - done) << "from the source that the journal names";
  EXPECT_FALSE(manager.go_on(number)) << "it has ended";
  EXPECT_FALSE(manager.pause(number));
}

TEST_F(MultiSource, OneThatFailedInAnEarlierProcessGoesOnUnderItsNumber) {
  Server server(pool);
  share_at(server);
  Watcher watcher;
  watcher.find_sources = [&](const ContentId&, auto found) { found({server.info()}, ""); };
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks(), hurry);
  DownloadStatus failed;
  failed.id = 7;
  failed.content = tree.id;
  failed.name = "file.bin";
  failed.folder = folder;
  failed.state = DownloadState::kFailed;
  DownloadStatus whole;
  whole.id = 8;
  whole.state = DownloadState::kDone;
  manager.remember({failed, whole});
  EXPECT_EQ(manager.list().size(), 2U);
  EXPECT_EQ(manager.go_on(8).error().code, Errc::kConflict);
  EXPECT_EQ(manager.go_on(9).error().code, Errc::kNotFound);
  ASSERT_TRUE(manager.go_on(7));
  expect_done(watcher);
  const auto all = manager.list();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].id, 7U);
  EXPECT_EQ(all[0].state, DownloadState::kDone);
}

TEST_F(MultiSource, ResumedBeforeItHasPausedItGoesOnAndCancelledItIsGone) {
  Server server(pool);
  const auto file = share_at(server);
  file->holds_at = 9'000'000;
  Watcher watcher;
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks(), hurry);
  const auto id = manager.start(into(folder, {server.info()})).value();
  watcher.wait([](const DownloadStatus& s) { return s.bytes_done >= 6'000'000; });
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(manager.pause(id));
    ASSERT_TRUE(manager.go_on(id));
  }
  watcher.wait([](const DownloadStatus& s) {
    return s.state == DownloadState::kFetching && s.sources == 1 && s.bytes_found > 0;
  });
  // Getting it again is as good as resuming.
  ASSERT_TRUE(manager.pause(id));
  watcher.wait([](const DownloadStatus& s) { return s.state == DownloadState::kHeld; });
  EXPECT_EQ(manager.start(into(folder, {server.info()})).value(), id);
  watcher.wait([](const DownloadStatus& s) { return s.sources == 1; });
  ASSERT_TRUE(manager.pause(id));
  watcher.wait([](const DownloadStatus& s) { return s.state == DownloadState::kHeld; });
  ASSERT_TRUE(manager.cancel(id));
  EXPECT_EQ(watcher.end().state, DownloadState::kCancelled);
  EXPECT_TRUE(fs::is_empty(folder + "/.part"));
  EXPECT_EQ(manager.cancel(id).error().code, Errc::kConflict);
  EXPECT_EQ(manager.list().size(), 1U);
}

}  // namespace
}  // namespace shoal::transfer
