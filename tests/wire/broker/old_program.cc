// SPDX-License-Identifier: Apache-2.0
#include "tests/wire/broker/old_program.h"

#include <amqp_tcp_socket.h>

#include "broker/url.h"

namespace shoal::broker {
namespace {

constexpr amqp_channel_t kChannel = 1;
constexpr const char* kQueue = "busqueda_archivos";

amqp_bytes_t bytes_of(const std::string& text) {
  return {text.size(), const_cast<char*>(text.data())};
}

std::string text_of(amqp_bytes_t bytes) {
  return {static_cast<const char*>(bytes.bytes), bytes.len};
}

}  // namespace

OldProgram::OldProgram(const std::string& url) : state_(amqp_new_connection()) {
  if (!connect(url)) return;
  amqp_queue_declare(state_, kChannel, amqp_cstring_bytes(kQueue), 0, 0, 0, 0, amqp_empty_table);
  if (!went_well()) return;
  const auto* const made =
      amqp_queue_declare(state_, kChannel, amqp_empty_bytes, 0, 0, 1, 1, amqp_empty_table);
  if (!went_well()) return;
  replies_ = text_of(made->queue);
  amqp_basic_consume(state_, kChannel, bytes_of(replies_), amqp_empty_bytes, 0, 1, 0,
                     amqp_empty_table);
  went_well();
}

OldProgram::~OldProgram() { amqp_destroy_connection(state_); }

void OldProgram::forget_queue(const std::string& url) {
  OldProgram program(url);
  amqp_queue_delete(program.state_, kChannel, amqp_cstring_bytes(kQueue), 0, 0);
  amqp_get_rpc_reply(program.state_);
}

bool OldProgram::connect(const std::string& url) {
  const auto at = parse_url(url).value();
  amqp_socket_t* const socket = amqp_tcp_socket_new(state_);
  if (socket == nullptr || amqp_socket_open(socket, at.host.c_str(), at.port) != AMQP_STATUS_OK) {
    trouble_ = "no connection";
    return false;
  }
  const auto reply = amqp_login(state_, at.vhost.c_str(), 0, AMQP_DEFAULT_FRAME_SIZE, 0,
                                AMQP_SASL_METHOD_PLAIN, at.user.c_str(), at.password.c_str());
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) {
    trouble_ = "no login";
    return false;
  }
  amqp_channel_open(state_, kChannel);
  return went_well();
}

bool OldProgram::went_well() {
  const auto reply = amqp_get_rpc_reply(state_);
  if (reply.reply_type == AMQP_RESPONSE_NORMAL) return true;
  trouble_ = "the broker is gone";
  if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION &&
      reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
    trouble_ = text_of(static_cast<const amqp_channel_close_t*>(reply.reply.decoded)->reply_text);
  }
  return false;
}

void OldProgram::ask(const std::string& correlation, const std::string& body) {
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_REPLY_TO_FLAG | AMQP_BASIC_CORRELATION_ID_FLAG;
  properties.reply_to = bytes_of(replies_);
  properties.correlation_id = bytes_of(correlation);
  if (amqp_basic_publish(state_, kChannel, amqp_empty_bytes, amqp_cstring_bytes(kQueue), 0, 0,
                         &properties, bytes_of(body)) != AMQP_STATUS_OK) {
    trouble_ = "it was not sent";
  }
}

std::string OldProgram::answer(std::chrono::milliseconds time) {
  amqp_envelope_t envelope;
  const timeval wait{static_cast<time_t>(time.count() / 1000),
                     static_cast<suseconds_t>(time.count() % 1000 * 1000)};
  amqp_maybe_release_buffers(state_);
  if (amqp_consume_message(state_, &envelope, &wait, 0).reply_type != AMQP_RESPONSE_NORMAL) {
    return {};
  }
  std::string out =
      text_of(envelope.message.properties.correlation_id) + ":" + text_of(envelope.message.body);
  amqp_destroy_envelope(&envelope);
  return out;
}

}  // namespace shoal::broker
