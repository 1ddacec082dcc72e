// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/intruder.h"

#include <rapidcheck.h>

#include <array>

#include "sim/engine/digest.h"
#include "tests/support/play.h"

namespace shoal::tests {
namespace {

PayloadRef body_for(MessageKind kind) {
  if (kind == MessageKind::kHit) {
    return make_payload<HitBody>([](HitBody& hit) { hit.files.push_back(wanted_file()); });
  }
  if (kind == MessageKind::kEcho) {
    return make_payload<EchoBody>([](EchoBody& echo) { echo.counts.add_peers(2, 5); });
  }
  return {};
}

}  // namespace

void Intruder::intrude(sim::World& world) {
  if (!query_) return;
  const bool cancels = kind == MessageKind::kCancel;
  const auto copy = cancels ? std::tuple{from, to, ttl} : std::tuple{to, from, ttl};
  const PeerRef asker = cancels ? from : to;
  // The origin's own copies are sent inside search() and go to all its neighbours.
  if (own_ttls_.contains(ttl) || copies_.contains(copy) || (asker == origin && ttl == first_ttl))
    return;
  Message message;
  message.query = *query_;
  message.kind = kind;
  message.overlay = via;
  message.ttl = ttl;
  message.body = body_for(kind);
  sending_ = true;
  verdict = world.inject(from, to, message);
  sending_ = false;
  digest = sim::digest_of(world.now(), from, to, message, verdict);
  intruded = true;
}

void Intruder::on_delivery(Instant, PeerRef, PeerRef receiver, const Message& message, Verdict,
                           const overlay::Effects& out) {
  if (sending_) {
    no_effect = out.empty();
    return;
  }
  if (carries_query(message.kind)) query_ = message.query;
  if (carries_query(message.kind) && message.kind != MessageKind::kQuery) {
    own_ttls_.insert(message.ttl);
  }
  for (const overlay::Send& send : out.sends) {
    if (carries_query(send.message.kind)) {
      copies_.emplace(receiver, send.to, send.message.ttl);
    }
  }
}

Intruder draw_intruder(const Scenario& scenario) {
  static constexpr std::array kKinds{MessageKind::kHit,         MessageKind::kEcho,
                                     MessageKind::kEchoLeaf,    MessageKind::kEchoDuplicate,
                                     MessageKind::kEchoRefused, MessageKind::kCancel};
  Intruder intruder;
  intruder.at = milliseconds(*rc::gen::inRange(0, 600).as("intrudes at"));
  const std::size_t link = *rc::gen::inRange<std::size_t>(0, scenario.links.size()).as("over link");
  const bool turned = *rc::gen::inRange(0, 2).as("turned") == 1;
  const Friends& ends = scenario.links[link];
  intruder.from = PeerRef{turned ? ends.second : ends.first};
  intruder.to = PeerRef{turned ? ends.first : ends.second};
  intruder.kind = kKinds[*rc::gen::inRange<std::size_t>(0, kKinds.size()).as("kind")];
  intruder.ttl = *rc::gen::inRange<std::uint8_t>(0, 8).as("its ttl");
  intruder.via = scenario.via;
  intruder.origin = PeerRef{scenario.searches[0].origin};
  intruder.first_ttl = scenario.searches[0].ttl;
  return intruder;
}

}  // namespace shoal::tests
