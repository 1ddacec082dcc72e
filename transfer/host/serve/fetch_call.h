// SPDX-License-Identifier: Apache-2.0
// What carries a Fetch call at its serving end: gRPC or a message stream. Internal to this folder.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

namespace shoal::transfer {

/// Answers by FetchStream's reactions, never from within a call. Alive until on_done() returns.
class FetchCall {
 public:
  virtual ~FetchCall() = default;
  /// One at a time; on_read_done().
  virtual void read() = 0;
  /// One at a time; on_write_done().
  virtual void write(grpc::ByteBuffer message) = 0;
  /// Once; not while a message is being written.
  virtual void finish(const grpc::Status& status) = 0;
  /// Ends it soon.
  virtual void cancel() = 0;
};

}  // namespace shoal::transfer
