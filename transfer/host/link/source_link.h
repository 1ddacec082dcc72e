// SPDX-License-Identifier: Apache-2.0
// The fetching end of one Fetch stream. Internal to transfer/host.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <functional>
#include <memory>

#include "proto/asio.h"
#include "shoal/v1/transfer.pb.h"
#include "transfer/host/link/source_route.h"
#include "transfer/host/link/wire.h"

namespace shoal::transfer {

/// Any thread may call `ask`, `next` and `close`. The handlers are posted to the strand; `ended`
/// comes exactly once and last. A source that sends nothing for `silence` is cut.
class SourceLink {
 public:
  struct Handlers {
    std::function<void(const Parts& message)> message;
    std::function<void(const grpc::Status&)> ended;
  };
  static std::shared_ptr<SourceLink> start(SourceRoute route, boost::asio::any_io_executor strand,
                                           Handlers handlers, std::chrono::milliseconds silence);
  virtual ~SourceLink() = default;
  virtual void ask(const ::shoal::v1::FetchRequest& request) = 0;
  /// Read the next message; once per `message`, and once at the start.
  virtual void next() = 0;
  virtual void close() = 0;
};

}  // namespace shoal::transfer
