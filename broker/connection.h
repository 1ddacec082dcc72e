// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "broker/lookup.h"
#include "broker/url.h"
#include "proto/types/result.h"

namespace shoal::broker {

/// Exchange and queue that queries go by: the queue's name is that of the systems that this one
/// replaces.
inline constexpr std::string_view kQueryName = "busqueda_archivos";

/// One message that came.
struct Delivery {
  enum class By : std::uint8_t {
    kOwnQueue,     ///< this peer's: every peer hears it
    kSharedQueue,  ///< busqueda_archivos: one consumer hears it
    kReplies,      ///< answers to this peer
  };
  By by = By::kOwnQueue;
  bool by_exchange = false;  ///< of kSharedQueue: it went to every peer's own queue as well
  std::string correlation;
  std::string reply_to;
  std::string body;
  bool too_long = false;  ///< then `body` is empty
};

/// One message to send.
struct Outgoing {
  bool to_all = false;  ///< by the exchange; else straight into the queue `to`
  std::string to;
  std::string correlation;
  std::string reply_to;
  std::string body;
};

/// A connection to a broker (AMQP 0-9-1) with this peer's queues in place: a thin wrapper of
/// librabbitmq.
///
/// Queries go to the fanout exchange busqueda_archivos, behind which stand the queue of the same
/// name and a queue of each peer, so that every peer hears each query. The named queue is consumed
/// with a low priority: programs of the replaced systems come first, and what they put straight
/// into it is heard here when none of them takes it. What comes by it was told every peer already
/// where it went by the exchange (Delivery::by_exchange). Queues of peers end with their connection
/// and are bounded; the named one is as it is found.
///
/// Threads: one at a time.
class Connection {
 public:
  /// Told the socket as soon as there is one: who shuts it down ends a call that blocks. Told -1
  /// before it is closed, and until there is one: now and then while the host's name is looked up,
  /// and after each address that does not answer. False: give up.
  using OnSocket = std::function<bool(int socket)>;

  /// Whether this build knows AMQP.
  static bool available();
  /// Connects, logs in and declares. Blocks for limits::kBrokerConnectTime until there is an
  /// address, for as long until one of them answers, and for kBrokerStepTime per step after that.
  /// Errors: kUnsupported, kUnreachable, kDenied (user, password or vhost), kTimeout, kConflict
  /// (the exchange exists and is none of ours).
  static Result<std::unique_ptr<Connection>> open(const Url& url, Lookup& host, OnSocket on_socket);

  virtual ~Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] virtual int socket() const = 0;
  /// This peer's queue for answers, until the connection ends.
  [[nodiscard]] virtual const std::string& replies() const = 0;
  /// Hands out what has come, without waiting; keeps the connection alive. To be called when the
  /// socket is readable and at least once a second. Errors: kUnreachable, and nothing works any
  /// more.
  virtual Result<void> read(const std::function<void(Delivery)>& on_delivery) = 0;
  /// Errors: as read().
  virtual Result<void> send(const Outgoing& message) = 0;
  /// In peace: the broker is told.
  virtual void close() = 0;

 protected:
  Connection() = default;
};

}  // namespace shoal::broker
