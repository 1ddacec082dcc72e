// SPDX-License-Identifier: Apache-2.0
// From the bytes of a link to values.
#include <array>
#include <tl/expected.hpp>
#include <utility>

#include "proto/codec/bodies.h"
#include "proto/codec/frame_codec.h"
#include "proto/codec/offer_peek.h"
#include "proto/codec/plain_read.h"
#include "proto/codec/query_id.h"
#include "proto/types/limits_links.h"
#include "proto/types/utf8.h"
#include "shoal/v1/link.pb.h"

namespace shoal::codec {
namespace {

constexpr std::array<std::string_view, 14> kRefusals{
    "frame too long", "garbage",     "unknown kind of message", "no copy named",
    "bad query id",   "bad number",  "bad query body",          "terms too long",
    "bad terms",      "bad content", "bad query key",           "bad counts",
    "bad offer",      "bad contacts"};

using Decoded = tl::expected<Item, Refusal>;

/// What stands around the longest frame.
constexpr std::size_t kEnvelope = 8;

/// The fields that all messages about a copy share.
tl::expected<Message, Refusal> about(const v1::CopyId& copy) {
  const auto query = query_id_of(copy.query_id());
  if (!query) return tl::unexpected(Refusal::kBadQueryId);
  if (copy.ttl() > UINT8_MAX || copy.overlay() > UINT8_MAX) {
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
  auto message = about(wire.copy());
  if (message && (message->ttl == 0 || message->overlay.value == 0)) {
    return tl::unexpected(Refusal::kBadNumber);
  }
  return message;
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

/// The cards as bytes; whoever takes the message in verifies them.
tl::expected<std::vector<std::string>, Refusal> read_cards(const v1::OverlayMessage& wire) {
  std::vector<std::string> cards;
  if (static_cast<std::size_t>(wire.contacts_size()) > limits::kContactsMax) {
    return tl::unexpected(Refusal::kBadContacts);
  }
  std::size_t bytes = 0;
  for (const v1::SignedCard& card : wire.contacts()) {
    cards.push_back(card.SerializeAsString());
    bytes += cards.back().size();
  }
  if (bytes > limits::kContactsBytes) return tl::unexpected(Refusal::kBadContacts);
  return cards;
}

/// Number 0 is the membership's, and an overlay's own messages need not be about a query.
Decoded read_own(const v1::OverlayMessage& wire) {
  if (!wire.has_copy()) return tl::unexpected(Refusal::kNoCopy);
  auto message = about(wire.copy());
  if (!message) return tl::unexpected(message.error());
  if (wire.kind() < kFirstOwnMessageKind || wire.kind() > UINT8_MAX || wire.hops() > UINT8_MAX ||
      wire.body().size() > limits::kOwnBodyBytes) {
    return tl::unexpected(Refusal::kBadNumber);
  }
  auto cards = read_cards(wire);
  if (!cards) return tl::unexpected(cards.error());
  message->kind = static_cast<MessageKind>(wire.kind());
  message->hops = static_cast<std::uint8_t>(wire.hops());
  message->budget_ms = wire.budget_ms();
  message->body = make_payload<OpaqueBody>([&](OpaqueBody& body) {
    body.bytes = wire.body();
    body.cards = std::move(*cards);
  });
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

void add(Read& read, Decoded item) {
  if (item) {
    read.items.push_back(std::move(*item));
  } else {
    read.refusals.push_back(item.error());
  }
}

/// A frame entry by entry, of which protobuf sees only those that are not plain. None: it is no
/// frame in plain form, or not all of it is protobuf.
std::optional<Read> read_frame(std::string_view bytes) {
  PlainReader envelope(bytes);
  const auto frame = envelope.bytes(v1::OpenRequest::kFrameFieldNumber);
  if (!frame || !envelope.done()) return std::nullopt;
  Read read;
  PlainReader entries(*frame);
  while (!entries.done()) {
    const auto entry = entries.bytes(v1::Frame::kMessagesFieldNumber);
    if (!entry) return std::nullopt;
    if (auto plain = read_plain(*entry)) {
      read.items.emplace_back(std::move(*plain));
      continue;
    }
    v1::Message wire;
    if (!wire.ParseFromArray(entry->data(), static_cast<int>(entry->size()))) return std::nullopt;
    add(read, read_item(wire));
  }
  return read;
}

}  // namespace

std::string_view to_text(Refusal refusal) {
  return kRefusals.at(static_cast<std::size_t>(refusal));
}

Read decode_by_protobuf(std::string_view bytes) {
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
    for (const v1::Message& message : wire.frame().messages()) add(read, read_item(message));
  }
  return read;
}

Read decode(std::string_view bytes) {
  if (bytes.size() <= limits::kFrameBytes + kEnvelope) {
    if (auto read = read_frame(bytes)) return std::move(*read);
  }
  return decode_by_protobuf(bytes);
}

}  // namespace shoal::codec
