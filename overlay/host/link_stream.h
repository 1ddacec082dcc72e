// SPDX-License-Identifier: Apache-2.0
// One link's gRPC stream, the same for both ends. Internal to this folder.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "proto/asio.h"
#include "proto/types/errc.h"
#include "proto/types/ids.h"

namespace grpc {
class Channel;
class Service;
class Status;
}  // namespace grpc

namespace shoal::overlay {

/// Why a stream is closed, as the other end is told.
struct Closing {
  Errc code = Errc::kInternal;
  std::string why;
};

/// Raw reads and writes of a link. Its owner calls on one strand; handlers are called there too.
class LinkStream {
 public:
  struct Handlers {
    std::function<void(std::string bytes)> read;
    std::function<void()> written;  ///< the transport has the last write; the next may follow
    std::function<void(const Closing&)> ended;  ///< once, and nothing after it
  };
  LinkStream() = default;
  virtual ~LinkStream() = default;
  LinkStream(const LinkStream&) = delete;
  LinkStream& operator=(const LinkStream&) = delete;

  /// Starts; the first read is asked for.
  virtual void begin(Handlers handlers) = 0;
  /// One at a time: the next after `written`. False when it takes nothing more: it is about to end.
  virtual bool write(const std::string& bytes) = 0;
  /// Asks for the next read, after the last was handled.
  virtual void next() = 0;
  /// Ends it now: what the transport has not sent is lost.
  virtual void close(const Closing& closing) = 0;
  /// Ends it when all that was written has been sent. Nothing is written any more; what still comes
  /// is read.
  virtual void finish(const Closing& closing) = 0;
};

/// What a stream is for.
enum class StreamKind : std::uint8_t {
  kLink,   ///< LinkService.Open: between neighbours
  kVisit,  ///< LinkService.Visit: transient, in open networks
};

/// Dials: a call of that kind on that channel.
std::shared_ptr<LinkStream> dial_link(std::shared_ptr<grpc::Channel> channel,
                                      boost::asio::any_io_executor strand, StreamKind kind);

/// The serving end. `accepted` is called on the strand with each stream of a proven caller, which
/// it must begin.
std::unique_ptr<grpc::Service> serve_links(
    boost::asio::any_io_executor strand,
    std::function<void(std::shared_ptr<LinkStream>, const PeerId& caller, StreamKind)> accepted);

}  // namespace shoal::overlay
