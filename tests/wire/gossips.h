// SPDX-License-Identifier: Apache-2.0
// Peers of an open network whose membership passes on whom it knows, and does as it is told.
#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "tests/wire/hosts.h"

namespace shoal::overlay {

/// What a Gossip was told, what it said itself ("said hello") and what of that it got back
/// ("dropped", and "dropped hello"), by peers' ids; any thread.
struct Heard {
  void note(const std::string& what, const PeerId& who) {
    const std::lock_guard lock(mutex);
    ++times[{what, who}];
  }
  unsigned count(const std::string& what, const PeerId& who) {
    const std::lock_guard lock(mutex);
    return times[{what, who}];
  }
  std::mutex mutex;
  std::map<std::pair<std::string, PeerId>, unsigned> times;
};

/// Says its openings to whom it is introduced to, one each time, and "hello" to whom it hears of;
/// answers that with "welcome" and with whom it knows. "dial" and "hang up" have it do so, and it
/// rejects "bad".
class Gossip final : public Membership {
 public:
  static constexpr auto kKind = static_cast<MessageKind>(kFirstOwnMessageKind);

  Gossip(std::shared_ptr<Heard> heard, std::vector<std::string> openings)
      : heard_(std::move(heard)), openings_(std::move(openings)) {}
  void befriend(Context&, PeerRef, Role) override {}
  void unfriend(Context&, PeerRef) override {}
  [[nodiscard]] LinkMode wish(PeerRef) const override { return LinkMode::kActive; }
  void on_introduced(Context& context, PeerRef peer) override {
    know(context, peer);
    say(context, peer, openings_[std::min(introduced_++, openings_.size() - 1)]);
  }
  Verdict on_message(Context& context, PeerRef from, const Message& message) override {
    const auto& body = message.body.ref<OpaqueBody>();
    note(context, body.bytes, from);
    if (body.bytes == "bad") return Verdict::kReject;
    if (body.bytes == "dial") context.out.dials.push_back({from});
    if (body.bytes == "hang up") context.out.hangups.push_back({from});
    if (body.bytes == "hello") say(context, from, "welcome");
    know(context, from);
    for (const Contact& contact : body.contacts) meet(context, contact.peer);
    return Verdict::kAccept;
  }
  void on_dropped(Context& context, PeerRef to, const Message& message) override {
    EXPECT_TRUE(message.body.ref<OpaqueBody>().contacts.empty());
    note(context, "dropped", to);
    note(context, "dropped " + message.body.ref<OpaqueBody>().bytes, to);
    // It is known no more.
    if (known_.erase(to) > 0) context.out.let_go.push_back(to);
  }
  void on_link_up(Context& context, PeerRef peer) override { note(context, "up", peer); }
  void on_link_down(Context& context, PeerRef peer, bool refused) override {
    note(context, refused ? "refused" : "down", peer);
  }
  void on_timer(Context&) override {}
  void on_search(Context&) override {}
  void roster(const Links&, std::vector<FirstHop>&) const override {}
  [[nodiscard]] std::size_t bytes() const override { return sizeof(*this); }

 private:
  void note(Context& context, const std::string& what, PeerRef who) {
    const PeerId id = context.env.source.id_of(who);
    if (heard_ != nullptr) heard_->note(what, id);
  }
  void know(Context& context, PeerRef peer) {
    if (known_.insert(peer).second) context.out.kept.push_back(peer);
  }
  void meet(Context& context, PeerRef peer) {
    if (peer == context.env.source.self() || known_.contains(peer)) return;
    know(context, peer);
    say(context, peer, "hello");
  }
  void say(Context& context, PeerRef to, const std::string& what) {
    Message message;
    message.kind = kKind;
    message.body = make_payload<OpaqueBody>([&](OpaqueBody& body) {
      body.bytes = what;
      body.contacts.push_back({context.env.source.self()});
      for (const PeerRef peer : known_) body.contacts.push_back({peer});
    });
    note(context, "said " + what, to);
    context.out.sends.push_back({to, std::move(message)});
  }

  std::shared_ptr<Heard> heard_;
  std::vector<std::string> openings_;
  std::size_t introduced_ = 0;
  std::set<PeerRef> known_;
};

class Gossips : public Hosts {
 protected:
  /// Listens, in an open network, and knows nobody.
  Peer& add(HostOptions options = {}, std::vector<std::string> openings = {"hello"}) {
    heard_.push_back(std::make_shared<Heard>());
    options.node.open = true;
    // The replay in the end is told the same, and needs not be heard.
    options.membership = [heard = heard_.back(), openings, first = std::make_shared<bool>(true)] {
      return std::make_unique<Gossip>(std::exchange(*first, false) ? heard : nullptr, openings);
    };
    peers_.push_back(std::make_unique<Peer>(threads_, "gossip", options, rpc::Accept::kAnyone));
    return *peers_.back();
  }
  void introduce(std::size_t who, std::size_t to) {
    peer(who).host().introduce(peer(to).id(), {peer(to).endpoint()});
  }
  /// How often `who` heard that from `from`.
  unsigned heard(std::size_t who, const std::string& what, const PeerId& from) {
    return heard_[who]->count(what, from);
  }
  unsigned heard(std::size_t who, const std::string& what, std::size_t from) {
    return heard(who, what, peer(from).id());
  }

  std::vector<std::shared_ptr<Heard>> heard_;
};

}  // namespace shoal::overlay
