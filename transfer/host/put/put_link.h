// SPDX-License-Identifier: Apache-2.0
// The giving end of one Put call. Internal to this folder.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "proto/asio.h"
#include "shoal/v1/inbox.pb.h"

namespace shoal::transfer {

/// Any thread may call `send` and `close`. The handlers are posted to the strand; `ended` comes
/// exactly once and last. A receiver that takes and says nothing for `silence` is cut.
class PutLink {
 public:
  struct Handlers {
    std::function<void(const ::shoal::v1::PutResponse&)> answer;
    /// All that was given to `send` is on its way.
    std::function<void()> sent;
    std::function<void(const grpc::Status&)> ended;
  };
  static std::shared_ptr<PutLink> start(std::shared_ptr<grpc::Channel> channel,
                                        boost::asio::any_io_executor strand, Handlers handlers,
                                        std::chrono::milliseconds silence);
  virtual ~PutLink() = default;
  virtual void send(std::vector<grpc::ByteBuffer> messages) = 0;
  /// The receiver checks what it has, and from now on may take so long before `silence` counts.
  virtual void be_patient(std::chrono::seconds more) = 0;
  virtual void close() = 0;
};

}  // namespace shoal::transfer
