// SPDX-License-Identifier: Apache-2.0
// From values to the bytes of a link.
#include <array>

#include "proto/codec/bodies.h"
#include "proto/codec/frame_codec.h"
#include "proto/codec/query_id.h"
#include "proto/codec/wire_writer.h"
#include "proto/types/assert.h"
#include "proto/types/limits_links.h"
#include "shoal/v1/link.pb.h"

namespace shoal::codec {
namespace {

/// An entry of a frame: a Message in which `kind` holds so many bytes, which the caller appends.
void begin_entry(std::string& out, int kind, std::size_t length) {
  append_head(out, v1::Frame::kMessagesFieldNumber, bytes_size(length));
  append_head(out, kind, length);
}

std::size_t copy_size(const Message& message) {
  return bytes_size(16) + number_size(message.ttl) + number_size(message.overlay.value);
}
/// Every message about a query has it as its field 1.
void append_copy(std::string& out, const Message& message) {
  append_head(out, 1, copy_size(message));
  append_head(out, v1::CopyId::kQueryIdFieldNumber, 16);
  std::array<char, 16> id{};
  for (std::size_t byte = 0; byte < 8; ++byte) {
    id[byte] = static_cast<char>(static_cast<std::uint8_t>(message.query.high >> (56 - 8 * byte)));
    id[8 + byte] =
        static_cast<char>(static_cast<std::uint8_t>(message.query.low >> (56 - 8 * byte)));
  }
  out.append(id.data(), id.size());
  append_number(out, v1::CopyId::kTtlFieldNumber, message.ttl);
  append_number(out, v1::CopyId::kOverlayFieldNumber, message.overlay.value);
}

void append_query(std::string& out, const Message& message) {
  const auto& body = message.body.ref<QueryBody>();
  if (body.wire.empty()) body.wire = encode_query_body(body);
  begin_entry(out, v1::Message::kQueryFieldNumber,
              bytes_size(copy_size(message)) + number_size(message.hops) +
                  number_size(message.budget_ms) + bytes_size(body.wire.size()));
  append_copy(out, message);
  append_number(out, v1::Query::kHopsFieldNumber, message.hops);
  append_number(out, v1::Query::kBudgetMsFieldNumber, message.budget_ms);
  append_bytes(out, v1::Query::kBodyFieldNumber, body.wire);
}

v1::EchoKind kind_of_echo(MessageKind kind) {
  switch (kind) {
    case MessageKind::kEchoDuplicate:
      return v1::ECHO_KIND_DUPLICATE;
    case MessageKind::kEchoLeaf:
      return v1::ECHO_KIND_LEAF;
    case MessageKind::kEchoRefused:
      return v1::ECHO_KIND_REFUSED;
    default:
      return v1::ECHO_KIND_COUNTS;
  }
}

void append_echo(std::string& out, const Message& message) {
  const v1::EchoKind kind = kind_of_echo(message.kind);
  const std::size_t fixed =
      bytes_size(copy_size(message)) + number_size(static_cast<std::uint64_t>(kind));
  std::string counts;
  if (kind == v1::ECHO_KIND_COUNTS) {
    v1::EchoCounts wire;
    encode_counts(message.body.ref<EchoBody>().counts, wire);
    counts = wire.SerializeAsString();
    begin_entry(out, v1::Message::kEchoFieldNumber, fixed + bytes_size(counts.size()));
  } else {
    begin_entry(out, v1::Message::kEchoFieldNumber, fixed);
  }
  append_copy(out, message);
  append_number(out, v1::Echo::kKindFieldNumber, static_cast<std::uint64_t>(kind));
  if (kind == v1::ECHO_KIND_COUNTS) append_bytes(out, v1::Echo::kCountsFieldNumber, counts);
}

void append_hit(std::string& out, const Message& message) {
  const std::string& offer = message.body.ref<HitBody>().sealed;
  begin_entry(
      out, v1::Message::kHitFieldNumber,
      bytes_size(copy_size(message)) + bytes_size(offer.size()) + number_size(message.hops));
  append_copy(out, message);
  append_bytes(out, v1::Hit::kOfferFieldNumber, offer);
  append_number(out, v1::Hit::kHopsFieldNumber, message.hops);
}

void append_own(std::string& out, const Message& message) {
  const auto& body = message.body.ref<OpaqueBody>();
  SHOAL_ASSERT(body.bytes.size() <= limits::kOwnBodyBytes);
  std::size_t length = bytes_size(copy_size(message)) +
                       number_size(static_cast<std::uint64_t>(message.kind)) +
                       number_size(message.hops) + number_size(message.budget_ms);
  if (!body.bytes.empty()) length += bytes_size(body.bytes.size());
  for (const std::string& card : body.cards) length += bytes_size(card.size());
  begin_entry(out, v1::Message::kOverlayFieldNumber, length);
  append_copy(out, message);
  append_number(out, v1::OverlayMessage::kKindFieldNumber,
                static_cast<std::uint64_t>(message.kind));
  append_number(out, v1::OverlayMessage::kHopsFieldNumber, message.hops);
  append_number(out, v1::OverlayMessage::kBudgetMsFieldNumber, message.budget_ms);
  if (!body.bytes.empty()) append_bytes(out, v1::OverlayMessage::kBodyFieldNumber, body.bytes);
  for (const std::string& card : body.cards) {
    append_bytes(out, v1::OverlayMessage::kContactsFieldNumber, card);
  }
}

v1::LinkMode mode_of(LinkMode mode) {
  return mode == LinkMode::kActive ? v1::LINK_MODE_ACTIVE : v1::LINK_MODE_STANDBY;
}

/// An entry that is one number; a oneof's member is written even when it is 0.
void append_alone(std::string& out, int kind, std::uint64_t value) {
  append_head(out, v1::Frame::kMessagesFieldNumber, 1 + varint_size(value));
  out += static_cast<char>(kind << 3);
  append_varint(out, value);
}

void append_numbered(std::string& out, int kind, std::uint64_t number) {
  begin_entry(out, kind, number_size(number));
  append_number(out, 1, number);
}

}  // namespace

std::string encode_hello(const Hello& hello) {
  v1::OpenRequest wire;
  v1::Hello& part = *wire.mutable_hello();
  part.set_version(hello.version);
  part.set_network(hello.network);
  part.set_mode(mode_of(hello.mode));
  part.set_ttl_limit(hello.ttl_limit);
  const bool parsed = part.mutable_card()->ParseFromString(hello.card);
  SHOAL_ASSERT(parsed);
  return wire.SerializeAsString();
}

void append_item(std::string& out, const Message& message) {
  const std::size_t before = out.size();
  switch (message.kind) {
    case MessageKind::kQuery:
      append_query(out, message);
      break;
    case MessageKind::kEchoDuplicate:
    case MessageKind::kEchoLeaf:
    case MessageKind::kEchoRefused:
    case MessageKind::kEcho:
      append_echo(out, message);
      break;
    case MessageKind::kHit:
      append_hit(out, message);
      break;
    case MessageKind::kCancel:
      begin_entry(out, v1::Message::kCancelFieldNumber, bytes_size(copy_size(message)));
      append_copy(out, message);
      break;
    case MessageKind::kLinkActive:
      append_alone(out, v1::Message::kModeFieldNumber, v1::LINK_MODE_ACTIVE);
      break;
    case MessageKind::kLinkStandby:
      append_alone(out, v1::Message::kModeFieldNumber, v1::LINK_MODE_STANDBY);
      break;
    default:
      append_own(out, message);
  }
  SHOAL_ASSERT(out.size() - before <= limits::kFrameBytes / 2);
}

std::string encode_item(const Item& item) {
  std::string entry;
  if (const auto* const message = std::get_if<Message>(&item)) {
    append_item(entry, *message);
  } else if (const auto* const ping = std::get_if<Ping>(&item)) {
    append_numbered(entry, v1::Message::kPingFieldNumber, ping->number);
  } else {
    append_numbered(entry, v1::Message::kPongFieldNumber, std::get<Pong>(item).number);
  }
  return entry;
}

std::string frame_of(std::string_view entries) {
  SHOAL_ASSERT(entries.size() <= limits::kFrameBytes);
  std::string write;
  write.reserve(bytes_size(entries.size()));
  append_bytes(write, v1::OpenRequest::kFrameFieldNumber, entries);
  return write;
}

}  // namespace shoal::codec
