// SPDX-License-Identifier: Apache-2.0
// Real transfers over loopback, between a service and a download manager.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>

#include "proto/types/limits.h"
#include "proto/types/rng.h"
#include "proto/types/text.h"
#include "transfer/core/merkle.h"
#include "transfer/host/download_manager.h"
#include "transfer/host/transfer_service.h"

namespace shoal::transfer {
namespace {

namespace fs = std::filesystem;

std::string some_bytes(std::uint64_t length) {
  std::string bytes(length, '\0');
  Rng rng(length);
  for (auto& byte : bytes) byte = static_cast<char>(rng.next());
  return bytes;
}

Bytes view(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

FileTree tree_of(const std::string& bytes) {
  TreeHasher hasher(bytes.size());
  EXPECT_TRUE(hasher.update(view(bytes)));
  return hasher.finish();
}

class MemoryFile final : public ServedFile {
 public:
  MemoryFile(std::string bytes, std::vector<Hash256> layer, std::uint64_t changes_at)
      : bytes_(std::move(bytes)), layer_(std::move(layer)), changes_at_(changes_at) {}
  [[nodiscard]] std::string name() const override { return "served"; }
  [[nodiscard]] const std::vector<Hash256>& layer() const override { return layer_; }
  Result<void> read(std::uint64_t offset, std::span<std::uint8_t> into) override {
    served += into.size();
    if (offset + into.size() > changes_at_) {
      return fail(Errc::kSourceChanged, "cannot serve it", "it was edited since it was shared");
    }
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), into.size(), into.begin());
    return {};
  }
  std::atomic<std::uint64_t> served = 0;

 private:
  std::string bytes_;
  std::vector<Hash256> layer_;
  std::uint64_t changes_at_;
};

struct Files final : FileSource {
  Result<std::shared_ptr<ServedFile>> open_file(const ContentId& id) override {
    const auto found = files.find(id);
    if (found == files.end()) return fail(Errc::kNotFound, "not shared here");
    return std::shared_ptr<ServedFile>(found->second);
  }
  std::map<ContentId, std::shared_ptr<MemoryFile>> files;
};

struct Server {
  explicit Server(boost::asio::thread_pool& pool)
      : service(pool.get_executor(), pool.get_executor(), files,
                {[](const grpc::ServerContextBase&) { return PeerId{}; },
                 [this](const PeerId&) { return admits.load(); }}) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service.service());
    server = builder.BuildAndStart();
  }
  ~Server() {
    service.stop();
    server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(5));
    server->Wait();
  }
  [[nodiscard]] SourceInfo info() const {
    SourceInfo source;
    source.peer.bytes[0] = static_cast<std::uint8_t>(port);
    source.peer.bytes[1] = static_cast<std::uint8_t>(port >> 8);
    source.endpoints = {"127.0.0.1:" + std::to_string(port)};
    return source;
  }
  std::shared_ptr<MemoryFile> share(const ContentId& id, std::string bytes,
                                    std::vector<Hash256> layer,
                                    std::uint64_t changes_at = ~std::uint64_t{0}) {
    return files.files[id] =
               std::make_shared<MemoryFile>(std::move(bytes), std::move(layer), changes_at);
  }
  Files files;
  std::atomic<bool> admits = true;
  TransferService service;
  int port = 0;
  std::unique_ptr<grpc::Server> server;
};

// Waits for a state that `wanted` likes.
class Watcher {
 public:
  DownloadHooks hooks() {
    return {[](const std::string& endpoint, const PeerId&, const std::string&) {
              return grpc::CreateChannel(endpoint, grpc::InsecureChannelCredentials());
            },
            {},
            [this](const DownloadStatus& status) {
              const std::lock_guard lock(mutex_);
              last_ = status;
              changed_.notify_all();
            }};
  }
  template <class F>
  DownloadStatus wait(F wanted) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(30), [&] { return wanted(last_); }))
        << to_text(last_.state) << " " << (last_.error ? last_.error->what + last_.error->why : "");
    return last_;
  }
  DownloadStatus end() {
    return wait([](const DownloadStatus& s) { return s.state >= DownloadState::kDone; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  DownloadStatus last_;
};

class Transfer : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "shoal-xfer-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder = name;
  }
  void TearDown() override {
    pool.join();
    fs::remove_all(folder);
  }
  std::string content(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  DownloadRequest request(const ContentId& id, std::vector<SourceInfo> sources) {
    return {id, "a/../file.bin", folder, std::move(sources), ""};
  }
  // Stops the manager and waits until its files are closed.
  static void stop(DownloadManager& manager) {
    std::promise<void> done;
    manager.stop([&] { done.set_value(); });
    done.get_future().wait();
  }
  bool nothing_final() {
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().filename() != ".part") return false;
    }
    return true;
  }
  std::string folder;
  boost::asio::thread_pool pool{2};
};

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
  {
    Watcher watcher;
    DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks());
    ASSERT_TRUE(manager.start(request(tree.id, {server.info()})));
    watcher.wait([](const DownloadStatus& s) { return s.error.has_value() && s.bytes_done > 0; });
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
  ASSERT_TRUE(manager.start(request(tree.id, {server.info()})));
  const auto end = watcher.end();
  EXPECT_EQ(end.state, DownloadState::kFailed);
  EXPECT_EQ(end.error->code, Errc::kDenied);
  EXPECT_TRUE(fs::is_empty(folder + "/elsewhere"));
}

TEST_F(Transfer, AFullDiskKeepsThePartAndIsSaidInWords) {
  Server server(pool);
  const std::string bytes = some_bytes(4'000'000);
  const auto tree = tree_of(bytes);
  server.share(tree.id, bytes, tree.layer);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit tight{2'000'000, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  Watcher watcher;
  DownloadManager manager(pool.get_executor(), pool.get_executor(), watcher.hooks());
  ASSERT_TRUE(manager.start(request(tree.id, {server.info()})));
  const auto end = watcher.end();
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(end.state, DownloadState::kFailed);
  ASSERT_TRUE(end.error);
  EXPECT_EQ(end.error->code, Errc::kNoSpace);
  EXPECT_TRUE(nothing_final());
  Watcher later;
  DownloadManager next(pool.get_executor(), pool.get_executor(), later.hooks());
  ASSERT_TRUE(next.start(request(tree.id, {server.info()})));
  const auto whole = later.end();
  ASSERT_EQ(whole.state, DownloadState::kDone);
  EXPECT_EQ(content(whole.path), bytes);
}

}  // namespace
}  // namespace shoal::transfer
