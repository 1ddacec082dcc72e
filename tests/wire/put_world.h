// SPDX-License-Identifier: Apache-2.0
// An inbox with its service, whoever puts into it, and givers that say what they want.
#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <thread>

#include "proto/rpc/status.h"
#include "proto/types/text.h"
#include "shoal/v1/inbox.grpc.pb.h"
#include "tests/support/temp_folder.h"
#include "tests/wire/transfer_world.h"
#include "transfer/core/manifest.h"
#include "transfer/host/put/put_manager.h"
#include "transfer/host/put/put_service.h"
#include "transfer/host/serve/upload_desk.h"

namespace shoal::transfer {

/// A receiver on loopback, without TLS. Everybody is one friend.
class Receiver {
 public:
  explicit Receiver(boost::asio::thread_pool& pool, Inbox::Options options,
                    TransferTimes times = {}, int port = 0)
      : inbox(std::move(options)) {
    PutHooks hooks;
    hooks.who = [](const grpc::ServerContextBase&) { return std::optional(PeerId{}); };
    hooks.may_put = [this](const PeerId&) { return friends.load(); };
    hooks.open = [this]() -> Result<void> {
      if (open) return {};
      return fail(Errc::kDenied, "the inbox does not take the file", "this peer takes none");
    };
    hooks.shared = [this](const ContentId&) { return shares.load(); };
    hooks.verified = [this](const std::string& path, const FileTree& tree) {
      const std::lock_guard lock(seen_mutex);
      seen.emplace_back(path, tree);
    };
    hooks.received = [this](const InboxEntry&) {
      ++received;
      return Fate::kWaiting;
    };
    service = std::make_unique<PutService>(pool.get_executor(), disk.get_executor(), inbox,
                                           std::move(hooks), times);
    grpc::ServerBuilder builder;
    builder.SetMaxReceiveMessageSize(limits::kRpcMessageIn);
    builder.AddListeningPort("127.0.0.1:" + std::to_string(port), grpc::InsecureServerCredentials(),
                             &port_);
    builder.RegisterService(&service->service());
    server = builder.BuildAndStart();
    EXPECT_NE(server, nullptr);
  }
  ~Receiver() {
    service->stop();
    server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(5));
    server->Wait();
    disk.join();
  }
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::string endpoint() const { return "127.0.0.1:" + std::to_string(port_); }
  std::shared_ptr<grpc::Channel> channel() const {
    return grpc::CreateChannel(endpoint(), grpc::InsecureChannelCredentials());
  }
  /// The one whole file that waits; its bytes.
  std::string waiting() {
    const auto all = inbox.list();
    EXPECT_EQ(all.size(), 1U);
    if (all.size() != 1 || all[0].path.empty()) return "not one whole file";
    std::ifstream in(all[0].path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  /// Files anywhere in the inbox that are no parts.
  [[nodiscard]] std::size_t final_files() const {
    std::size_t count = 0;
    std::error_code error;
    for (fs::recursive_directory_iterator at(inbox.folder(), error), end; !error && at != end;
         at.increment(error)) {
      if (at->is_regular_file() && at->path().parent_path().filename() != ".part") ++count;
    }
    return count;
  }

  std::atomic<bool> friends = true;
  std::atomic<bool> open = true;
  std::atomic<bool> shares = false;
  std::atomic<int> received = 0;
  std::mutex seen_mutex;
  std::vector<std::pair<std::string, FileTree>> seen;  ///< by the hook that hears of whole files
  boost::asio::thread_pool disk{2};
  Inbox inbox;
  std::unique_ptr<PutService> service;
  std::unique_ptr<grpc::Server> server;

 private:
  int port_ = 0;
};

/// A giver that is told what to say, word by word.
class RawGiver {
 public:
  explicit RawGiver(const Receiver& receiver)
      : stub_(::shoal::v1::InboxService::NewStub(receiver.channel())) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    call_ = stub_->Put(&context_);
  }
  RawGiver& offer(const ContentId& id, const std::string& name) {
    ::shoal::v1::PutRequest request;
    auto& content = *request.mutable_offer()->mutable_content();
    content.set_root(id.root.bytes.data(), id.root.bytes.size());
    content.set_length(id.length);
    request.mutable_offer()->set_name(name);
    return say(request);
  }
  RawGiver& manifest(const std::vector<Hash256>& layer, std::uint32_t first = 0) {
    ::shoal::v1::PutRequest request;
    request.mutable_manifest()->set_first(first);
    request.mutable_manifest()->set_hashes(pack_hashes(layer));
    return say(request);
  }
  RawGiver& chunk(std::uint64_t offset, const std::string& bytes) {
    ::shoal::v1::PutRequest request;
    request.mutable_chunk()->set_offset(offset);
    request.mutable_chunk()->set_data(bytes);
    return say(request);
  }
  /// From `offset` to `end`, in chunks that fit.
  RawGiver& bytes(const std::string& all, std::uint64_t offset, std::uint64_t end) {
    for (; offset < end; offset += 65536) {
      chunk(offset, all.substr(offset, std::min<std::uint64_t>(65536, end - offset)));
    }
    return *this;
  }
  RawGiver& say(const ::shoal::v1::PutRequest& request) {
    call_->Write(request);
    return *this;
  }
  /// The next word of the receiver; none: the call is over.
  std::optional<::shoal::v1::PutResponse> hear() {
    ::shoal::v1::PutResponse response;
    if (!call_->Read(&response)) return std::nullopt;
    return response;
  }
  void close() { call_->WritesDone(); }
  void cancel() { context_.TryCancel(); }
  grpc::Status end() {
    ::shoal::v1::PutResponse ignored;
    while (call_->Read(&ignored)) continue;
    return call_->Finish();
  }
  /// How the receiver ends it.
  Error error() {
    const auto status = end();
    EXPECT_FALSE(status.ok());
    return status.ok() ? Error{} : rpc::from_status(status);
  }

 private:
  std::unique_ptr<::shoal::v1::InboxService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<::shoal::v1::PutRequest, ::shoal::v1::PutResponse>>
      call_;
};

/// Files, an inbox's folder and a manager that puts.
class Put : public testing::Test {
 protected:
  static inline const PutTimes kHurry{.pause_min = std::chrono::milliseconds(20),
                                      .pause_max = std::chrono::milliseconds(40),
                                      .patience = std::chrono::milliseconds(5'000)};

  void TearDown() override { pool.join(); }

  Inbox::Options options() const { return {.folder = folder / "inbox"}; }
  std::string file(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder / name, std::ios::binary) << bytes;
    return folder / name;
  }
  std::unique_ptr<PutManager> manager(std::function<std::vector<std::string>()> endpoints,
                                      PutTimes times = kHurry,
                                      std::shared_ptr<UploadDesk> desk = nullptr) {
    PutConnections connections;
    connections.endpoints = [endpoints](const PeerId&) -> Result<std::vector<std::string>> {
      return endpoints();
    };
    connections.connect = [](const std::string& endpoint,
                             const PeerId&) -> Result<std::shared_ptr<grpc::Channel>> {
      return grpc::CreateChannel(endpoint, grpc::InsecureChannelCredentials());
    };
    return std::make_unique<PutManager>(pool.get_executor(), pool.get_executor(),
                                        std::move(connections), times, std::move(desk));
  }
  std::unique_ptr<PutManager> manager(const Receiver& receiver, PutTimes times = kHurry,
                                      std::shared_ptr<UploadDesk> desk = nullptr) {
    return manager([place = receiver.endpoint()] { return std::vector{place}; }, times,
                   std::move(desk));
  }
  template <class F>
  static PutStatus wait(const PutManager& manager, std::uint64_t id, F wanted) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (true) {
      const auto status = manager.status(id);
      EXPECT_TRUE(status);
      if (!status || wanted(*status)) return status ? *status : PutStatus{};
      if (std::chrono::steady_clock::now() > until) {
        ADD_FAILURE() << to_text(status->state) << " "
                      << (status->error ? status->error->what + ": " + status->error->why : "");
        return *status;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  static PutStatus ended(const PutManager& manager, std::uint64_t id) {
    return wait(manager, id, [](const PutStatus& s) { return s.state >= PutState::kDone; });
  }
  /// Puts a file and waits for its end.
  static PutStatus put(PutManager& manager, const std::string& path, const std::string& name) {
    const auto started = manager.start({PeerId{}, path, name, {}});
    EXPECT_TRUE(started) << started.error().what;
    return started ? ended(manager, started->id) : PutStatus{};
  }
  static void stop(PutManager& manager) {
    std::promise<void> done;
    manager.stop([&] { done.set_value(); });
    done.get_future().wait();
  }
  template <class F>
  static bool soon(F holds) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!holds()) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
  }

  tests::TempFolder folder;
  boost::asio::thread_pool pool{2};
};

}  // namespace shoal::transfer
