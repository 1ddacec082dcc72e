// SPDX-License-Identifier: Apache-2.0
#include "proto/codec/frame_codec.h"

#include <array>
#include <tl/expected.hpp>
#include <utility>

#include "proto/codec/bodies.h"
#include "proto/codec/offer_peek.h"
#include "proto/codec/query_id.h"
#include "proto/types/assert.h"
#include "proto/types/limits.h"
#include "proto/types/utf8.h"
#include "shoal/v1/link.pb.h"

namespace shoal::codec {
namespace {

constexpr std::array<std::string_view, 13> kRefusals{
    "frame too long", "garbage",     "unknown kind of message", "no copy named",
    "bad query id",   "bad number",  "bad query body",          "terms too long",
    "bad terms",      "bad content", "bad query key",           "bad counts",
    "bad offer"};

using Decoded = tl::expected<Item, Refusal>;

/// A length-delimited field, as protobuf writes it (all fields here have numbers under 16).
void append_field(std::string& out, unsigned number, std::string_view bytes) {
  out += static_cast<char>(number << 3 | 2);
  std::size_t length = bytes.size();
  for (; length >= 0x80; length >>= 7) out += static_cast<char>(length | 0x80);
  out += static_cast<char>(length);
  out += bytes;
}

// ---- to the wire -------------------------------------------------------------------------------

v1::LinkMode mode_of(LinkMode mode) {
  return mode == LinkMode::kActive ? v1::LINK_MODE_ACTIVE : v1::LINK_MODE_STANDBY;
}

void set_copy(const Message& message, v1::CopyId& copy) {
  copy.set_query_id(bytes_of(message.query));
  copy.set_ttl(message.ttl);
  copy.set_overlay(message.overlay.value);
}

void set_query(const Message& message, v1::Query& query) {
  set_copy(message, *query.mutable_copy());
  query.set_hops(message.hops);
  query.set_budget_ms(message.budget_ms);
  const auto& body = message.body.ref<QueryBody>();
  if (body.wire.empty()) body.wire = encode_query_body(body);
  query.set_body(body.wire);
}

void set_echo(const Message& message, v1::Echo& echo) {
  set_copy(message, *echo.mutable_copy());
  switch (message.kind) {
    case MessageKind::kEchoDuplicate:
      return echo.set_kind(v1::ECHO_KIND_DUPLICATE);
    case MessageKind::kEchoLeaf:
      return echo.set_kind(v1::ECHO_KIND_LEAF);
    case MessageKind::kEchoRefused:
      return echo.set_kind(v1::ECHO_KIND_REFUSED);
    default:
      echo.set_kind(v1::ECHO_KIND_COUNTS);
      encode_counts(message.body.ref<EchoBody>().counts, *echo.mutable_counts());
  }
}

void set_own(const Message& message, v1::OverlayMessage& own) {
  set_copy(message, *own.mutable_copy());
  own.set_kind(static_cast<std::uint32_t>(message.kind));
  own.set_hops(message.hops);
  own.set_budget_ms(message.budget_ms);
  const auto& body = message.body.ref<OpaqueBody>();
  SHOAL_ASSERT(body.contacts.empty());  // no overlay of this version sends any
  SHOAL_ASSERT(body.bytes.size() <= limits::kOwnBodyBytes);
  own.set_body(body.bytes);
}

v1::Message wire_of(const Message& message) {
  v1::Message wire;
  switch (message.kind) {
    case MessageKind::kQuery:
      set_query(message, *wire.mutable_query());
      break;
    case MessageKind::kEchoDuplicate:
    case MessageKind::kEchoLeaf:
    case MessageKind::kEchoRefused:
    case MessageKind::kEcho:
      set_echo(message, *wire.mutable_echo());
      break;
    case MessageKind::kHit:
      set_copy(message, *wire.mutable_hit()->mutable_copy());
      wire.mutable_hit()->set_hops(message.hops);
      wire.mutable_hit()->set_offer(message.body.ref<HitBody>().sealed);
      break;
    case MessageKind::kCancel:
      set_copy(message, *wire.mutable_cancel()->mutable_copy());
      break;
    case MessageKind::kLinkActive:
      wire.set_mode(v1::LINK_MODE_ACTIVE);
      break;
    case MessageKind::kLinkStandby:
      wire.set_mode(v1::LINK_MODE_STANDBY);
      break;
    default:
      set_own(message, *wire.mutable_overlay());
  }
  return wire;
}

// ---- from the wire -----------------------------------------------------------------------------

/// The fields that all messages about a copy share.
tl::expected<Message, Refusal> about(const v1::CopyId& copy) {
  const auto query = query_id_of(copy.query_id());
  if (!query) return tl::unexpected(Refusal::kBadQueryId);
  if (copy.ttl() == 0 || copy.ttl() > UINT8_MAX || copy.overlay() == 0 ||
      copy.overlay() > UINT8_MAX) {
    return tl::unexpected(Refusal::kBadNumber);
  }
  Message message;
  message.query = *query;
  message.ttl = static_cast<std::uint8_t>(copy.ttl());
  message.overlay = OverlayId{static_cast<std::uint8_t>(copy.overlay())};
  return message;
}

template <class Wire>
tl::expected<Message, Refusal> about_copy_of(const Wire& wire) {
  if (!wire.has_copy()) return tl::unexpected(Refusal::kNoCopy);
  return about(wire.copy());
}

Decoded read_query(const v1::Query& wire) {
  auto message = about_copy_of(wire);
  if (!message) return tl::unexpected(message.error());
  if (wire.hops() > UINT8_MAX) return tl::unexpected(Refusal::kBadNumber);
  message->kind = MessageKind::kQuery;
  message->hops = static_cast<std::uint8_t>(wire.hops());
  message->budget_ms = wire.budget_ms();
  auto body = decode_query_body(wire.body());
  if (!body) return tl::unexpected(body.error());
  message->body = std::move(*body);
  return Item(std::move(*message));
}

Decoded read_echo(const v1::Echo& wire) {
  auto message = about_copy_of(wire);
  if (!message) return tl::unexpected(message.error());
  if (wire.has_counts() != (wire.kind() == v1::ECHO_KIND_COUNTS)) {
    return tl::unexpected(Refusal::kBadCounts);
  }
  switch (wire.kind()) {
    case v1::ECHO_KIND_DUPLICATE:
      message->kind = MessageKind::kEchoDuplicate;
      break;
    case v1::ECHO_KIND_LEAF:
      message->kind = MessageKind::kEchoLeaf;
      break;
    case v1::ECHO_KIND_REFUSED:
      message->kind = MessageKind::kEchoRefused;
      break;
    case v1::ECHO_KIND_COUNTS: {
      auto counts = decode_counts(wire.counts());
      if (!counts) return tl::unexpected(counts.error());
      message->kind = MessageKind::kEcho;
      message->body =
          make_payload<EchoBody>([&](EchoBody& echo) { echo.counts = std::move(*counts); });
      break;
    }
    default:
      return tl::unexpected(Refusal::kBadNumber);
  }
  return Item(std::move(*message));
}

Decoded read_hit(const v1::Hit& wire) {
  auto message = about_copy_of(wire);
  if (!message) return tl::unexpected(message.error());
  if (wire.hops() > UINT8_MAX) return tl::unexpected(Refusal::kBadNumber);
  message->kind = MessageKind::kHit;
  message->hops = static_cast<std::uint8_t>(wire.hops());
  message->body = peek_offer(wire.offer(), message->query);
  if (!message->body) return tl::unexpected(Refusal::kBadOffer);
  return Item(std::move(*message));
}

Decoded read_own(const v1::OverlayMessage& wire) {
  auto message = about_copy_of(wire);
  if (!message) return tl::unexpected(message.error());
  if (wire.kind() < kFirstOwnMessageKind || wire.kind() > UINT8_MAX || wire.hops() > UINT8_MAX ||
      wire.contacts_size() > 0 || wire.body().size() > limits::kOwnBodyBytes) {
    return tl::unexpected(Refusal::kBadNumber);
  }
  message->kind = static_cast<MessageKind>(wire.kind());
  message->hops = static_cast<std::uint8_t>(wire.hops());
  message->budget_ms = wire.budget_ms();
  message->body = make_payload<OpaqueBody>([&](OpaqueBody& body) { body.bytes = wire.body(); });
  return Item(std::move(*message));
}

Decoded read_item(const v1::Message& wire) {
  Message bare;
  switch (wire.kind_case()) {
    case v1::Message::kQuery:
      return read_query(wire.query());
    case v1::Message::kEcho:
      return read_echo(wire.echo());
    case v1::Message::kHit:
      return read_hit(wire.hit());
    case v1::Message::kCancel: {
      auto message = about_copy_of(wire.cancel());
      if (!message) return tl::unexpected(message.error());
      message->kind = MessageKind::kCancel;
      return Item(std::move(*message));
    }
    case v1::Message::kMode:
      if (wire.mode() != v1::LINK_MODE_ACTIVE && wire.mode() != v1::LINK_MODE_STANDBY) {
        return tl::unexpected(Refusal::kBadNumber);
      }
      bare.kind = wire.mode() == v1::LINK_MODE_ACTIVE ? MessageKind::kLinkActive
                                                      : MessageKind::kLinkStandby;
      return Item(std::move(bare));
    case v1::Message::kPing:
      return Item(Ping{wire.ping().number()});
    case v1::Message::kPong:
      return Item(Pong{wire.pong().number()});
    case v1::Message::kOverlay:
      return read_own(wire.overlay());
    case v1::Message::KIND_NOT_SET:
      break;
  }
  return tl::unexpected(Refusal::kUnknownKind);
}

tl::expected<Hello, Refusal> read_hello(const v1::Hello& wire) {
  if (wire.mode() != v1::LINK_MODE_ACTIVE && wire.mode() != v1::LINK_MODE_STANDBY) {
    return tl::unexpected(Refusal::kBadNumber);
  }
  if (wire.network().size() > limits::kPeerNameMax || !is_utf8(wire.network())) {
    return tl::unexpected(Refusal::kBadTerms);
  }
  Hello hello;
  hello.version = wire.version();
  hello.network = wire.network();
  hello.mode = wire.mode() == v1::LINK_MODE_ACTIVE ? LinkMode::kActive : LinkMode::kStandby;
  hello.ttl_limit = wire.ttl_limit();
  hello.card = wire.card().SerializeAsString();
  return hello;
}

}  // namespace

std::string_view to_text(Refusal refusal) {
  return kRefusals.at(static_cast<std::size_t>(refusal));
}

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

std::string encode_item(const Item& item) {
  v1::Message wire;
  if (const auto* const message = std::get_if<Message>(&item)) {
    wire = wire_of(*message);
  } else if (const auto* const ping = std::get_if<Ping>(&item)) {
    wire.mutable_ping()->set_number(ping->number);
  } else {
    wire.mutable_pong()->set_number(std::get<Pong>(item).number);
  }
  std::string entry;
  append_field(entry, v1::Frame::kMessagesFieldNumber, wire.SerializeAsString());
  SHOAL_ASSERT(entry.size() <= limits::kFrameBytes / 2);
  return entry;
}

std::string frame_of(std::string_view entries) {
  SHOAL_ASSERT(entries.size() <= limits::kFrameBytes);
  std::string write;
  append_field(write, v1::OpenRequest::kFrameFieldNumber, entries);
  return write;
}

Read decode(std::string_view bytes) {
  constexpr std::size_t kEnvelope = 8;
  Read read;
  v1::OpenRequest wire;
  if (bytes.size() > limits::kFrameBytes + kEnvelope) {
    read.refusals.push_back(Refusal::kTooLong);
  } else if (!wire.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
             wire.part_case() == v1::OpenRequest::PART_NOT_SET) {
    read.refusals.push_back(Refusal::kGarbage);
  } else if (wire.has_hello()) {
    auto hello = read_hello(wire.hello());
    if (hello) {
      read.hello = std::move(*hello);
    } else {
      read.refusals.push_back(hello.error());
    }
  } else {
    for (const v1::Message& message : wire.frame().messages()) {
      auto item = read_item(message);
      if (item) {
        read.items.push_back(std::move(*item));
      } else {
        read.refusals.push_back(item.error());
      }
    }
  }
  return read;
}

}  // namespace shoal::codec
