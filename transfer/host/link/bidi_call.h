// SPDX-License-Identifier: Apache-2.0
// What carries a call at its calling end: gRPC or a message stream. Internal to this folder.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <memory>
#include <string>

#include "proto/asio.h"
#include "transfer/host/link/source_route.h"

namespace shoal::transfer {

/// Answers by its reactions, never from within a call. Alive until on_done() returns.
class BidiCall {
 public:
  class Reactions {
   public:
    virtual void on_read_done(bool ok, grpc::ByteBuffer message) = 0;
    virtual void on_write_done(bool ok) = 0;
    /// Once and last.
    virtual void on_done(const grpc::Status& status) = 0;

   protected:
    ~Reactions() = default;
  };
  virtual ~BidiCall() = default;
  virtual void begin(Reactions& reactions) = 0;
  /// One at a time.
  virtual void read() = 0;
  /// One at a time; `message` stays until on_write_done().
  virtual void write(const grpc::ByteBuffer& message) = 0;
  virtual void cancel() = 0;
  /// Nothing more is read or written; without this a call has no end.
  virtual void let_go() = 0;
};

std::shared_ptr<BidiCall> grpc_call(std::shared_ptr<grpc::Channel> channel, std::string method);
/// A connection of its own, on threads of the route's executor.
std::shared_ptr<BidiCall> direct_call(DirectRoute route);

}  // namespace shoal::transfer
