// SPDX-License-Identifier: Apache-2.0
// What a node does in an open network: messages without links, and whom they go to.
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "overlay/core/node.h"
#include "overlay/core/record.h"
#include "overlay/core/replay.h"

namespace shoal::tests {
namespace {

using overlay::Effects;
using overlay::Env;

constexpr PeerRef kA{0};
constexpr PeerRef kB{1};
constexpr OverlayId kOpenOne{77};
constexpr OverlayId kOpenTwo{78};

std::vector<std::string>* told = nullptr;

void tell(std::string what) {
  if (told != nullptr) told->push_back(std::move(what));
}

/// Rejects what says "bad", answers all else, and tells what it is told.
class Open final : public overlay::Overlay {
 public:
  Result<QueryId> search(overlay::Context&, const overlay::SearchRequest&) override {
    return QueryId{1, 1};
  }
  void cancel(overlay::Context&, QueryId) override {}
  void on_start(overlay::Context& context) override {
    tell("start with " + std::to_string(context.links.all().size()) + " links, self " +
         std::to_string(context.env.source.self().value));
    context.out.share_lists.push_back({LookupToken{std::uint64_t{77} << 56 | 5}, {}, 10});
  }
  void on_introduced(overlay::Context& context, PeerRef peer) override {
    tell("introduced " + std::to_string(peer.value));
    context.out.kept.push_back(peer);
    context.out.dials.push_back({peer});
  }
  Verdict on_message(overlay::Context& context, PeerRef from, const Message& message) override {
    const auto& body = message.body.ref<OpaqueBody>();
    tell("message " + body.bytes + " from " + std::to_string(from.value));
    if (body.bytes == "bad") return Verdict::kReject;
    context.out.sends.push_back({from, message});
    return Verdict::kAccept;
  }
  void on_matches(overlay::Context&, LookupToken, std::span<const PayloadRef>,
                  std::uint32_t) override {}
  void on_shares(overlay::Context&, LookupToken token, std::span<const SharedFile> files,
                 bool more) override {
    tell("shares " + std::to_string(token.value & 0xff) + ": " + std::to_string(files.size()) +
         (more ? " and more" : ""));
  }
  void on_shares_changed(overlay::Context&) override { tell("shares changed"); }
  void on_dropped(overlay::Context&, PeerRef to, const Message&) override {
    tell("dropped to " + std::to_string(to.value));
  }
  void on_link_up(overlay::Context& context, PeerRef peer) override {
    EXPECT_NE(context.links.find(peer), nullptr);
    tell("up " + std::to_string(peer.value));
  }
  void on_link_down(overlay::Context& context, PeerRef peer) override {
    tell("down " + std::to_string(peer.value));
    context.out.let_go.push_back(peer);
    context.out.hangups.push_back({peer});
  }
  void on_timer(overlay::Context&) override {}
  [[nodiscard]] std::size_t bytes() const override { return sizeof(*this); }
};

/// Tells what it is told, with an "m" before it.
class Joining final : public overlay::Membership {
 public:
  void on_start(Context&) override { tell("m start"); }
  void on_introduced(Context&, PeerRef peer) override {
    tell("m introduced " + std::to_string(peer.value));
  }
  void befriend(Context&, PeerRef, Role) override {}
  void unfriend(Context&, PeerRef) override {}
  [[nodiscard]] LinkMode wish(PeerRef) const override { return LinkMode::kActive; }
  void on_link_up(Context&, PeerRef) override {}
  void on_link_down(Context&, PeerRef, bool) override {}
  void on_timer(Context&) override {}
  void on_search(Context&) override {}
  Verdict on_message(Context&, PeerRef from, const Message& message) override {
    tell("m message " + message.body.ref<OpaqueBody>().bytes + " from " +
         std::to_string(from.value));
    return Verdict::kAccept;
  }
  void on_dropped(Context&, PeerRef to, const Message&) override {
    tell("m dropped to " + std::to_string(to.value));
  }
  void roster(const overlay::Links&, std::vector<FirstHop>&) const override {}
  [[nodiscard]] std::size_t bytes() const override { return sizeof(*this); }
};

std::unique_ptr<overlay::Overlay> make_open(Env&) { return std::make_unique<Open>(); }

constexpr std::array kOverlays{
    overlay::OverlayEntry{kOpenOne, "one", "", make_open, {}, true},
    overlay::OverlayEntry{kOpenTwo, "two", "", make_open},
};

struct Source final : overlay::EnvSource {
  QueryId fresh_query_id() override { return {7, 7}; }
  std::uint64_t fresh_nonce() override { return 7; }
  PeerId id_of(PeerRef) override { return {}; }
  PeerRef self() override { return PeerRef{99}; }
};

Message own_message(OverlayId overlay, std::string bytes, std::uint8_t kind = 32) {
  Message message;
  message.kind = static_cast<MessageKind>(kind);
  message.overlay = overlay;
  message.body = make_payload<OpaqueBody>([&](OpaqueBody& body) { body.bytes = bytes; });
  return message;
}

/// One node, what it told and what it wants.
struct OpenNode : ::testing::Test {
  OpenNode() { told = &heard; }
  ~OpenNode() override { told = nullptr; }

  std::unique_ptr<overlay::Node> make(bool open) {
    config.open = open;
    return std::make_unique<overlay::Node>(config, kOverlays, std::make_unique<Joining>());
  }
  std::vector<std::string> taken() { return std::exchange(heard, {}); }

  using Lines = std::vector<std::string>;
  Lines heard;
  overlay::NodeConfig config;
  Source source;
  Rng rng{1};
  Env env{Instant{}, rng, source};
  Effects out;
};

TEST_F(OpenNode, StartsTheMembershipAndWhatAlwaysRuns) {
  config.always = {kOpenTwo};
  make(true)->start(env, out);
  EXPECT_EQ(taken(), (Lines{"m start", "start with 0 links, self 99"}));
  ASSERT_EQ(out.share_lists.size(), 1U);
  EXPECT_EQ(out.share_lists[0].limit, 10U);
}

TEST_F(OpenNode, TakesOwnMessagesOfStrangersAndStartsTheirOverlay) {
  const auto node = make(true);
  EXPECT_EQ(node->on_message(env, kA, own_message(kOpenOne, "hello"), out), Verdict::kAccept);
  EXPECT_EQ(taken(), (Lines{"start with 0 links, self 99", "message hello from 0"}));
  ASSERT_EQ(out.sends.size(), 1U);
  EXPECT_EQ(out.sends[0].to, kA);
  EXPECT_TRUE(out.cuts.empty());
}

TEST_F(OpenNode, HandsTheMembershipItsOwnMessages) {
  const auto node = make(true);
  const Message join = own_message(overlay::kMembershipMessages, "join");
  EXPECT_EQ(node->on_message(env, kA, join, out), Verdict::kAccept);
  node->on_dropped(env, kB, join, out);
  EXPECT_EQ(taken(), (Lines{"m message join from 0", "m dropped to 1"}));
}

TEST_F(OpenNode, CutsAStrangerAtItsFirstOffence) {
  const auto node = make(true);
  EXPECT_EQ(node->on_message(env, kA, own_message(kOpenOne, "bad"), out), Verdict::kReject);
  ASSERT_EQ(out.cuts.size(), 1U);
  EXPECT_EQ(out.cuts[0].peer, kA);
  out.clear();
  node->on_garbage(kB, out);
  ASSERT_EQ(out.cuts.size(), 1U);
  EXPECT_EQ(out.cuts[0].peer, kB);
}

TEST_F(OpenNode, TakesNothingElseFromStrangers) {
  const auto node = make(true);
  for (std::uint8_t kind = 0; kind < 32; ++kind) {
    out.clear();
    EXPECT_EQ(node->on_message(env, kA, own_message(kOpenTwo, "x", kind), out), Verdict::kReject);
    EXPECT_EQ(out.cuts.size(), 1U);
  }
  // Two asks over links only.
  EXPECT_EQ(node->on_message(env, kA, own_message(kOpenTwo, "hello"), out), Verdict::kReject);
  Message query = own_message(kOpenTwo, "");
  query.kind = MessageKind::kQuery;
  query.ttl = 2;
  query.body = make_payload<QueryBody>([](QueryBody& body) { body.terms = "word"; });
  EXPECT_EQ(node->on_message(env, kA, query, out), Verdict::kReject);
  Message bare = own_message(kOpenOne, "");
  bare.body = {};
  EXPECT_EQ(node->on_message(env, kA, bare, out), Verdict::kReject);
  EXPECT_TRUE(heard.empty());
}

TEST_F(OpenNode, TakesNothingWithoutALinkWhereTheNetworkIsNotOpen) {
  const auto node = make(false);
  EXPECT_EQ(node->on_message(env, kA, own_message(kOpenOne, "hello"), out), Verdict::kReject);
  EXPECT_EQ(out.cuts.size(), 1U);
  EXPECT_TRUE(heard.empty());
  node->on_link_up(env, overlay::LinkUp{kA}, out);
  EXPECT_EQ(node->on_message(env, kA, own_message(kOpenOne, "hello"), out), Verdict::kAccept);
}

TEST_F(OpenNode, TellsAllOverlaysOfLinksContactsAndShares) {
  const auto node = make(true);
  config.always = {kOpenOne, kOpenTwo};
  node->start(env, out);
  taken();
  out.clear();
  node->on_link_up(env, overlay::LinkUp{kA}, out);
  node->on_introduced(env, kB, out);
  node->on_shares_changed(env, out);
  const std::array<SharedFile, 2> files{SharedFile{{}, "a b"}, SharedFile{{}, "c"}};
  node->on_shares(env, LookupToken{std::uint64_t{78} << 56 | 6}, files, true, out);
  node->on_link_down(env, kA, overlay::LinkDownReason::kGone, out);
  EXPECT_EQ(taken(), (Lines{"up 0", "up 0", "m introduced 1", "introduced 1", "introduced 1",
                            "shares changed", "shares changed", "shares 6: 2 and more", "down 0",
                            "down 0"}));
  EXPECT_EQ(out.kept.size(), 2U);
  EXPECT_EQ(out.dials.size(), 2U);
  EXPECT_EQ(out.hangups.size(), 2U);
  EXPECT_EQ(out.let_go.size(), 2U);
  EXPECT_FALSE(out.empty());
  out.clear();
  EXPECT_TRUE(out.empty());
}

TEST_F(OpenNode, IsReplayedFromItsRecord) {
  config.always = {kOpenTwo};
  const auto live = make(true);
  overlay::Recorder recorder(config, SIZE_MAX);
  overlay::RecordedNode node(*live, &recorder);
  const std::array<SharedFile, 1> files{SharedFile{{}, "a b"}};
  const auto next = [&] { out.clear(); };
  node.start(env, out);
  next();
  node.on_message(env, kA, own_message(kOpenOne, "hello"), out);
  next();
  node.on_introduced(env, kB, out);
  next();
  node.on_shares_changed(env, out);
  next();
  node.on_shares(env, LookupToken{std::uint64_t{78} << 56 | 6}, files, true, out);
  const std::string record = recorder.take();
  const Lines lived = taken();
  const auto again = overlay::replay(record, kOverlays, std::make_unique<Joining>());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->inputs, 5U);
  EXPECT_EQ(again->difference, "");
  EXPECT_EQ(taken(), lived);
}

}  // namespace
}  // namespace shoal::tests
