// SPDX-License-Identifier: Apache-2.0
#include "sim/check/strangers.h"

#include <array>

#include "proto/types/bodies.h"
#include "proto/types/rng.h"
#include "sim/workload/catalogue.h"

namespace shoal::sim {
namespace {

PayloadRef question() {
  return make_payload<QueryBody>([](QueryBody& query) { query.content = content_of(0); });
}

Message some_message(OverlayId overlay, Rng& rng) {
  Message message;
  message.overlay = overlay;
  message.query = {rng.next(), rng.next()};
  message.ttl = static_cast<std::uint8_t>(rng.below(8));
  return message;
}

}  // namespace

Message malformed(OverlayId overlay, std::uint32_t which) {
  Rng rng(which);
  Message message = some_message(overlay, rng);
  message.body = question();
  switch (which % 6) {
    case 0:
      message.body = {};  // a query for nothing
      break;
    case 1:
      message.hops = 255;
      break;
    case 2:
      message.ttl = 0;
      break;
    case 3:
      message.ttl = 1;
      message.budget_ms = UINT32_MAX;
      break;
    case 4:  // a kind that there is not
      message.kind = static_cast<MessageKind>(10 + rng.below(22));
      break;
    default:  // an answer with the body of a question
      message.kind = static_cast<MessageKind>(2 + rng.below(6));
      break;
  }
  return message;
}

Message unsolicited(OverlayId overlay, std::uint32_t which) {
  constexpr std::array kKinds{MessageKind::kHit,         MessageKind::kEcho,
                              MessageKind::kEchoLeaf,    MessageKind::kEchoDuplicate,
                              MessageKind::kEchoRefused, MessageKind::kCancel};
  Rng rng(which);
  Message message = some_message(overlay, rng);
  message.kind = kKinds[which % kKinds.size()];
  if (message.kind == MessageKind::kHit) {
    message.body = make_payload<HitBody>([](HitBody& hit) {
      hit.files.push_back({content_of(0), "unwanted"});
    });
  } else if (message.kind == MessageKind::kEcho) {
    message.body = make_payload<EchoBody>([](EchoBody& echo) { echo.counts.add_peers(2, 5); });
  }
  return message;
}

}  // namespace shoal::sim
