// SPDX-License-Identifier: Apache-2.0
#include "sim/network/wire_size.h"

#include <bit>

namespace shoal::sim {
namespace {

constexpr std::uint32_t kQueryIdBytes = 18;  // tag, length, 16 bytes
constexpr std::uint32_t kDigestBytes = 34;   // tag, length, 32 bytes
constexpr std::uint32_t kFileBytes = 48;     // of a hit, without the name

std::uint32_t varint(std::uint64_t value) {
  return value == 0 ? 1 : static_cast<std::uint32_t>(std::bit_width(value) + 6) / 7;
}

// A number with its tag; nothing when it is 0.
std::uint32_t number(std::uint64_t value) { return value == 0 ? 0 : 1 + varint(value); }
// Bytes or a message with tag and length; nothing when empty.
std::uint32_t block(std::uint32_t bytes) { return 1 + varint(bytes) + bytes; }
std::uint32_t text(std::size_t bytes) {
  return bytes == 0 ? 0 : block(static_cast<std::uint32_t>(bytes));
}

std::uint32_t zigzag(std::int32_t value) {
  return (static_cast<std::uint32_t>(value) << 1) ^ static_cast<std::uint32_t>(value >> 31);
}

std::uint32_t size_of(const Counts& counts) {
  std::uint32_t hops = 0;
  for (const std::int32_t peers : counts.peers_by_hop) hops += varint(zigzag(peers));
  return number(counts.first_hop) + text(hops) + number(counts.copies) + number(counts.duplicates) +
         number(counts.refused) + number(counts.unanswered) + number(counts.dropped) +
         number(counts.cut_by_budget) + number(counts.unsearched) + number(counts.hits_dropped) +
         number(counts.spared);
}

std::uint32_t offer_size(const HitBody& hit) {
  std::uint32_t bytes = kSealBytes;
  for (const HitFile& file : hit.files) {
    bytes += kFileBytes + static_cast<std::uint32_t>(file.name.size());
  }
  return bytes;
}

std::uint32_t copy_size(const Message& message) {
  return block(kQueryIdBytes + number(message.ttl) + number(message.overlay.value));
}

}  // namespace

std::uint32_t wire_size(const QueryBody& body) {
  std::uint32_t bytes = text(body.terms.size()) + kDigestBytes + 2;  // key and rule
  if (body.content) bytes += kDigestBytes + number(body.content->length);
  bytes += number(body.length_min);
  if (body.length_max != UINT64_MAX) bytes += 1 + varint(body.length_max);
  return bytes + (body.echo ? 0 : 2);
}

std::uint32_t query_wire_size(const Message& message, std::uint32_t body_bytes) {
  return block(block(copy_size(message) + number(message.hops) + number(message.budget_ms) +
                     block(body_bytes)));
}

std::uint32_t wire_size(const Message& message) {
  if (message.kind == MessageKind::kLinkActive || message.kind == MessageKind::kLinkStandby) {
    return block(2);
  }
  const std::uint32_t copy = copy_size(message);
  switch (message.kind) {
    case MessageKind::kQuery:
      return query_wire_size(message, wire_size(message.body.ref<QueryBody>()));
    case MessageKind::kEchoDuplicate:
    case MessageKind::kEchoLeaf:
    case MessageKind::kEchoRefused:
      return block(block(copy + 2));
    case MessageKind::kEcho:
      return block(block(copy + 2 + block(size_of(message.body.ref<EchoBody>().counts))));
    case MessageKind::kHit:
      return block(
          block(copy + block(offer_size(message.body.ref<HitBody>())) + number(message.hops)));
    case MessageKind::kCancel:
      return block(block(copy));
    default: {  // an overlay's own
      const auto* const own = message.body.as<OpaqueBody>();
      const auto kind = static_cast<std::uint8_t>(message.kind);
      return block(block(copy + number(kind) + number(message.hops) + number(message.budget_ms) +
                         text(own == nullptr ? 0 : own->bytes.size())));
    }
  }
}

}  // namespace shoal::sim
