// SPDX-License-Identifier: Apache-2.0
#include "tests/overlay/membership/hyparview_properties.h"

#include <rapidcheck.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "overlay/core/replay.h"
#include "overlay/membership/hyparview_messages.h"
#include "overlay/membership/make.h"
#include "sim/world.h"

namespace shoal::tests {
namespace {

using overlay::hyparview::encode;
using overlay::hyparview::Kind;
using std::chrono::milliseconds;
using std::chrono::seconds;

template <class T>
T pick(const char* name, T least, T most) {
  const auto range = rc::gen::inRange<T>(least, static_cast<T>(most + 1));
  return *rc::gen::resize(rc::kNominalSize, range).as(name);
}

/// A small open network, in which peers join, fail, come back and lie. Watches itself.
class Net final : public sim::Observer {
 public:
  using Look = std::function<void(Net&, PeerRef, const overlay::Effects&)>;

  /// `look` is called after each message with the peer that took it, and what it did then.
  explicit Net(Look look, bool record = false) : look_(std::move(look)) {
    peers_ = pick<std::uint32_t>("peers", 3, 12);
    config_.open = true;
    config_.membership = overlay::MembershipKind::kHyParView;
    config_.hyparview.active = pick<std::uint32_t>("active", 1, 4);
    config_.hyparview.passive = pick<std::uint32_t>("passive", 1, 5);
    config_.hyparview.renewal = pick<std::uint32_t>("renewal", 0, 2);
    config_.hyparview.cycle = seconds(pick("cycle", 1, 4));
    sim::WorldOptions options;
    options.seed = *rc::gen::arbitrary<std::uint64_t>().as("seed");
    options.node = config_;
    options.record = record;
    options.open.law.delay = sim::DelayLaw(sim::UniformDelay{milliseconds(5), milliseconds(60)});
    options.open.dial_fails = milliseconds(300);
    world_ = std::make_unique<sim::World>(options, std::span<const overlay::OverlayEntry>());
    world_->watch(*this);
    for (std::uint32_t i = 0; i < peers_; ++i) world_->add_peer();
    const auto pairs = pick<std::uint32_t>("friends", 0, 3);
    for (std::uint32_t i = 0; i < pairs; ++i) befriend(draw_peer("friend"), draw_peer("friend"));
    for (std::uint32_t i = 1; i < peers_; ++i) {
      const PeerRef contact{pick<std::uint32_t>("contact", 0, i - 1)};
      const PeerRef peer{i};
      at(pick("joins at", 0, 3000), [this, peer, contact] {
        if (world_->alive(peer)) world_->introduce(peer, contact);
      });
    }
    const int troubles = pick("troubles", 0, 6);
    for (int i = 0; i < troubles; ++i) trouble();
  }

  /// So that `act` happens at a drawn moment.
  void at(int ms, std::function<void()> act) {
    world_->at(Instant(milliseconds(ms)), std::move(act));
  }
  void run() { world_->run_until(Instant(kEnd)); }
  PeerRef draw_peer(const char* name) { return PeerRef{pick<std::uint32_t>(name, 0, peers_ - 1)}; }
  [[nodiscard]] bool friends(PeerRef one, PeerRef other) const {
    return friends_.contains(std::minmax(one, other));
  }
  /// Those that `peer` wants as neighbours and that are no friends of it, and its linked friends.
  [[nodiscard]] std::pair<std::size_t, std::size_t> members(PeerRef peer) const {
    std::size_t others = 0;
    std::size_t linked = 0;
    for (std::uint32_t i = 0; i < peers_; ++i) {
      const PeerRef other{i};
      if (friends(peer, other)) {
        linked += world_->node(peer).links().find(other) != nullptr ? 1U : 0U;
      } else if (world_->node(peer).wish(other) == LinkMode::kActive) {
        ++others;
      }
    }
    return {others, linked};
  }
  [[nodiscard]] std::vector<PeerRef> spares(PeerRef peer) const {
    std::vector<PeerRef> known;
    world_->node(peer).membership().spares(known);
    return known;
  }
  [[nodiscard]] std::uint32_t size() const { return peers_; }
  [[nodiscard]] const overlay::HyParViewParameters& numbers() const { return config_.hyparview; }
  sim::World& world() { return *world_; }
  /// Whether it has crashed or begun anew.
  [[nodiscard]] bool failed(PeerRef peer) const { return failed_.contains(peer); }
  /// Pairs of friends of which one let the other go though neither had failed.
  [[nodiscard]] unsigned deserted() const { return deserted_; }

  static constexpr Duration kEnd = seconds(20);

 private:
  void befriend(PeerRef one, PeerRef other) {
    if (one == other || !friends_.insert(std::minmax(one, other)).second) return;
    world_->connect(one, other, {milliseconds(20), milliseconds(20), {}});
  }
  void trouble() {
    const int when = pick("trouble at", 0, 10'000);
    const PeerRef peer = draw_peer("victim");
    const PeerRef other = draw_peer("other");
    switch (pick("trouble", 0, 5)) {
      case 0:
        return at(when, [this, peer] {
          failed_.insert(peer);
          world_->crash(peer, milliseconds(40));
        });
      case 1:
        return at(when, [this, peer, other] {
          failed_.insert(peer);
          if (!world_->alive(peer)) world_->restart(peer);
          world_->introduce(peer, other);
        });
      case 2:
        return at(when, [this, peer] { world_->hide(peer, true); });
      default:
        lie(when, peer, other);
    }
  }
  /// A stranger's message of the right form, with contacts of its choice.
  void lie(int when, PeerRef to, PeerRef liar) {
    overlay::hyparview::Said said;
    said.kind = static_cast<Kind>(pick("lie", 32, 38));
    said.flag = pick("flag", 0, 1) == 1;
    said.ttl = pick<std::uint8_t>("ttl", 0, 6);
    said.nonce = pick<std::uint64_t>("nonce", 0, 3);
    const bool many = said.kind >= Kind::kShuffle;
    const int contacts = many ? pick("contacts", 1, 8) : said.kind == Kind::kForwardJoin ? 1 : 0;
    for (int i = 0; i < contacts; ++i) said.peers.push_back(draw_peer("lied of"));
    at(when, [this, to, liar, said] {
      const bool linked = world_->alive(to) && world_->node(to).links().find(liar) != nullptr;
      if (to == liar || !world_->alive(to) || linked) return;
      world_->inject(liar, to, encode(said));
    });
  }
  void on_delivery(Instant, PeerRef, PeerRef to, const Message&, Verdict,
                   const overlay::Effects& effects) override {
    if (look_) look_(*this, to, effects);
  }
  void on_link_down(Instant, PeerRef one, PeerRef other) override {
    const bool whole = !failed_.contains(one) && !failed_.contains(other);
    if (friends(one, other) && whole) ++deserted_;
  }

  std::uint32_t peers_ = 0;
  overlay::NodeConfig config_;
  std::unique_ptr<sim::World> world_;
  Look look_;
  std::set<std::pair<PeerRef, PeerRef>> friends_;
  std::set<PeerRef> failed_;
  unsigned deserted_ = 0;
};

/// The links that are up and that one end does not want.
std::set<std::pair<PeerRef, PeerRef>> unwanted(Net& net) {
  std::set<std::pair<PeerRef, PeerRef>> found;
  for (std::uint32_t i = 0; i < net.size(); ++i) {
    const PeerRef peer{i};
    if (!net.world().alive(peer)) continue;
    for (const overlay::Link& link : net.world().node(peer).links().all()) {
      const bool both = net.world().alive(link.peer) &&
                        net.world().node(link.peer).links().find(peer) != nullptr &&
                        net.world().node(peer).wish(link.peer) == LinkMode::kActive &&
                        net.world().node(link.peer).wish(peer) == LinkMode::kActive;
      if (!both) found.insert(std::minmax(peer, link.peer));
    }
  }
  return found;
}

}  // namespace

bool views_stay_within_their_bounds() {
  return rc::check("neither view is ever larger than its bound", [] {
    Net net([](Net& seen, PeerRef peer, const overlay::Effects&) {
      const auto [others, linked] = seen.members(peer);
      const std::size_t most = seen.numbers().active;
      RC_ASSERT(others == 0 || others + linked <= most);
      RC_ASSERT(seen.spares(peer).size() <= seen.numbers().passive);
    });
    net.run();
  });
}

bool passive_views_hold_neither_self_nor_neighbours_nor_anybody_twice() {
  return rc::check("a passive view holds neither self, nor neighbours, nor anybody twice", [] {
    Net net([](Net& seen, PeerRef peer, const overlay::Effects&) {
      const std::vector<PeerRef> spares = seen.spares(peer);
      const std::set<PeerRef> different(spares.begin(), spares.end());
      RC_ASSERT(different.size() == spares.size());
      RC_ASSERT(!different.contains(peer));
      for (const PeerRef spare : spares) {
        RC_ASSERT(seen.world().node(peer).wish(spare) == LinkMode::kStandby);
      }
    });
    net.run();
  });
}

bool friends_are_never_let_go() {
  return rc::check("friends are never let go", [] {
    Net net(nullptr);
    net.run();
    RC_ASSERT(net.deserted() == 0U);
  });
}

bool no_link_stays_that_one_end_does_not_want() {
  return rc::check("no link stays up that one of its ends does not want", [] {
    Net net(nullptr);
    net.run();
    std::set<std::pair<PeerRef, PeerRef>> always = unwanted(net);
    // Pairs may take turns in wanting each other: looks that keep no time with their cycles.
    for (int look = 0; look < 50 && !always.empty(); ++look) {
      net.world().run_until(net.world().now() + milliseconds(203));
      const auto now = unwanted(net);
      std::erase_if(always, [&](const auto& pair) { return !now.contains(pair); });
    }
    RC_ASSERT(always.empty());
  });
}

bool links_that_a_peer_does_not_want_end_at_once() {
  return rc::check("a link ends with the message after which its peer does not want it", [] {
    Net net([](Net& seen, PeerRef peer, const overlay::Effects& effects) {
      for (const overlay::Link& link : seen.world().node(peer).links().all()) {
        // The link of one that has crashed ends by itself, when its other end notices.
        const bool wanted =
            seen.world().node(peer).wish(link.peer) == LinkMode::kActive || seen.failed(link.peer);
        RC_ASSERT(wanted ||
                  std::ranges::count(effects.hangups, link.peer, &overlay::Hangup::peer) != 0);
      }
    });
    net.run();
  });
}

bool unasked_replies_change_nothing() {
  return rc::check("a reply of a shuffle that nobody made changes nothing", [] {
    Net net(nullptr);
    const PeerRef to = net.draw_peer("told");
    const PeerRef from = net.draw_peer("liar");
    overlay::hyparview::Said said{.kind = Kind::kShuffleReply};
    said.nonce = *rc::gen::arbitrary<std::uint64_t>().as("guess");
    for (int i = 0; i < 4; ++i) said.peers.push_back(net.draw_peer("lied of"));
    net.at(pick("lies at", 0, 15'000), [&] {
      if (to == from || !net.world().alive(to)) return;
      const auto before = net.spares(to);
      RC_ASSERT(net.world().inject(from, to, encode(said)) == Verdict::kIgnore);
      RC_ASSERT(net.spares(to) == before);
    });
    net.run();
  });
}

bool handles_are_given_back() {
  return rc::check("no handle is kept that is in no table", [] {
    Net net([](Net& seen, PeerRef peer, const overlay::Effects&) {
      const std::size_t members = seen.members(peer).first + seen.members(peer).second;
      const std::size_t requests = seen.numbers().active;
      RC_ASSERT(seen.world().handles(peer) <=
                members + seen.spares(peer).size() + requests + 1 + 1);
    });
    net.run();
  });
}

bool garbage_is_rejected_and_changes_nothing() {
  return rc::check("garbage is rejected and changes nothing", [] {
    Net net(nullptr);
    const PeerRef to = net.draw_peer("told");
    const PeerRef from = net.draw_peer("liar");
    Message message = encode({.kind = static_cast<Kind>(pick("kind", 32, 38)), .ttl = 7});
    if (pick("too far", 0, 1) == 0) {
      message.kind = static_cast<MessageKind>(pick("odd kind", 32, 255));
      message.body = make_payload<OpaqueBody>([&](OpaqueBody& body) {
        body.bytes.assign(pick<std::size_t>("bytes", 11, 40), 'x');
        for (int i = pick("contacts", 0, 30); i > 0; --i) {
          body.contacts.push_back({net.draw_peer("contact")});
        }
      });
    } else {
      message = encode({.kind = pick("walk", 0, 1) == 0 ? Kind::kForwardJoin : Kind::kShuffle,
                        .ttl = pick<std::uint8_t>("ttl", 7, 255),
                        .peers = {net.draw_peer("contact")}});
    }
    net.at(pick("comes at", 0, 15'000), [&] {
      if (to == from || !net.world().alive(to)) return;
      if (net.world().node(to).links().find(from) != nullptr) return;
      const auto before = std::pair(net.spares(to), net.members(to));
      RC_ASSERT(net.world().inject(from, to, message) == Verdict::kReject);
      RC_ASSERT(std::pair(net.spares(to), net.members(to)) == before);
    });
    net.run();
  });
}

bool lives_are_replayed_exactly() {
  return rc::check("every life is replayed exactly from its record", [] {
    Net net(nullptr, true);
    net.run();
    for (std::uint32_t peer = 0; peer < net.size(); ++peer) {
      overlay::NodeConfig config;
      config.membership = overlay::MembershipKind::kHyParView;
      const auto again = overlay::replay(net.world().record_of(PeerRef{peer}), {},
                                         overlay::make_membership(config));
      RC_ASSERT(again.has_value());
      RC_ASSERT(again->difference == "");
    }
  });
}

}  // namespace shoal::tests
