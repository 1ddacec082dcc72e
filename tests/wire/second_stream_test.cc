// SPDX-License-Identifier: Apache-2.0
// A download that dials its one source a second time: faster while nobody minds, and one source to
// everybody who looks.
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "proto/types/limits_transfer.h"
#include "tests/wire/proxy.h"
#include "tests/wire/taker.h"

namespace shoal::transfer {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMiB = 1U << 20U;
/// Behind what a second stream waits for, and far from the end.
constexpr std::uint64_t kHold = 2 * limits::kTwinAfter;

const std::string& bytes() {
  static const std::string all = some_bytes(128 * kMiB);
  return all;
}
const FileTree& tree() {
  static const FileTree made = tree_of(bytes());
  return made;
}

/// A peer of an earlier version: it knows no spare streams, and lets everybody wait.
class LetsWait final : public ::shoal::v1::TransferService::Service {
 public:
  LetsWait() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~LetsWait() override { server_->Shutdown(std::chrono::system_clock::now() + 5s); }
  grpc::Status Fetch(grpc::ServerContext*,
                     grpc::ServerReaderWriter<::shoal::v1::FetchResponse,
                                              ::shoal::v1::FetchRequest>* stream) override {
    ::shoal::v1::FetchRequest request;
    ::shoal::v1::FetchResponse response;
    response.mutable_queued()->set_position(1);
    if (stream->Read(&request)) stream->Write(response);
    while (stream->Read(&request)) {
    }
    ++left;
    return grpc::Status::OK;
  }
  [[nodiscard]] std::string endpoint() const { return "127.0.0.1:" + std::to_string(port_); }
  std::atomic<unsigned> left = 0;  ///< streams that were given up

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

class SecondStream : public Transfer {
 protected:
  std::shared_ptr<MemoryFile> share_at(Server& server, const std::string& what = bytes()) {
    return server.share(tree().id, what, tree().layer);
  }
  /// Any source is fast enough. The n-th connection is made to the n-th of `ways`, later ones to
  /// the last; none of these: to where it should.
  DownloadHooks hooks(std::vector<std::string> ways = {}) {
    DownloadHooks out = watcher.hooks();
    out.twin_rate = 0;
    out.connect = [this, ways](const std::string& endpoint, const PeerId&, const std::string&) {
      const std::size_t call = dialled++;
      grpc::ChannelArguments own;  // a connection
      own.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
      return grpc::CreateCustomChannel(
          ways.empty() ? endpoint : ways[std::min(call, ways.size() - 1)],
          grpc::InsecureChannelCredentials(), own);
    };
    out.on_change = [this, tell = out.on_change](const DownloadStatus& status) {
      rows = std::max(rows.load(), status.from.size());
      sources = std::max(sources.load(), status.sources);
      tell(status);
    };
    return out;
  }
  template <class F>
  static void until(F happened) {
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (!happened() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    ASSERT_TRUE(happened());
  }
  DownloadStatus expect_done() {
    const auto end = watcher.end();
    EXPECT_EQ(end.state, DownloadState::kDone) << (end.error ? end.error->why : "");
    EXPECT_EQ(tree_of(content(end.path)).id, tree().id);
    return end;
  }
  Watcher watcher;
  std::atomic<std::size_t> dialled = 0;
  std::atomic<std::size_t> rows = 0;                                ///< the most that a status had
  std::atomic<std::uint32_t> sources = 0;                           ///< as well
  TransferTimes calm{.seek_pause_min = 1h, .widen_pause_min = 1h};  ///< nobody is dialled anew
};

TEST_F(SecondStream, ALargeFileComesOverTwoAndIsShownAsFromOneSource) {
  Server server(pool);
  const auto file = share_at(server);
  file->holds_at = kHold;
  DownloadManager manager(pool.get_executor(), pool.get_executor(), hooks(), calm);
  const auto id = manager.start(request(tree().id, {server.info()}));
  ASSERT_TRUE(id);
  until([&] { return server.service.counts().streams == 2; });
  EXPECT_EQ(manager.details(*id)->maps.size(), 1U);
  // Told again by a search it is no other source.
  manager.add_sources(*id, {server.info()}, "");
  file->let_go();
  const auto end = expect_done();
  EXPECT_EQ(dialled, 2U);
  EXPECT_EQ(rows, 1U);
  EXPECT_EQ(sources, 1U);
  EXPECT_EQ(end.from.at(0).bytes, bytes().size() + end.bytes_wasted);
  EXPECT_LE(end.bytes_wasted, limits::kTwinAfter) << "no more than the end may cost";
}

TEST_F(SecondStream, OfASmallFileOrASlowSourceIsNotDialled) {
  Server server(pool);
  const std::string little = some_bytes(24 * kMiB);
  const FileTree its = tree_of(little);
  server.share(its.id, little, its.layer);
  share_at(server);
  auto usual = hooks();
  {
    DownloadManager manager(pool.get_executor(), pool.get_executor(), usual, calm);
    ASSERT_TRUE(manager.start(request(its.id, {server.info()})));
    EXPECT_EQ(watcher.end().state, DownloadState::kDone);
  }
  EXPECT_EQ(dialled, 1U);
  usual.twin_rate = ~std::uint64_t{0};
  DownloadManager manager(pool.get_executor(), pool.get_executor(), usual, calm);
  ASSERT_TRUE(manager.start(request(tree().id, {server.info()})));
  watcher.wait([](const DownloadStatus& s) {
    return s.state == DownloadState::kDone && s.content == tree().id;
  });
  EXPECT_EQ(dialled, 2U);
}

TEST_F(SecondStream, ThatIsRefusedIsGivenUpAndTheFirstGoesOn) {
  Server server(pool, {}, nullptr, {.all = 1});
  const auto file = share_at(server);
  file->holds_at = kHold;
  DownloadManager manager(pool.get_executor(), pool.get_executor(), hooks(), calm);
  ASSERT_TRUE(manager.start(request(tree().id, {server.info()})));
  until([&] { return dialled == 2; });
  file->let_go();
  const auto end = expect_done();
  EXPECT_EQ(dialled, 2U) << "once in an hour";
  EXPECT_EQ(server.service.counts().streams, 1U);
  EXPECT_EQ(server.service.counts().waiting, 0U);
  EXPECT_EQ(end.bytes_wasted, 0U);
  EXPECT_EQ(file->served, bytes().size());
  EXPECT_EQ(rows, 1U);
}

TEST_F(SecondStream, ThatIsRefusedIsTriedAgainAfterGrowingPauses) {
  Server server(pool, {}, nullptr, {.all = 1});
  const auto file = share_at(server);
  file->holds_at = kHold;
  calm.seek_pause_min = 50ms;
  calm.seek_pause_max = 1h;
  DownloadManager manager(pool.get_executor(), pool.get_executor(), hooks(), calm);
  const auto began = std::chrono::steady_clock::now();
  ASSERT_TRUE(manager.start(request(tree().id, {server.info()})));
  until([&] { return dialled == 2; });
  file->let_go();
  expect_done();
  // 50, 100, 200 ms and so on fit into the time that it took.
  const auto took = std::chrono::steady_clock::now() - began;
  EXPECT_LE((1U << (dialled - 2)) - 1, took / 50ms);
}

TEST_F(SecondStream, ThatWouldWaitIsGivenUpAndTheFirstGoesOn) {
  Server server(pool);
  const auto file = share_at(server);
  file->holds_at = kHold;
  LetsWait older;
  DownloadManager manager(pool.get_executor(), pool.get_executor(),
                          hooks({server.info().endpoints[0], older.endpoint()}), calm);
  ASSERT_TRUE(manager.start(request(tree().id, {server.info()})));
  until([&] { return older.left == 1; });
  file->let_go();
  const auto end = expect_done();
  EXPECT_EQ(dialled, 2U);
  EXPECT_EQ(end.bytes_wasted, 0U);
  EXPECT_EQ(file->served, bytes().size());
}

TEST_F(SecondStream, GivesItsSlotToWhoeverWaits) {
  Server server(pool, {.gate_recheck = 20ms}, nullptr, {.all = 2, .turn_bytes = 1ULL << 40U});
  const auto file = share_at(server);
  file->holds_at = kHold;
  DownloadManager manager(pool.get_executor(), pool.get_executor(), hooks(), calm);
  ASSERT_TRUE(manager.start(request(tree().id, {server.info()})));
  until([&] { return server.service.counts().streams == 2; });
  Taker other(server, "other", tree().id);
  file->let_go(2 * kHold);  // it does not end before
  ASSERT_TRUE(other.served());
  file->let_go();
  other.ask(0);
  auto heard = other.hear();
  while (heard.has_given()) heard = other.hear();
  EXPECT_TRUE(heard.has_chunk());
  expect_done();
  EXPECT_EQ(dialled, 2U);
  EXPECT_EQ(rows, 1U);
}

TEST_F(SecondStream, OfAPeerThatAsksForItWaitsForNobodyAndNobodyForIt) {
  Server server(pool, {}, nullptr, {.all = 2});
  share_at(server);
  Taker first(server, "a", tree().id);
  ASSERT_TRUE(first.served());
  Taker second(server, "a");
  second.want(tree().id, true);
  ASSERT_TRUE(second.served());
  Taker third(server, "a");
  third.want(tree().id, true);
  EXPECT_EQ(third.end().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  // Nothing is open on it, so it ends at once.
  Taker other(server, "b", tree().id);
  EXPECT_TRUE(other.served());
  EXPECT_EQ(second.place(), 0);
  second.want(tree().id, true);
  EXPECT_EQ(second.end().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

/// Which of two connections is cut.
class Cut : public SecondStream, public testing::WithParamInterface<int> {};
INSTANTIATE_TEST_SUITE_P(SecondStream, Cut, testing::Values(0, 1),
                         [](const auto& which) { return which.param == 0 ? "First" : "Second"; });

TEST_P(Cut, InTheMiddleLosesNothingAndTheOtherGoesOn) {
  Server server(pool);
  const auto file = share_at(server);
  file->holds_at = kHold;
  tests::Proxy first(pool.get_executor(), server.info().endpoints[0]);
  tests::Proxy second(pool.get_executor(), server.info().endpoints[0]);
  DownloadManager manager(pool.get_executor(), pool.get_executor(),
                          hooks({first.endpoint(), second.endpoint()}), calm);
  const auto id = manager.start(request(tree().id, {server.info()}));
  ASSERT_TRUE(id);
  until([&] { return server.service.counts().streams == 2; });
  // What the second was asked for as well: of the held pieces its reader waits for one.
  watcher.wait([](const DownloadStatus& s) { return s.bytes_done >= kHold - 2 * kMiB; });
  (GetParam() == 0 ? first : second).cut();
  file->let_go();
  const auto end = expect_done();
  EXPECT_EQ(dialled, 2U);
  EXPECT_EQ(rows, 1U);
  EXPECT_EQ(end.from.at(0).bytes, bytes().size() + end.bytes_wasted);
  EXPECT_LE(end.bytes_wasted, 2 * kMiB) << "what had come of one piece";
  EXPECT_NE(end.state, DownloadState::kSeeking);
}

TEST_F(SecondStream, ThatLiesCostsItsPeerBothAndLessThanThreePieces) {
  Server honest(pool);
  const auto held = share_at(honest);
  held->holds_at = kHold;
  Server liar(pool);
  std::string wrong = bytes();
  for (std::size_t at = 0; at < wrong.size(); at += 4096) wrong[at] = static_cast<char>(~wrong[at]);
  share_at(liar, wrong);
  Server other(pool);
  share_at(other);
  watcher.find_sources = [&](const ContentId&, auto found) { found({other.info()}, ""); };
  calm.seek_pause_min = 20ms;
  DownloadManager manager(
      pool.get_executor(), pool.get_executor(),
      hooks({honest.info().endpoints[0], liar.info().endpoints[0], other.info().endpoints[0]}),
      calm);
  ASSERT_TRUE(manager.start(request(tree().id, {honest.info()})));
  const auto seen = watcher.wait([](const DownloadStatus& s) { return s.error.has_value(); });
  EXPECT_EQ(seen.error->code, Errc::kIntegrity);
  const auto end = expect_done();
  ASSERT_EQ(end.from.size(), 2U);
  const auto aside = std::ranges::find(end.from, honest.info().peer, &SourceStatus::peer);
  ASSERT_NE(aside, end.from.end());
  EXPECT_EQ(aside->state, SourceStatus::State::kSetAside);
  EXPECT_EQ(sources, 1U) << "the other one came when both were gone";
  EXPECT_LE(held->served, kHold + 4 * kMiB) << "nothing more is asked of it";
  EXPECT_LT(end.bytes_wasted, 3 * kMiB);
}

TEST_F(SecondStream, OfALiarIsNotDialled) {
  Server liar(pool);
  std::string wrong = bytes();
  for (std::size_t at = 0; at < wrong.size(); at += 4096) wrong[at] = static_cast<char>(~wrong[at]);
  share_at(liar, wrong);
  DownloadManager manager(pool.get_executor(), pool.get_executor(), hooks(), calm);
  ASSERT_TRUE(manager.start(request(tree().id, {liar.info()})));
  const auto seen = watcher.wait([](const DownloadStatus& s) { return s.error && s.sources == 0; });
  EXPECT_EQ(seen.from.at(0).state, SourceStatus::State::kSetAside);
  EXPECT_EQ(dialled, 1U);
}

}  // namespace
}  // namespace shoal::transfer
