// SPDX-License-Identifier: Apache-2.0
// Real servers and channels on loopback: who gets through, and what the one port survives.
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <future>
#include <thread>

#include "proto/asio.h"
#include "proto/rpc/channel.h"
#include "proto/rpc/server.h"
#include "proto/rpc/status.h"
#include "proto/rpc/tls.h"
#include "shoal/v1/transfer.grpc.pb.h"
#include "tests/wire/threads.h"

namespace shoal::rpc {
namespace {

using boost::asio::ip::tcp;
using namespace std::chrono_literals;

/// Tells who called, and keeps streams open until they are cancelled.
class WhoCalls final : public v1::TransferService::CallbackService {
 public:
  grpc::ServerUnaryReactor* Describe(grpc::CallbackServerContext* context,
                                     const v1::DescribeRequest*, v1::DescribeResponse*) override {
    last = caller_of(*context).value_or(PeerId{});
    auto* const reactor = context->DefaultReactor();
    reactor->Finish(answer);
    return reactor;
  }
  grpc::ServerBidiReactor<v1::FetchRequest, v1::FetchResponse>* Fetch(
      grpc::CallbackServerContext*) override {
    struct Open final : grpc::ServerBidiReactor<v1::FetchRequest, v1::FetchResponse> {
      Open() { StartSendInitialMetadata(); }
      void OnCancel() override { Finish(grpc::Status::CANCELLED); }
      void OnDone() override { delete this; }
    };
    return new Open;
  }
  PeerId last;
  grpc::Status answer;
};

class Rpc : public testing::Test {
 protected:
  void serve(RpcServer::Options options = {}) {
    auto listening = RpcServer::listen(threads_.executor(), std::move(options));
    ASSERT_TRUE(listening) << listening.error().why;
    server_ = std::move(*listening);
    ASSERT_TRUE(server_->start(ana_, book_, {&service_}));
  }
  [[nodiscard]] std::string endpoint() const {
    return "127.0.0.1:" + std::to_string(server_->port());
  }
  grpc::Status call(const Identity& me, const PeerId& pinned) {
    const auto stub = v1::TransferService::NewStub(make_channel(endpoint(), me, pinned));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + 4s);
    v1::DescribeResponse response;
    return stub->Describe(&context, {}, &response);
  }
  tcp::socket connect() {
    tcp::socket socket(threads_.context());
    socket.connect({boost::asio::ip::address_v4::loopback(), server_->port()});
    return socket;
  }
  /// Reads until the other end closes, or fails the test.
  static void expect_closed(tcp::socket& socket) {
    timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    char byte = 0;
    const ssize_t got = ::recv(socket.native_handle(), &byte, 1, 0);
    EXPECT_LE(got, 0);
    EXPECT_FALSE(got < 0 && errno == EAGAIN) << "still open after ten seconds";
  }

  tests::Threads threads_;
  PeerBook book_{Accept::kListed};
  WhoCalls service_;
  std::unique_ptr<RpcServer> server_;
  const Identity ana_ = Identity::generate();
  const Identity luis_ = Identity::generate();
};

TEST_F(Rpc, AFriendGetsThroughAndIsKnownByItsKey) {
  serve();
  book_.set_friend(luis_.id(), Role::kFriend);
  EXPECT_TRUE(call(luis_, ana_.id()).ok());
  EXPECT_EQ(service_.last, luis_.id());
}

TEST_F(Rpc, AnUnknownKeyIsRefusedBeforeAnyCallAndKnocks) {
  serve();
  std::promise<PeerId> knocked;
  std::once_flag once;
  book_.on_unknown([&](const PeerId& id) { std::call_once(once, [&] { knocked.set_value(id); }); });
  EXPECT_EQ(call(luis_, ana_.id()).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(service_.last, PeerId{});
  EXPECT_EQ(knocked.get_future().get(), luis_.id());
}

TEST_F(Rpc, AServerWithAnotherKeyIsNotTalkedTo) {
  serve();
  book_.set_friend(luis_.id(), Role::kFriend);
  EXPECT_EQ(call(luis_, Identity::generate().id()).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(service_.last, PeerId{});
  EXPECT_TRUE(call(luis_, ana_.id()).ok()) << "it was the key";
}

TEST_F(Rpc, AQuerysKeyGetsThroughOnceItWasAdmitted) {
  serve();
  const Identity query = Identity::generate();
  EXPECT_FALSE(call(query, ana_.id()).ok());
  book_.admit(KeyFingerprint{query.id().bytes});
  EXPECT_TRUE(call(query, ana_.id()).ok());
  EXPECT_EQ(service_.last, query.id());
}

TEST_F(Rpc, ARemovedFriendIsRefusedAtItsNextConnection) {
  serve();
  book_.set_friend(luis_.id(), Role::kFriend);
  EXPECT_TRUE(call(luis_, ana_.id()).ok());
  book_.remove_friend(luis_.id());
  EXPECT_FALSE(call(luis_, ana_.id()).ok());
}

TEST_F(Rpc, WhatIsNotTlsGoesToHttpOnTheSamePort) {
  std::promise<tcp::socket> plain;
  RpcServer::Options options;
  options.on_http = [&](tcp::socket socket) { plain.set_value(std::move(socket)); };
  serve(std::move(options));
  auto socket = connect();
  boost::asio::write(socket, boost::asio::buffer(std::string("GET / HTTP/1.1\r\n\r\n")));
  auto handed = plain.get_future().get();
  std::string head(18, '\0');
  handed.non_blocking(false);
  boost::asio::read(handed, boost::asio::buffer(head));
  EXPECT_EQ(head, "GET / HTTP/1.1\r\n\r\n") << "the first byte was only looked at";
}

TEST_F(Rpc, ASilentConnectionIsCut) {
  RpcServer::Options options;
  options.acceptor.first_byte = 50ms;
  serve(std::move(options));
  auto socket = connect();
  expect_closed(socket);
}

TEST_F(Rpc, AnAddressWithTooManyConnectionsIsRefusedUntilSomeAreGone) {
  RpcServer::Options options;
  options.acceptor.per_loopback = 3;
  serve(std::move(options));
  book_.set_friend(luis_.id(), Role::kFriend);
  std::vector<tcp::socket> held;
  for (int i = 0; i < 3; ++i) held.push_back(connect());
  auto fourth = connect();
  expect_closed(fourth);
  held.clear();
  grpc::Status status = call(luis_, ana_.id());
  // The server may see their ends a little later than the new connection.
  for (int i = 0; i < 20 && !status.ok(); ++i) status = call(luis_, ana_.id());
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(Rpc, ATakenPortGivesTheNextFreeOne) {
  serve();
  RpcServer::Options options;
  options.port = server_->port();
  const auto second = RpcServer::listen(threads_.executor(), options);
  ASSERT_TRUE(second);
  EXPECT_GT((*second)->port(), server_->port());
  EXPECT_LE((*second)->port(), server_->port() + limits::kPortTries);
  options.acceptor.port_tries = 1;
  EXPECT_EQ(RpcServer::listen(threads_.executor(), options).error().code, Errc::kConflict);
}

TEST_F(Rpc, StopsInTimeWithAStreamOpen) {
  serve();
  book_.set_friend(luis_.id(), Role::kFriend);
  const auto stub = v1::TransferService::NewStub(make_channel(endpoint(), luis_, ana_.id()));
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.set_deadline(std::chrono::system_clock::now() + 30s);
  const auto stream = stub->Fetch(&context);
  stream->WaitForInitialMetadata();
  const auto start = std::chrono::steady_clock::now();
  server_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
  v1::FetchResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_FALSE(stream->Finish().ok());
}

TEST_F(Rpc, ListensOnNoAddressThatIsNotNumeric) {
  RpcServer::Options options;
  options.address = "localhost";
  EXPECT_EQ(RpcServer::listen(threads_.executor(), options).error().code, Errc::kInvalidArgument);
}

/// What is kept back is for files and timers: a caller over it is refused, not served.
TEST_F(Rpc, RefusesCallersWhileOnlyTheDescriptorReserveIsLeft) {
  serve();
  book_.set_friend(luis_.id(), Role::kFriend);
  ASSERT_TRUE(call(luis_, ana_.id()).ok());
  tcp::socket caller(threads_.context(), tcp::v4());
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const int next = ::dup(0);
  ::close(next);
  const rlimit few{static_cast<rlim_t>(next + limits::kDescriptorReserve), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  caller.connect({boost::asio::ip::address_v4::loopback(), server_->port()});
  expect_closed(caller);
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_TRUE(call(luis_, ana_.id()).ok());
}

/// The descriptor limit is the whole process's, so the callers' sockets are made before it is low.
TEST_F(Rpc, AcceptsAgainAfterTheProcessRanOutOfDescriptors) {
  serve();
  book_.set_friend(luis_.id(), Role::kFriend);
  ASSERT_TRUE(call(luis_, ana_.id()).ok());
  std::vector<tcp::socket> callers;
  for (int i = 0; i < 4; ++i) callers.emplace_back(threads_.context()).open(tcp::v4());
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const int used = ::dup(0);
  ::close(used);
  const rlimit few{static_cast<rlim_t>(used + 1), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  std::vector<int> held;
  for (int fd = ::dup(0); fd >= 0; fd = ::dup(0)) held.push_back(fd);
  // The kernel takes these calls; accept() cannot, and has to try again later.
  for (tcp::socket& caller : callers) {
    caller.connect({boost::asio::ip::address_v4::loopback(), server_->port()});
  }
  for (tcp::socket& caller : callers) caller.close();
  for (const int fd : held) ::close(fd);
  ::setrlimit(RLIMIT_NOFILE, &before);
  grpc::Status status = call(luis_, ana_.id());
  for (int i = 0; i < 3 && !status.ok(); ++i) status = call(luis_, ana_.id());
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(Rpc, AnErrorComesOverTheWireWhole) {
  serve();
  book_.set_friend(luis_.id(), Role::kFriend);
  const auto fill = [](std::size_t bytes) {
    std::string text;
    while (text.size() + 3 <= bytes) text += "漢";  // the worst case of both encodings
    return text;
  };
  const Error error{Errc::kNoSpace, fill(limits::kStatusWhat), fill(limits::kStatusWhy),
                    fill(limits::kStatusNext)};
  service_.answer = to_status(error);
  const Error got = from_status(call(luis_, ana_.id()));
  EXPECT_EQ(got.code, error.code);
  EXPECT_EQ(got.what, error.what);
  EXPECT_EQ(got.why, error.why);
  EXPECT_EQ(got.next, error.next);
}

TEST_F(Rpc, AMessageOverItsLengthIsRefused) {
  serve();
  book_.set_friend(luis_.id(), Role::kFriend);
  const auto stub = v1::TransferService::NewStub(make_channel(endpoint(), luis_, ana_.id()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + 4s);
  v1::DescribeRequest request;
  request.set_root(std::string(limits::kRpcMessageIn + 1, 'x'));
  v1::DescribeResponse response;
  EXPECT_EQ(stub->Describe(&context, request, &response).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(Rpc, CompressedMessagesAreRefusedUnopened) {
  serve();
  book_.set_friend(luis_.id(), Role::kFriend);
  const auto channel = grpc::CreateChannel(endpoint(), channel_credentials(luis_, ana_.id()));
  const auto stub = v1::TransferService::NewStub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + 4s);
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  v1::DescribeRequest request;
  request.set_root(std::string(8'000'000, 'x'));  // a few kilobytes on the wire
  v1::DescribeResponse response;
  EXPECT_EQ(stub->Describe(&context, request, &response).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace
}  // namespace shoal::rpc
