// SPDX-License-Identifier: Apache-2.0
// A contact that was pinged, was put out meanwhile, and answers after all.
#include <gtest/gtest.h>

#include <optional>

#include "tests/overlay/kademlia/net.h"

namespace shoal::tests {
namespace {

using overlay::kademlia::Kind;
using overlay::kademlia::Point;

// Found by a run of 200,000 searches with churn: the answer makes its sender wait for a place, so
// that another contact is pinged, while the first ping is being looked at.
TEST(LatePong, OfAContactThatWasPutOutHasAnotherOnePinged) {
  Net net(5);
  Rng rng(6);
  const auto with_first_bit = [&](bool one) {
    PeerId id = drawn_id(rng);
    id.bytes[0] = static_cast<std::uint8_t>((id.bytes[0] & 0x7F) | (one ? 0x80 : 0));
    return id;
  };
  const PeerRef peer = net.add(with_first_bit(false));
  Message ping;
  ping.kind = as_message_kind(Kind::kPing);
  ping.overlay = overlay::kKademlia;
  ping.body = make_payload<OpaqueBody>([](OpaqueBody&) {});
  for (std::size_t i = 0; i < limits::kKademliaK; ++i) {  // all of one bucket
    net.inject(net.add(with_first_bit(true)), peer, ping);
  }
  std::vector<std::pair<PeerRef, QueryId>> pinged;
  bool deaf = false;
  net.intercept = [&](PeerRef from, PeerRef to, const Message& message) {
    if (from == peer && message.kind == as_message_kind(Kind::kPing)) {
      pinged.emplace_back(to, message.query);
      return true;
    }
    // Nobody speaks to it unasked, so most contacts are silent.
    return to == peer && (deaf || (message.kind != as_message_kind(Kind::kNodes) &&
                                   message.kind != as_message_kind(Kind::kProviders)));
  };
  net.run_for(std::chrono::minutes(30));
  pinged.clear();
  net.inject(net.add(with_first_bit(true)), peer, ping);
  net.run_for(std::chrono::milliseconds(210));  // there and back
  ASSERT_EQ(pinged.size(), 1U);
  const auto [silent, query] = pinged[0];

  net.stop(silent);  // what is asked of it is given back, so its place goes to the newcomer
  std::uint64_t number = 0;
  const auto next_to = [&](const ContentId& content) {
    return net.truly_nearest(overlay::kademlia::point_of_content(content), 1,
                             [&](PeerRef p) { return p != peer; });
  };
  net.start(silent);
  while (next_to(content_number(number))[0] != silent) ++number;
  net.stop(silent);
  deaf = true;  // the others stay silent
  ASSERT_TRUE(net.search(peer, content_number(number), Net::usual()));
  net.run_for(std::chrono::milliseconds(210));  // there and back

  Message pong;
  pong.query = query;
  pong.kind = as_message_kind(Kind::kPong);
  pong.overlay = overlay::kKademlia;
  pong.body = ping.body;
  EXPECT_EQ(net.inject(silent, peer, pong), Verdict::kAccept);
  net.run_for(std::chrono::milliseconds(210));  // there and back
  EXPECT_EQ(pinged.size(), 2U);
  EXPECT_NE(pinged.back().first, silent);
  EXPECT_GE(net.least_kept, 0);
}

}  // namespace
}  // namespace shoal::tests
