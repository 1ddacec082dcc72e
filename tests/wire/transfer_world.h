// SPDX-License-Identifier: Apache-2.0
// A service and a download manager on loopback, with files in memory. Compiled twice: whoever
// watches a download fetches by gRPC, or by message streams (SHOAL_DIRECT).
#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <map>
#include <mutex>

#include "proto/rpc/acceptor.h"
#include "proto/rpc/message_server.h"
#include "proto/types/limits_transfer.h"
#include "proto/types/rng.h"
#include "tests/support/temp_folder.h"
#include "transfer/core/merkle.h"
#include "transfer/host/download/download_manager.h"
#include "transfer/host/serve/transfer_service.h"

namespace shoal::transfer {
namespace fs = std::filesystem;

inline std::string some_bytes(std::uint64_t length) {
  std::string bytes(length, '\0');
  Rng rng(length);
  for (auto& byte : bytes) byte = static_cast<char>(rng.next());
  return bytes;
}

inline Bytes view(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline FileTree tree_of(const std::string& bytes) {
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
    if (offset + into.size() > holds_at) {
      std::unique_lock lock(mutex_);
      held = true;
      let_go_.wait(lock, [&] { return gone_ || offset + into.size() <= holds_at; });
      if (gone_) return fail(Errc::kUnreachable, "cannot serve it", "its server ends");
    }
    served += into.size();
    if (offset + into.size() > changes_at_) {
      return fail(Errc::kSourceChanged, "cannot serve it", "it was edited since it was shared");
    }
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), into.size(), into.begin());
    return {};
  }
  Result<bool> read_now(std::uint64_t offset, std::span<std::uint8_t> into) override {
    if (!at_hand || !at_hand(offset)) return false;
    read_at_once += into.size();
    if (auto got = read(offset, into); !got) return tl::unexpected(got.error());
    return true;
  }
  /// Readers that waited at `holds_at` go on, to the end or to where it is held from now on.
  void let_go(std::uint64_t then_at = ~std::uint64_t{0}) {
    const std::lock_guard lock(mutex_);
    holds_at = then_at;
    let_go_.notify_all();
  }
  /// Readers that wait, or would have to, get nothing: what is held is never served.
  void vanish() {
    const std::lock_guard lock(mutex_);
    gone_ = true;
    let_go_.notify_all();
  }
  std::function<bool(std::uint64_t offset)> at_hand;  ///< none: nothing is
  std::atomic<std::uint64_t> read_at_once = 0;        ///< bytes
  std::atomic<std::uint64_t> served = 0;
  std::atomic<std::uint64_t> holds_at = ~std::uint64_t{0};  ///< bytes behind it wait for let_go()
  std::atomic<bool> held = false;                           ///< somebody waited

 private:
  std::string bytes_;
  std::vector<Hash256> layer_;
  std::uint64_t changes_at_;
  std::mutex mutex_;
  bool gone_ = false;
  std::condition_variable let_go_;
};

struct Files final : FileSource {
  Result<std::shared_ptr<ServedFile>> open_file(const ContentId& id) override {
    const auto found = files.find(id);
    if (found == files.end()) return fail(Errc::kNotFound, "not shared here");
    return std::shared_ptr<ServedFile>(found->second);
  }
  std::map<ContentId, std::shared_ptr<MemoryFile>> files;
};

#ifdef SHOAL_DIRECT
inline constexpr bool kDirect = true;
#else
inline constexpr bool kDirect = false;
#endif

/// Where the servers that live take message streams, by the endpoint of their gRPC side.
class Directs {
 public:
  struct Place {
    std::string endpoint;
    PeerId pinned;
  };
  static Directs& all() {
    static Directs one;
    return one;
  }
  void put(const std::string& grpc, const Place& direct) {
    const std::lock_guard lock(mutex_);
    places_[grpc] = direct;
  }
  void remove(const std::string& grpc) {
    const std::lock_guard lock(mutex_);
    places_.erase(grpc);
  }
  /// All who watch downloads are one peer.
  std::optional<DirectRoute> to(const std::string& grpc) {
    static const rpc::Identity me = rpc::Identity::generate();
    const std::lock_guard lock(mutex_);
    const auto place = places_.find(grpc);
    if (!kDirect || place == places_.end()) return std::nullopt;
    return DirectRoute{pool_.get_executor(), place->second.endpoint, me, place->second.pinned};
  }
  boost::asio::any_io_executor executor() { return pool_.get_executor(); }

 private:
  boost::asio::thread_pool pool_{2};
  std::mutex mutex_;
  std::map<std::string, Place> places_;
};

struct Server {
  /// Serves `files`, or what `others` has.
  explicit Server(boost::asio::thread_pool& pool, TransferTimes times = {},
                  FileSource* others = nullptr, const UploadSlots& slots = {},
                  UploadRates rates = {})
      : service(pool.get_executor(), disk.get_executor(), others != nullptr ? *others : files,
                {[](const grpc::ServerContextBase& context) { return who(context); },
                 [this](const PeerId&) { return admits.load(); }},
                times, slots, std::move(rates)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service.service());
    server = builder.BuildAndStart();
    auto listening =
        rpc::Acceptor::listen(Directs::all().executor(), "127.0.0.1", 0, rpc::Acceptor::Options());
    EXPECT_TRUE(listening);
    acceptor = *listening;
    acceptor->start({[](int fd) { ::close(fd); }, nullptr, [this](int fd) { streams.accept(fd); }});
    Directs::all().put(endpoint(),
                       {"127.0.0.1:" + std::to_string(acceptor->port()), identity.id()});
  }
  [[nodiscard]] std::string endpoint() const { return "127.0.0.1:" + std::to_string(port); }
  /// Whoever the caller says that it is; else all are one.
  static PeerId who(const grpc::ServerContextBase& context) {
    PeerId id;
    const auto said = context.client_metadata().find("who");
    if (said != context.client_metadata().end()) {
      std::copy_n(said->second.begin(), std::min(said->second.size(), id.bytes.size()),
                  id.bytes.begin());
    }
    return id;
  }
  ~Server() {
    for (const auto& [id, file] : files.files) file->vanish();
    Directs::all().remove(endpoint());
    service.stop();
    std::promise<void> closed;
    acceptor->close([&] { closed.set_value(); });
    closed.get_future().wait();
    streams.stop();
    server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(5));
    server->Wait();
    disk.join();
  }
  [[nodiscard]] SourceInfo info() const {
    SourceInfo source;
    source.peer.bytes[0] = static_cast<std::uint8_t>(port);
    source.peer.bytes[1] = static_cast<std::uint8_t>(port >> 8);
    source.endpoints = {endpoint()};
    return source;
  }
  std::shared_ptr<MemoryFile> share(const ContentId& id, std::string bytes,
                                    std::vector<Hash256> layer,
                                    std::uint64_t changes_at = ~std::uint64_t{0}) {
    return files.files[id] =
               std::make_shared<MemoryFile>(std::move(bytes), std::move(layer), changes_at);
  }
  Files files;
  boost::asio::thread_pool disk{16};  ///< its own: a file that holds a reader holds nothing else
  std::atomic<bool> admits = true;
  TransferService service;
  int port = 0;
  std::unique_ptr<grpc::Server> server;
  const rpc::Identity identity = rpc::Identity::generate();
  rpc::PeerBook book{rpc::Accept::kAnyone};
  rpc::MessageServer streams{
      Directs::all().executor(), identity, book, limits::kFetchRequestBytes,
      [this](std::shared_ptr<rpc::MessageStream> stream, const PeerId& peer) {
        service.serve(std::move(stream), peer);
      }};
  std::shared_ptr<rpc::Acceptor> acceptor;
};

// Waits for a state that `wanted` likes, from the last such one on: none is missed, however late
// this thread comes to look.
class Watcher {
 public:
  decltype(DownloadHooks::find_sources) find_sources;
  DownloadHooks hooks() {
    return {[](const std::string& endpoint, const PeerId&, const std::string&) {
              return SourceRoute(grpc::CreateChannel(endpoint, grpc::InsecureChannelCredentials()),
                                 Directs::all().to(endpoint));
            },
            find_sources,
            [told = told_](const DownloadStatus& status) {
              const std::lock_guard lock(told->mutex);
              told->seen.push_back(status);
              told->changed.notify_all();
            }};
  }
  template <class F>
  DownloadStatus wait(F wanted) {
    std::unique_lock lock(told_->mutex);
    std::deque<DownloadStatus>& seen = told_->seen;
    const auto found = [&] {
      while (seen.size() > 1 && !wanted(seen.front())) seen.pop_front();
      return wanted(seen.front());
    };
    EXPECT_TRUE(told_->changed.wait_for(lock, std::chrono::seconds(30), found))
        << to_text(seen.front().state) << " "
        << (seen.front().error ? seen.front().error->what + seen.front().error->why : "");
    return seen.front();
  }
  DownloadStatus end() {
    return wait([](const DownloadStatus& s) { return s.state >= DownloadState::kDone; });
  }

 private:
  struct Told {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<DownloadStatus> seen{1};
  };
  // Outlives this where a test has failed and returned while its download still runs.
  const std::shared_ptr<Told> told_ = std::make_shared<Told>();
};

class Transfer : public testing::Test {
 protected:
  void TearDown() override { pool.join(); }
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
  const tests::TempFolder temporary;
  const std::string folder = temporary.path();
  boost::asio::thread_pool pool{2};
};

}  // namespace shoal::transfer
