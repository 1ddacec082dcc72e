// SPDX-License-Identifier: Apache-2.0
// librabbitmq behind connection.h.
#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_tcp_socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

#include "broker/connection.h"
#include "broker/lookup.h"
#include "proto/types/limits_broker.h"
#include "proto/types/utf8.h"

namespace shoal::broker {
namespace {

constexpr amqp_channel_t kChannel = 1;
constexpr int kFrameMax = 128 * 1024;
constexpr std::uint16_t kNotFound = 404;
constexpr std::uint16_t kPreconditionFailed = 406;
constexpr int kLowPriority = -10;
constexpr std::string_view kOwnTag = "own";
constexpr std::string_view kSharedTag = "shared";
constexpr std::string_view kReplyTag = "replies";

amqp_bytes_t bytes_of(std::string_view text) {
  // It is only read from: the library's type knows no const.
  return {text.size(), const_cast<char*>(text.data())};
}

std::string text_of(amqp_bytes_t bytes) {
  return bytes.len == 0 ? std::string()
                        : std::string(static_cast<const char*>(bytes.bytes), bytes.len);
}

timeval time_of(std::chrono::milliseconds time) {
  return {static_cast<time_t>(time.count() / 1000),
          static_cast<suseconds_t>(time.count() % 1000 * 1000)};
}

amqp_table_entry_t entry(const char* name, std::int32_t value) {
  amqp_table_entry_t out{};
  out.key = amqp_cstring_bytes(name);
  out.value.kind = AMQP_FIELD_KIND_I32;
  out.value.value.i32 = value;
  return out;
}

/// Of a queue: it never grows without bound, whoever consumes it or does not.
struct QueueBounds {
  std::array<amqp_table_entry_t, 2> entries{
      entry("x-max-length", limits::kBrokerQueueLength),
      entry("x-message-ttl", static_cast<std::int32_t>(limits::kBrokerMessageTime.count()))};
  amqp_table_t table{static_cast<int>(entries.size()), entries.data()};
};

struct Refusal {
  std::uint16_t code = 0;
  std::string text;
};

Refusal refusal_of(amqp_method_t method) {
  if (method.id == AMQP_CHANNEL_CLOSE_METHOD) {
    const auto& closed = *static_cast<const amqp_channel_close_t*>(method.decoded);
    return {closed.reply_code, disarm(text_of(closed.reply_text))};
  }
  if (method.id == AMQP_CONNECTION_CLOSE_METHOD) {
    const auto& closed = *static_cast<const amqp_connection_close_t*>(method.decoded);
    return {closed.reply_code, disarm(text_of(closed.reply_text))};
  }
  return {0, "it sent what was not expected"};
}

// What is known of a message whose frames are still coming.
struct Partial {
  Delivery delivery;
  std::uint64_t left = 0;
  bool headed = false;
};

class RabbitMq final : public Connection {
 public:
  RabbitMq(const Url& url, OnSocket on_socket)
      : place_(url.shown()), on_socket_(std::move(on_socket)), state_(amqp_new_connection()) {}
  ~RabbitMq() override {
    if (told_) on_socket_(-1);
    amqp_destroy_connection(state_);
  }

  Result<void> start(const Url& url, Lookup& host);

  [[nodiscard]] int socket() const override { return amqp_get_sockfd(state_); }
  [[nodiscard]] const std::string& replies() const override { return replies_; }
  Result<void> read(const std::function<void(Delivery)>& on_delivery) override;
  Result<void> send(const Outgoing& message) override;
  void close() override {
    const timeval soon = time_of(limits::kBrokerFarewell);
    amqp_set_rpc_timeout(state_, &soon);
    amqp_connection_close(state_, AMQP_REPLY_SUCCESS);
  }

 private:
  [[nodiscard]] tl::unexpected<Error> lost(std::string why) const {
    return fail(Errc::kUnreachable, "the broker at " + place_ + " does not answer", std::move(why),
                "see that it runs, and broker.url");
  }
  Result<void> connect(const Url& url, Lookup& host);
  Result<void> log_in(const Url& url);
  Result<void> open_channel();
  Result<void> declare();
  Result<void> declare_exchange();
  Result<void> declare_shared_queue();
  Result<std::string> own_queue();
  Result<void> bind(std::string_view queue);
  Result<void> consume(std::string_view queue, std::string_view tag, int priority);
  // How the last request ended; none: as it should.
  std::optional<Error> trouble(Refusal* refusal = nullptr);
  std::optional<Delivery> take(const amqp_frame_t& frame);
  void take_header(const amqp_frame_t& frame);
  std::optional<Delivery> whole();

  const std::string place_;
  const OnSocket on_socket_;
  amqp_connection_state_t state_;
  bool told_ = false;
  std::string replies_;
  std::optional<Partial> partial_;
};

Result<void> RabbitMq::start(const Url& url, Lookup& host) {
  if (auto done = connect(url, host); !done) return done;
  if (auto done = log_in(url); !done) return done;
  if (auto done = open_channel(); !done) return done;
  return declare();
}

Result<void> RabbitMq::connect(const Url& url, Lookup& host) {
  amqp_socket_t* const socket = amqp_tcp_socket_new(state_);
  if (socket == nullptr) return lost("there is no memory for a socket");
  const timeval step = time_of(limits::kBrokerStepTime);
  amqp_set_handshake_timeout(state_, &step);
  amqp_set_rpc_timeout(state_, &step);
  const auto addresses = host.find(limits::kBrokerConnectTime, [this] { return on_socket_(-1); });
  if (!addresses) return tl::unexpected(addresses.error());
  int status = AMQP_STATUS_HOSTNAME_RESOLUTION_FAILED;
  // A name may have any number of addresses: they share one time, of which a dead one leaves the
  // others theirs.
  const auto until = std::chrono::steady_clock::now() + limits::kBrokerConnectTime;
  auto remaining = static_cast<std::int64_t>(addresses->size());
  for (const std::string& address : *addresses) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    if (left <= std::chrono::milliseconds(0)) break;
    const timeval connecting = time_of(std::max(left / remaining, std::chrono::milliseconds(1)));
    --remaining;
    status = amqp_socket_open_noblock(socket, address.c_str(), url.port, &connecting);
    if (status == AMQP_STATUS_OK || !on_socket_(-1)) break;
  }
  if (status != AMQP_STATUS_OK) return lost(amqp_error_string2(status));
  told_ = true;
  if (!on_socket_(amqp_get_sockfd(state_))) return lost("shoald is stopping");
  return {};
}

Result<void> RabbitMq::log_in(const Url& url) {
  const auto reply = amqp_login(state_, url.vhost.c_str(), 1, kFrameMax,
                                static_cast<int>(limits::kBrokerHeartbeat.count()),
                                AMQP_SASL_METHOD_PLAIN, url.user.c_str(), url.password.c_str());
  if (reply.reply_type == AMQP_RESPONSE_NORMAL) return {};
  const auto denied = [&](const std::string& why) {
    return fail(Errc::kDenied, "the broker at " + place_ + " does not let this peer in", why,
                "see user, password and vhost of broker.url");
  };
  if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION)
    return denied(refusal_of(reply.reply).text);
  // Brokers that are asked not to say why close the connection.
  if (reply.library_error == AMQP_STATUS_CONNECTION_CLOSED ||
      reply.library_error == AMQP_STATUS_SOCKET_ERROR) {
    return lost("it closed the connection when this peer logged in");
  }
  return lost(amqp_error_string2(reply.library_error));
}

std::optional<Error> RabbitMq::trouble(Refusal* refusal) {
  const auto reply = amqp_get_rpc_reply(state_);
  if (reply.reply_type == AMQP_RESPONSE_NORMAL) return std::nullopt;
  if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION) {
    Refusal said = refusal_of(reply.reply);
    if (refusal != nullptr) *refusal = said;
    return fail(Errc::kDenied, "the broker at " + place_ + " refuses this peer",
                std::move(said.text), "see what broker.url's user may do there")
        .value();
  }
  return lost(reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION
                  ? amqp_error_string2(reply.library_error)
                  : "it closed the connection")
      .value();
}

Result<void> RabbitMq::open_channel() {
  amqp_channel_open(state_, kChannel);
  if (auto failed = trouble()) return tl::unexpected(std::move(*failed));
  return {};
}

Result<void> RabbitMq::declare() {
  if (auto done = declare_exchange(); !done) return done;
  if (auto done = declare_shared_queue(); !done) return done;
  if (auto done = bind(kQueryName); !done) return done;
  const auto own = own_queue();
  if (!own) return tl::unexpected(own.error());
  if (auto done = bind(*own); !done) return done;
  auto replies = own_queue();
  if (!replies) return tl::unexpected(replies.error());
  replies_ = std::move(*replies);
  if (auto done = consume(replies_, kReplyTag, 0); !done) return done;
  if (auto done = consume(*own, kOwnTag, 0); !done) return done;
  return consume(kQueryName, kSharedTag, kLowPriority);
}

Result<void> RabbitMq::declare_exchange() {
  amqp_exchange_declare(state_, kChannel, bytes_of(kQueryName), bytes_of("fanout"), 0, 1, 0, 0,
                        amqp_empty_table);
  Refusal refusal;
  if (auto failed = trouble(&refusal)) {
    if (refusal.code == kPreconditionFailed) failed->code = Errc::kConflict;
    return tl::unexpected(std::move(*failed));
  }
  return {};
}

// Taken as it is where it is there, whoever declared it and how; else it is declared as programs of
// the replaced systems do, plainly: were it in any way ours, a program that starts after this one
// would be refused. What we put there expires by itself, message by message.
Result<void> RabbitMq::declare_shared_queue() {
  std::optional<Error> failed;
  for (const bool passive : {true, false, true}) {
    amqp_queue_declare(state_, kChannel, bytes_of(kQueryName), passive ? 1 : 0, 0, 0, 0,
                       amqp_empty_table);
    Refusal refusal;
    failed = trouble(&refusal);
    if (!failed) return {};
    // Between the two tries somebody else may have declared it in another way.
    if (refusal.code != (passive ? kNotFound : kPreconditionFailed)) break;
    amqp_channel_close_ok_t seen{};
    amqp_send_method(state_, kChannel, AMQP_CHANNEL_CLOSE_OK_METHOD, &seen);
    if (auto again = open_channel(); !again) return again;
  }
  return tl::unexpected(std::move(*failed));
}

Result<std::string> RabbitMq::own_queue() {
  QueueBounds bounds;
  const auto* const made =
      amqp_queue_declare(state_, kChannel, amqp_empty_bytes, 0, 0, 1, 1, bounds.table);
  if (auto failed = trouble()) return tl::unexpected(std::move(*failed));
  return text_of(made->queue);
}

Result<void> RabbitMq::bind(std::string_view queue) {
  amqp_queue_bind(state_, kChannel, bytes_of(queue), bytes_of(kQueryName), amqp_empty_bytes,
                  amqp_empty_table);
  if (auto failed = trouble()) return tl::unexpected(std::move(*failed));
  return {};
}

Result<void> RabbitMq::consume(std::string_view queue, std::string_view tag, int priority) {
  std::array<amqp_table_entry_t, 1> entries{entry("x-priority", priority)};
  const amqp_table_t arguments{static_cast<int>(entries.size()), entries.data()};
  amqp_basic_consume(state_, kChannel, bytes_of(queue), bytes_of(tag), 0, 1, 0, arguments);
  if (auto failed = trouble()) return tl::unexpected(std::move(*failed));
  return {};
}

Result<void> RabbitMq::send(const Outgoing& message) {
  amqp_basic_properties_t properties{};
  properties._flags =
      AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_EXPIRATION_FLAG;
  properties.content_type = bytes_of("application/json");
  properties.delivery_mode = AMQP_DELIVERY_NONPERSISTENT;
  const std::string expiration = std::to_string(limits::kBrokerMessageTime.count());
  properties.expiration = bytes_of(expiration);
  if (!message.correlation.empty()) {
    properties._flags |= AMQP_BASIC_CORRELATION_ID_FLAG;
    properties.correlation_id = bytes_of(message.correlation);
  }
  if (!message.reply_to.empty()) {
    properties._flags |= AMQP_BASIC_REPLY_TO_FLAG;
    properties.reply_to = bytes_of(message.reply_to);
  }
  const int status =
      amqp_basic_publish(state_, kChannel, message.to_all ? bytes_of(kQueryName) : amqp_empty_bytes,
                         message.to_all ? amqp_empty_bytes : bytes_of(message.to), 0, 0,
                         &properties, bytes_of(message.body));
  if (status != AMQP_STATUS_OK) return lost(amqp_error_string2(status));
  return {};
}

Result<void> RabbitMq::read(const std::function<void(Delivery)>& on_delivery) {
  while (true) {
    amqp_frame_t frame{};
    const timeval at_once{0, 0};
    const int status = amqp_simple_wait_frame_noblock(state_, &frame, &at_once);
    if (status == AMQP_STATUS_TIMEOUT) return {};
    if (status != AMQP_STATUS_OK) return lost(amqp_error_string2(status));
    const bool method = frame.frame_type == AMQP_FRAME_METHOD;
    if (method && frame.payload.method.id != AMQP_BASIC_DELIVER_METHOD) {
      // Closed, or one of our queues is gone: a new connection puts it right.
      if (frame.payload.method.id == AMQP_BASIC_CANCEL_METHOD) return lost("a queue was deleted");
      return lost(refusal_of(frame.payload.method).text);
    }
    auto delivery = take(frame);
    // All that is kept of a frame was copied: a message of any length takes no more memory.
    amqp_maybe_release_buffers_on_channel(state_, kChannel);
    if (delivery) on_delivery(std::move(*delivery));
  }
}

std::optional<Delivery> RabbitMq::take(const amqp_frame_t& frame) {
  if (frame.frame_type == AMQP_FRAME_METHOD) {
    const auto& deliver = *static_cast<const amqp_basic_deliver_t*>(frame.payload.method.decoded);
    Partial& message = partial_.emplace();
    const std::string tag = text_of(deliver.consumer_tag);
    using By = Delivery::By;
    message.delivery.by = tag == kReplyTag    ? By::kReplies
                          : tag == kSharedTag ? By::kSharedQueue
                                              : By::kOwnQueue;
    message.delivery.by_exchange = text_of(deliver.exchange) == kQueryName;
    return std::nullopt;
  }
  if (!partial_) return std::nullopt;
  if (frame.frame_type == AMQP_FRAME_HEADER) {
    take_header(frame);
    return whole();
  }
  if (frame.frame_type == AMQP_FRAME_BODY && partial_->headed) {
    const amqp_bytes_t part = frame.payload.body_fragment;
    partial_->left -= std::min<std::uint64_t>(partial_->left, part.len);
    if (!partial_->delivery.too_long) partial_->delivery.body += text_of(part);
    return whole();
  }
  return std::nullopt;
}

void RabbitMq::take_header(const amqp_frame_t& frame) {
  Delivery& delivery = partial_->delivery;
  const auto& properties =
      *static_cast<const amqp_basic_properties_t*>(frame.payload.properties.decoded);
  if ((properties._flags & AMQP_BASIC_CORRELATION_ID_FLAG) != 0) {
    delivery.correlation = text_of(properties.correlation_id);
  }
  if ((properties._flags & AMQP_BASIC_REPLY_TO_FLAG) != 0) {
    delivery.reply_to = text_of(properties.reply_to);
  }
  const std::uint64_t most = delivery.by == Delivery::By::kReplies ? limits::kBrokerAnswerBytes
                                                                   : limits::kBrokerQueryBytes;
  partial_->left = frame.payload.properties.body_size;
  partial_->headed = true;
  delivery.too_long = partial_->left > most;
}

std::optional<Delivery> RabbitMq::whole() {
  if (partial_->left > 0) return std::nullopt;
  std::optional<Delivery> out = std::move(partial_->delivery);
  partial_.reset();
  return out;
}

}  // namespace

bool Connection::available() { return true; }

Result<std::unique_ptr<Connection>> Connection::open(const Url& url, Lookup& host,
                                                     OnSocket on_socket) {
  auto made = std::make_unique<RabbitMq>(url, std::move(on_socket));
  if (auto started = made->start(url, host); !started) return tl::unexpected(started.error());
  return made;
}

}  // namespace shoal::broker
