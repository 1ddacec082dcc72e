// SPDX-License-Identifier: Apache-2.0
// What travels says nothing about who asks: every message of drawn worlds, encoded as on the wire.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

#include "proto/codec/frame_codec.h"
#include "tests/support/play.h"

namespace shoal::tests {
namespace {

/// Encodes all that is delivered.
class Wiretap final : public sim::Observer {
 public:
  std::string heard;
  std::size_t messages = 0;

  void on_delivery(Instant, PeerRef, PeerRef, const Message& message, Verdict,
                   const overlay::Effects&) override {
    heard += codec::encode_item(message);
    ++messages;
  }
};

/// Any eight bytes of the id in a row would give it away.
bool gives_away(const std::string& heard, const PeerId& id) {
  const std::string bytes(id.bytes.begin(), id.bytes.end());
  for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
    if (heard.find(bytes.substr(at, 8)) != std::string::npos) return true;
  }
  return false;
}

RC_GTEST_PROP(Privacy, NoFrameHoldsTheOriginsId, ()) {
  const Scenario scenario = draw_scenario({.faults = true, .searches = 2});
  Wiretap tap;
  const Played played = play(scenario, &tap);
  RC_LOG() << scenario;
  RC_CLASSIFY(tap.messages > 0, "something was said");
  for (const Asked& asked : scenario.searches) {
    RC_ASSERT(!gives_away(tap.heard, played.world->id_of(PeerRef{asked.origin})));
  }
}

TEST(Privacy, TheWiretapWouldHearAnIdThatWasSaid) {
  const PeerId id = sim::simulated_id(PeerRef{3});
  const std::string said(id.bytes.begin(), id.bytes.end());
  EXPECT_TRUE(gives_away("frame " + said.substr(8, 16), id));
}

}  // namespace
}  // namespace shoal::tests
