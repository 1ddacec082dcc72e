// SPDX-License-Identifier: Apache-2.0
// Files from peer to peer over pinned TLS: library, uploads, links and downloads as shoald has
// them.
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <future>

#include "cli/daemon/shares/library_files.h"
#include "overlay/host/overlay_host.h"
#include "proto/rpc/channel.h"
#include "proto/rpc/server.h"
#include "proto/rpc/status.h"
#include "proto/rpc/tls.h"
#include "proto/types/rng.h"
#include "shoal/v1/link.grpc.pb.h"
#include "shoal/v1/transfer.grpc.pb.h"
#include "tests/support/temp_folder.h"
#include "tests/wire/threads.h"
#include "transfer/host/download/download_manager.h"
#include "transfer/host/serve/transfer_service.h"

namespace shoal {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A peer that shares the folder `place`/share.
class Holder {
 public:
  Holder(tests::Threads& threads, boost::asio::thread_pool& disk, const fs::path& place,
         rpc::Accept accept = rpc::Accept::kListed)
      : book(accept) {
    fs::create_directories(place);
    auto library = transfer::Library::open({(place / "index.db").string()});
    EXPECT_TRUE(library);
    library_ = std::move(*library);
    files_ = std::make_unique<daemon::LibraryFiles>(*library_);
    rpc::RpcServer::Options options;
    options.streams = threads.executor();
    options.on_stream = [this](std::shared_ptr<rpc::MessageStream> stream, const PeerId& peer) {
      ++streams;
      uploads_->serve(std::move(stream), peer);
    };
    auto server = rpc::RpcServer::listen(threads.executor(), std::move(options));
    EXPECT_TRUE(server);
    server_ = std::move(*server);
    overlay::HostHooks hooks;
    hooks.card = [] { return std::string(); };
    hooks.lookup = [](const auto&, auto, const auto& reply) { reply({}, 0); };
    links_ = std::make_unique<overlay::OverlayHost>(threads.executor(), me_, book,
                                                    overlay::HostOptions{}, hooks);
    transfer::Gate gate;
    gate.who = [](const grpc::ServerContextBase& context) { return rpc::caller_of(context); };
    gate.may_fetch = [this](const PeerId& peer) { return book.may_fetch(peer); };
    uploads_ = std::make_unique<transfer::TransferService>(threads.executor(), disk.get_executor(),
                                                           *files_, std::move(gate));
    EXPECT_TRUE(server_->start(me_, book, {&links_->service(), &uploads_->service()}));
  }
  ~Holder() {
    links_->stop();
    uploads_->stop();
    server_->stop();
  }
  /// Shares a file with that content and returns its id.
  ContentId share(const fs::path& path, const std::string& bytes) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
    EXPECT_TRUE(library_->add_share(path.parent_path().string()));
    const auto found = library_->search({.terms = path.stem().string(), .content = {}});
    EXPECT_TRUE(found && found->files.size() == 1);
    return found->files.at(0).content;
  }
  [[nodiscard]] std::string endpoint() const {
    return "127.0.0.1:" + std::to_string(server_->port());
  }
  [[nodiscard]] PeerId id() const { return me_.id(); }
  [[nodiscard]] transfer::UploadCounts counts() const { return uploads_->counts(); }
  std::shared_ptr<grpc::Channel> channel(const rpc::Identity& caller) const {
    return rpc::make_channel(endpoint(), caller, id(), limits::kRpcMessage);
  }

  rpc::PeerBook book;
  std::atomic<unsigned> streams = 0;  ///< that came without gRPC

 private:
  const rpc::Identity me_ = rpc::Identity::generate();
  std::unique_ptr<transfer::Library> library_;
  std::unique_ptr<daemon::LibraryFiles> files_;
  std::unique_ptr<rpc::RpcServer> server_;
  std::unique_ptr<overlay::OverlayHost> links_;
  std::unique_ptr<transfer::TransferService> uploads_;
};

/// By gRPC, or by message streams.
class Fetch : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    holder_ = std::make_unique<Holder>(threads_, disk_, place_);
    bytes_.resize(5 * 1024 * 1024 + 123);  // six pieces, the last one short
    Rng rng(7);
    for (char& byte : bytes_) byte = static_cast<char>(rng.next());
    content_ = holder_->share(place_ / "share" / "handbook.pdf", bytes_);
  }
  void TearDown() override {
    holder_ = nullptr;
    disk_.join();
  }

  /// Downloads with the key of `caller`, its own or a query's, to the end or the first trouble.
  /// `linked`: who we are, with a link to the holder.
  transfer::DownloadStatus download(const rpc::Identity& caller, const std::string& folder,
                                    const rpc::Identity* linked = nullptr,
                                    std::vector<std::string> endpoints = {}) {
    fs::create_directory(place_ / folder);
    endpoints.push_back(holder_->endpoint());
    struct Seen {
      std::mutex mutex;
      std::condition_variable changed;
      transfer::DownloadStatus last;
    };
    const auto seen = std::make_shared<Seen>();  // the last change may come after all else
    transfer::DownloadHooks hooks;
    hooks.is_linked = [linked](const PeerId&) { return linked != nullptr; };
    hooks.connect = [this, linked](const std::string& endpoint, const PeerId& peer,
                                   const std::string& key_pem) -> Result<transfer::SourceRoute> {
      const auto as = key_pem.empty() ? *linked : rpc::Identity::from_key_pem(key_pem);
      if (!as) return tl::unexpected(as.error());
      transfer::SourceRoute route(rpc::make_channel(endpoint, *as, peer, limits::kRpcMessage));
      if (GetParam()) route.direct = {threads_.executor(), endpoint, *as, peer};
      return route;
    };
    hooks.on_change = [seen](const transfer::DownloadStatus& status) {
      const std::lock_guard lock(seen->mutex);
      seen->last = status;
      seen->changed.notify_all();
    };
    transfer::DownloadManager manager(threads_.executor(), disk_.get_executor(), hooks);
    EXPECT_TRUE(manager.start({content_,
                               "handbook.pdf",
                               (place_ / folder).string(),
                               {{holder_->id(), endpoints, ""}},
                               caller.key_pem()}));
    transfer::DownloadStatus status;
    {
      std::unique_lock lock(seen->mutex);
      EXPECT_TRUE(seen->changed.wait_for(lock, 20s, [&] {
        // An address that does not answer is no end while there is another way.
        return (seen->last.error && linked == nullptr) ||
               seen->last.state >= transfer::DownloadState::kDone;
      })) << to_text(seen->last.state);
      status = seen->last;
    }
    std::promise<void> stopped;
    manager.stop([&] { stopped.set_value(); });
    stopped.get_future().wait();
    return status;
  }

  tests::Threads threads_;
  boost::asio::thread_pool disk_{2};
  const tests::TempFolder folder_;
  const fs::path place_ = folder_.path();
  std::unique_ptr<Holder> holder_;
  std::string bytes_;
  ContentId content_;
  const rpc::Identity ana_ = rpc::Identity::generate();
};

/// One Fetch stream, written by hand.
class Stream {
 public:
  Stream(const std::shared_ptr<grpc::Channel>& channel, const ContentId& content)
      : stub_(v1::TransferService::NewStub(channel)) {
    context_.set_deadline(std::chrono::system_clock::now() + 15s);
    stream_ = stub_->Fetch(&context_);
    v1::FetchRequest request;
    request.mutable_content()->set_root(content.root.bytes.data(), content.root.bytes.size());
    request.mutable_content()->set_length(content.length);
    stream_->Write(request);
  }
  bool read(v1::FetchResponse& response) { return stream_->Read(&response); }
  void ask(std::uint64_t offset, std::uint32_t length) {
    v1::FetchRequest request;
    request.mutable_range()->set_offset(offset);
    request.mutable_range()->set_length(length);
    stream_->Write(request);
  }
  /// Reads what is left, and says how it ended.
  grpc::Status end() {
    v1::FetchResponse response;
    while (read(response)) ++answers_;
    return stream_->Finish();
  }
  [[nodiscard]] int answers() const { return answers_; }

 private:
  std::unique_ptr<v1::TransferService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::FetchRequest, v1::FetchResponse>> stream_;
  int answers_ = 0;
};

grpc::Status describe(const std::shared_ptr<grpc::Channel>& channel, const ContentId& content,
                      v1::DescribeResponse& response) {
  const auto stub = v1::TransferService::NewStub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + 5s);
  v1::DescribeRequest request;
  request.set_root(content.root.bytes.data(), content.root.bytes.size());
  request.set_length(content.length);
  return stub->Describe(&context, request, &response);
}

TEST_P(Fetch, AFriendIsToldOfAFileAndGetsAllPiecesOfIt) {
  holder_->book.set_friend(ana_.id(), Role::kFriend);
  v1::DescribeResponse described;
  const auto status = describe(holder_->channel(ana_), content_, described);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(described.name(), "handbook.pdf");
  const auto end = download(ana_, "ana");
  ASSERT_EQ(end.state, transfer::DownloadState::kDone) << (end.error ? end.error->why : "");
  EXPECT_EQ(content_of(end.path), bytes_);
  EXPECT_EQ(holder_->counts().bytes, bytes_.size()) << "each byte once";
  EXPECT_EQ(holder_->streams, GetParam() ? 1U : 0U);
}

TEST_P(Fetch, WhatIsNotSharedIsRefusedInWordsThatComeOver) {
  holder_->book.set_friend(ana_.id(), Role::kFriend);
  ContentId other = content_;
  other.root.bytes[0] ^= 1;
  v1::DescribeResponse described;
  const Error error = rpc::from_status(describe(holder_->channel(ana_), other, described));
  EXPECT_EQ(error.code, Errc::kNotFound);
  EXPECT_FALSE(error.what.empty());
  EXPECT_EQ(rpc::from_status(Stream(holder_->channel(ana_), other).end()).what, error.what);
  other = content_;
  other.length = limits::kFileBytesMax + 1;
  EXPECT_EQ(rpc::from_status(describe(holder_->channel(ana_), other, described)).code,
            Errc::kTooLarge);
}

TEST_P(Fetch, TheKeyOfAnAnsweredQueryFetchesAndDoesNothingElse) {
  holder_->book.admit(KeyFingerprint{ana_.id().bytes});
  const auto end = download(ana_, "stranger");
  ASSERT_EQ(end.state, transfer::DownloadState::kDone) << (end.error ? end.error->why : "");
  EXPECT_EQ(content_of(end.path), bytes_);
  const auto stub = v1::LinkService::NewStub(holder_->channel(ana_));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + 10s);
  const auto link = stub->Open(&context);
  v1::OpenResponse response;
  while (link->Read(&response)) {
  }
  EXPECT_EQ(rpc::from_status(link->Finish()).code, Errc::kDenied);
}

TEST_P(Fetch, AFriendIsAskedAsOurselvesWhateverKeyTheSearchHad) {
  const auto me = rpc::Identity::generate();
  holder_->book.set_friend(me.id(), Role::kFriend);
  const auto end = download(ana_, "as a friend", &me);  // nobody admitted that key
  ASSERT_EQ(end.state, transfer::DownloadState::kDone) << (end.error ? end.error->why : "");
  EXPECT_EQ(content_of(end.path), bytes_);
}

TEST_P(Fetch, AFriendWhoseFirstAddressIsDeadIsAskedAsOurselvesAtTheNext) {
  const auto me = rpc::Identity::generate();
  holder_->book.set_friend(me.id(), Role::kFriend);
  const auto end = download(ana_, "at the next", &me, {"127.0.0.1:1"});
  ASSERT_EQ(end.state, transfer::DownloadState::kDone) << (end.error ? end.error->why : "");
  EXPECT_EQ(content_of(end.path), bytes_);
}

TEST_P(Fetch, WhoeverDoesNotTakeUsForAFriendIsAskedByTheKey) {
  const auto me = rpc::Identity::generate();
  holder_->book.admit(KeyFingerprint{ana_.id().bytes});
  const auto end = download(ana_, "by the key", &me);
  ASSERT_EQ(end.state, transfer::DownloadState::kDone) << (end.error ? end.error->why : "");
  EXPECT_EQ(content_of(end.path), bytes_);
}

TEST_P(Fetch, AQueryKeyWhoseAdmissionIsGoneIsRefusedOnItsOldConnectionAndOnANewOne) {
  holder_->book.admit(KeyFingerprint{ana_.id().bytes});
  const auto channel = holder_->channel(ana_);
  v1::DescribeResponse described;
  ASSERT_TRUE(describe(channel, content_, described).ok());
  // The table of keys is bounded: so many later ones push it out.
  for (std::size_t i = 0; i < limits::kQueryKeysMax; ++i) {
    KeyFingerprint later{};
    later.bytes[0] = static_cast<std::uint8_t>(i);
    later.bytes[1] = static_cast<std::uint8_t>(i >> 8);
    holder_->book.admit(later);
  }
  const Error old = rpc::from_status(Stream(channel, content_).end());
  EXPECT_EQ(old.code, Errc::kDenied);
  EXPECT_EQ(old.next, "search again");
  EXPECT_EQ(rpc::from_status(describe(channel, content_, described)).code, Errc::kDenied);
  const grpc::Status fresh = describe(holder_->channel(ana_), content_, described);
  EXPECT_EQ(fresh.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_FALSE(rpc::has_reason(fresh)) << "it does not get as far as the RPC parser";
  const auto end = download(ana_, "late");
  EXPECT_NE(end.state, transfer::DownloadState::kDone);
  ASSERT_TRUE(end.error);
  EXPECT_EQ(end.error->code, Errc::kUnreachable);
}

TEST_P(Fetch, AStrangerIsToldNothing) {
  v1::DescribeResponse described;
  const grpc::Status status = describe(holder_->channel(ana_), content_, described);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(described.name().empty());
  EXPECT_EQ(holder_->counts().refused, 0U) << "it was the handshake that failed";
}

TEST_P(Fetch, AGuestOfAnOpenNetworkIsToldNothingEitherUnlessItProvesTheKeyOfAQuery) {
  Holder open(threads_, disk_, place_ / "open", rpc::Accept::kAnyone);
  const ContentId content = open.share(place_ / "open" / "share" / "almanac.pdf", "dates");
  ASSERT_EQ(open.book.classify(ana_.id()), rpc::Caller::kGuest);
  v1::DescribeResponse described;
  EXPECT_EQ(rpc::from_status(describe(open.channel(ana_), content, described)).code, Errc::kDenied);
  EXPECT_TRUE(described.name().empty());
  EXPECT_EQ(rpc::from_status(Stream(open.channel(ana_), content).end()).code, Errc::kDenied);
  open.book.admit(KeyFingerprint{ana_.id().bytes});
  EXPECT_TRUE(describe(open.channel(ana_), content, described).ok());
  EXPECT_EQ(described.name(), "almanac.pdf");
}

TEST_P(Fetch, AFriendThatIsRemovedInTheMiddleGetsNoFurtherByte) {
  holder_->book.set_friend(ana_.id(), Role::kFriend);
  Stream stream(holder_->channel(ana_), content_);
  v1::FetchResponse response;
  ASSERT_TRUE(stream.read(response));
  EXPECT_EQ(response.description().name(), "handbook.pdf");
  stream.ask(0, limits::kRangeBytes);
  ASSERT_TRUE(stream.read(response));
  EXPECT_EQ(response.chunk().data(), bytes_.substr(0, limits::kRangeBytes));
  holder_->book.remove_friend(ana_.id());
  stream.ask(limits::kRangeBytes, limits::kRangeBytes);
  const Error error = rpc::from_status(stream.end());
  EXPECT_EQ(stream.answers(), 0);
  EXPECT_EQ(error.code, Errc::kDenied);
  EXPECT_EQ(error.what, "no more files for you");
}

TEST_P(Fetch, AFriendThatIsRemovedWhileItAsksNothingIsSentAwayToo) {
  holder_->book.set_friend(ana_.id(), Role::kFriend);
  Stream stream(holder_->channel(ana_), content_);
  v1::FetchResponse response;
  ASSERT_TRUE(stream.read(response));
  const auto removed = std::chrono::steady_clock::now();
  holder_->book.remove_friend(ana_.id());
  EXPECT_EQ(rpc::from_status(stream.end()).code, Errc::kDenied);
  EXPECT_LT(std::chrono::steady_clock::now() - removed, limits::kGateRecheck + 2s);
}

INSTANTIATE_TEST_SUITE_P(By, Fetch, testing::Bool(), [](const auto& how) {
  return std::string(how.param ? "Stream" : "Grpc");
});

}  // namespace
}  // namespace shoal
