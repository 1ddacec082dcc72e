// SPDX-License-Identifier: Apache-2.0
#include "overlay/membership/hyparview_messages.h"

#include <string>

#include "overlay/core/membership.h"

namespace shoal::overlay::hyparview {
namespace {

/// What the bytes of a kind hold.
struct Shape {
  bool flag = false;
  bool ttl = false;
  bool nonce = false;
  std::size_t peers_least = 0;
  bool more_peers = false;

  [[nodiscard]] std::size_t bytes() const {
    return (flag ? 1U : 0U) + (ttl ? 1U : 0U) + (nonce ? sizeof(std::uint64_t) : 0U);
  }
};

Shape shape_of(Kind kind) {
  switch (kind) {
    case Kind::kJoin:
    case Kind::kDisconnect:
      return {};
    case Kind::kForwardJoin:
      return {.ttl = true, .peers_least = 1};
    case Kind::kNeighbor:
    case Kind::kAnswer:
      return {.flag = true};
    case Kind::kShuffle:
      return {.ttl = true, .nonce = true, .peers_least = 1, .more_peers = true};
    case Kind::kShuffleReply:
      return {.nonce = true, .more_peers = true};
  }
  return {};
}

}  // namespace

Message encode(const Said& said) {
  const Shape shape = shape_of(said.kind);
  Message message;
  message.kind = static_cast<MessageKind>(said.kind);
  message.overlay = kMembershipMessages;
  message.body = make_payload<OpaqueBody>([&](OpaqueBody& body) {
    if (shape.flag) body.bytes += said.flag ? '\1' : '\0';
    if (shape.ttl) body.bytes += static_cast<char>(said.ttl);
    for (std::size_t i = 0; shape.nonce && i < sizeof(said.nonce); ++i) {
      body.bytes += static_cast<char>(said.nonce >> (8 * i) & 0xff);
    }
    for (const PeerRef peer : said.peers) body.contacts.push_back(Contact{peer});
  });
  return message;
}

std::optional<Said> decode(const Message& message, std::uint8_t ttl_most, std::size_t peers_most) {
  const auto& body = message.body.ref<OpaqueBody>();
  Said said;
  said.kind = static_cast<Kind>(message.kind);
  if (said.kind < Kind::kJoin || said.kind > Kind::kShuffleReply) return std::nullopt;
  const Shape shape = shape_of(said.kind);
  const std::size_t peers = body.contacts.size();
  if (body.bytes.size() != shape.bytes() || peers < shape.peers_least || peers > peers_most ||
      (!shape.more_peers && peers > shape.peers_least)) {
    return std::nullopt;
  }
  std::size_t at = 0;
  const auto next = [&] { return static_cast<std::uint8_t>(body.bytes[at++]); };
  if (shape.flag) {
    const std::uint8_t flag = next();
    if (flag > 1) return std::nullopt;
    said.flag = flag == 1;
  }
  if (shape.ttl) said.ttl = next();
  if (said.ttl > ttl_most) return std::nullopt;
  for (std::size_t i = 0; shape.nonce && i < sizeof(said.nonce); ++i) {
    said.nonce |= std::uint64_t{next()} << (8 * i);
  }
  for (const Contact& contact : body.contacts) said.peers.push_back(contact.peer);
  return said;
}

}  // namespace shoal::overlay::hyparview
