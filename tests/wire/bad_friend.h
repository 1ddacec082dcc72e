// SPDX-License-Identifier: Apache-2.0
// A friend that speaks the protocol as badly as a test wants.
#pragma once

#include <grpcpp/client_context.h>

#include <mutex>

#include "proto/codec/frame_codec.h"
#include "proto/rpc/channel.h"
#include "shoal/v1/link.grpc.pb.h"
#include "tests/wire/hosts.h"

namespace shoal::overlay {

/// One link of a friend (or guest) of `victim`, written by hand.
class BadFriend {
 public:
  explicit BadFriend(Peer& victim, rpc::Identity me = rpc::Identity::generate())
      : me_(std::move(me)) {
    if (victim.book().accept() == rpc::Accept::kListed) {
      victim.book().set_friend(me_.id(), Role::kAccepted);
    }
    stub_ =
        ::shoal::v1::LinkService::NewStub(rpc::make_channel(victim.endpoint(), me_, victim.id()));
    context_.set_deadline(std::chrono::system_clock::now() + 20s);
    stream_ = stub_->Open(&context_);
  }
  /// All of the greeting but the answer to the victim's ping.
  void greet_halfway() {
    ::shoal::v1::OpenRequest write;
    codec::Hello hello;
    hello.network = "shoal";
    hello.mode = LinkMode::kActive;
    hello.ttl_limit = limits::kTtlLimit;
    hello.card = rpc::seal_card(me_, "bad", {}, 1, unix_now());
    EXPECT_TRUE(write.ParseFromString(codec::encode_hello(hello)));
    stream_->Write(write);
    ::shoal::v1::OpenResponse read;
    EXPECT_TRUE(stream_->Read(&read));
    EXPECT_TRUE(read.has_hello());
    write.Clear();
    write.mutable_frame()->add_messages()->mutable_ping()->set_number(1);
    stream_->Write(write);
    EXPECT_TRUE(stream_->Read(&read));
    ping_ = read.frame().messages(0).ping().number();
  }
  void greet() {
    greet_halfway();
    pong();
  }
  /// The link comes up at the victim.
  void pong() {
    ::shoal::v1::OpenRequest write;
    write.mutable_frame()->add_messages()->mutable_pong()->set_number(ping_);
    stream_->Write(write);
  }
  bool send(const ::shoal::v1::OpenRequest& write) {
    const std::lock_guard lock(writing_);
    return stream_->Write(write);
  }
  /// Takes what comes and answers pings, until the link ends; another thread may send.
  void listen() {
    ::shoal::v1::OpenResponse read;
    while (stream_->Read(&read)) {
      for (const auto& message : read.frame().messages()) {
        if (!message.has_ping()) continue;
        ::shoal::v1::OpenRequest write;
        write.mutable_frame()->add_messages()->mutable_pong()->set_number(message.ping().number());
        send(write);
      }
    }
  }
  /// The same, and counts the queries.
  void count_queries(std::atomic<std::uint64_t>& count) {
    ::shoal::v1::OpenResponse read;
    while (stream_->Read(&read)) {
      std::uint64_t queries = 0;
      for (const auto& message : read.frame().messages()) queries += message.has_query() ? 1U : 0U;
      count += queries;
    }
  }
  /// Reads until the victim ends the link, and says why.
  grpc::Status end() {
    ::shoal::v1::OpenResponse read;
    while (stream_->Read(&read)) {
    }
    return stream_->Finish();
  }
  void cancel() { context_.TryCancel(); }
  void hang_up() {
    cancel();
    end();
  }
  [[nodiscard]] const PeerId& id() const { return me_.id(); }

 private:
  rpc::Identity me_;
  std::unique_ptr<::shoal::v1::LinkService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<::shoal::v1::OpenRequest, ::shoal::v1::OpenResponse>>
      stream_;
  std::mutex writing_;
  std::uint64_t ping_ = 0;
};

/// One frame of queries, numbered from `first`.
inline ::shoal::v1::OpenRequest queries(std::uint64_t first, std::uint64_t count,
                                        const std::string& terms = "word", std::uint8_t ttl = 1,
                                        bool echo = true) {
  std::string entries;
  for (std::uint64_t i = 0; i < count; ++i) {
    Message query;
    query.query = QueryId{9, first + i};
    query.overlay = OverlayId{1};
    query.ttl = ttl;
    query.budget_ms = 10'000;
    query.body = make_payload<QueryBody>([&](QueryBody& body) {
      body.terms = terms;
      body.echo = echo;
    });
    entries += codec::encode_item(query);
  }
  ::shoal::v1::OpenRequest write;
  EXPECT_TRUE(write.ParseFromString(codec::frame_of(entries)));
  return write;
}

}  // namespace shoal::overlay
