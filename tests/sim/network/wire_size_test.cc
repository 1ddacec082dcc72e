// SPDX-License-Identifier: Apache-2.0
#include "sim/network/wire_size.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "proto/codec/frame_codec.h"

namespace shoal::sim {
namespace {

std::uint32_t encoded(const Message& message) {
  return static_cast<std::uint32_t>(codec::encode_item(message).size());
}

Message message_of(MessageKind kind) {
  Message message;
  message.kind = kind;
  message.query = {0x1234'5678'9abc'def0ULL, 42};
  message.overlay = OverlayId{1};
  message.ttl = *rc::gen::inRange<std::uint8_t>(1, 255).as("ttl");
  return message;
}

RC_GTEST_PROP(WireSize, OfAQueryIsThatOfTheCodec, ()) {
  Message message = message_of(MessageKind::kQuery);
  message.hops = *rc::gen::inRange<std::uint8_t>(0, 255).as("hops");
  message.budget_ms = *rc::gen::inRange<std::uint32_t>(0, 1'000'000).as("budget");
  message.body = make_payload<QueryBody>([](QueryBody& body) {
    if (*rc::gen::arbitrary<bool>().as("by content")) {
      body.content.emplace();
      body.content->root.bytes[0] = 1;
      body.content->length = *rc::gen::inRange<std::uint64_t>(1, 1U << 30).as("length");
    } else {
      body.terms = std::string(*rc::gen::inRange<std::size_t>(1, 200).as("terms"), 'x');
    }
    body.length_min = *rc::gen::inRange<std::uint64_t>(0, 100'000).as("length_min");
    if (*rc::gen::arbitrary<bool>().as("length_max is set")) body.length_max = 1'000'000;
    body.rule = *rc::gen::element(DuplicateRule::kClassic, DuplicateRule::kDeepest).as("rule");
    body.echo = *rc::gen::arbitrary<bool>().as("echo");
    body.key.bytes[5] = 7;
  });
  RC_ASSERT(wire_size(message) == encoded(message));
}

RC_GTEST_PROP(WireSize, OfAnEchoIsThatOfTheCodec, ()) {
  const auto kind =
      *rc::gen::element(MessageKind::kEchoDuplicate, MessageKind::kEchoLeaf,
                        MessageKind::kEchoRefused, MessageKind::kEcho, MessageKind::kCancel)
           .as("kind");
  Message message = message_of(kind);
  if (kind == MessageKind::kEcho) {
    message.body = make_payload<EchoBody>([](EchoBody& body) {
      body.counts.first_hop = *rc::gen::inRange<std::uint8_t>(1, 20).as("first hop");
      body.counts.peers_by_hop =
          *rc::gen::container<std::vector<std::int32_t>>(rc::gen::inRange(-300, 100'000))
               .as("peers");
      body.counts.copies = *rc::gen::inRange<std::uint32_t>(0, 1'000'000).as("copies");
      body.counts.duplicates = *rc::gen::inRange<std::uint32_t>(0, 1'000).as("duplicates");
      body.counts.unanswered = *rc::gen::inRange<std::uint32_t>(0, 3).as("unanswered");
    });
  }
  RC_ASSERT(wire_size(message) == encoded(message));
}

}  // namespace
}  // namespace shoal::sim
