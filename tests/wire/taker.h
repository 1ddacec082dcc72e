// SPDX-License-Identifier: Apache-2.0
// The fetching end of one Fetch stream, by hand.
#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "shoal/v1/transfer.grpc.pb.h"
#include "tests/wire/transfer_world.h"

namespace shoal::transfer {

/// A fetcher that does what the test says. `who` is its identity.
class Taker {
 public:
  using FetchRequest = ::shoal::v1::FetchRequest;
  using FetchResponse = ::shoal::v1::FetchResponse;

  /// Asks for `wanted` at once.
  Taker(const Server& server, const std::string& who, const ContentId& wanted)
      : Taker(server, who) {
    want(wanted);
  }
  Taker(const Server& server, const std::string& who)
      : stub_(::shoal::v1::TransferService::NewStub(grpc::CreateChannel(
            server.info().endpoints.front(), grpc::InsecureChannelCredentials()))) {
    context_.AddMetadata("who", who);
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    stream_ = stub_->Fetch(&context_);
  }
  ~Taker() { leave(); }
  Taker(const Taker&) = delete;
  Taker& operator=(const Taker&) = delete;

  /// `spare`: only if nobody waits for the slot.
  void want(const ContentId& id, bool spare = false) {
    FetchRequest request;
    request.set_spare(spare);
    request.mutable_content()->set_root(id.root.bytes.data(), id.root.bytes.size());
    request.mutable_content()->set_length(id.length);
    EXPECT_TRUE(stream_->Write(request));
  }
  void ask(std::uint64_t offset, std::uint32_t length = 1U << 20U) {
    FetchRequest request;
    request.mutable_range()->set_offset(offset);
    request.mutable_range()->set_length(length);
    EXPECT_TRUE(stream_->Write(request));
  }
  void rest() {
    FetchRequest request;
    request.mutable_rest();
    EXPECT_TRUE(stream_->Write(request));
  }
  /// The next message; an empty one at the end.
  FetchResponse hear() {
    FetchResponse response;
    if (!stream_->Read(&response)) response.Clear();
    return response;
  }
  /// Reads on until a place other than `than` is told; -1: something else came.
  int place(int than = -1) {
    while (true) {
      const auto response = hear();
      if (!response.has_queued()) return -1;
      const int now = static_cast<int>(response.queued().position());
      if (now != than) return now;
    }
  }
  /// Reads on until the turn begins.
  bool served() {
    while (true) {
      const auto response = hear();
      if (response.has_description()) return true;
      if (!response.has_queued()) return false;
    }
  }
  /// Hangs up; the stream's status.
  grpc::Status leave() {
    if (!stream_) return {};
    context_.TryCancel();
    FetchResponse rest;
    while (stream_->Read(&rest)) {
    }
    const auto status = stream_->Finish();
    stream_.reset();
    return status;
  }
  /// The status with which the peer ends it.
  grpc::Status end() {
    FetchResponse rest;
    while (stream_->Read(&rest)) {
    }
    const auto status = stream_->Finish();
    stream_.reset();
    return status;
  }

 private:
  std::unique_ptr<::shoal::v1::TransferService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<FetchRequest, FetchResponse>> stream_;
};

}  // namespace shoal::transfer
