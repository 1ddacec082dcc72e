// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/engine/chatter.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace shoal::tests {
namespace {

using overlay::Context;
using std::chrono::milliseconds;

constexpr MessageKind kSay{32};
constexpr MessageKind kReply{33};
constexpr MessageKind kOffence{34};

class Chatter final : public overlay::Overlay {
 public:
  Result<QueryId> search(Context&, const overlay::SearchRequest&) override {
    return fail(Errc::kInvalidArgument, "the search was not started", "it only chats");
  }
  void cancel(Context&, QueryId) override {}
  void on_start(Context& context) override { arm(context); }
  void on_introduced(Context& context, PeerRef peer) override { learn(context, peer); }
  void on_matches(Context&, LookupToken, std::span<const PayloadRef>, std::uint32_t) override {}
  void on_shares(Context& context, LookupToken token, std::span<const SharedFile> files,
                 bool more) override {
    std::string words = std::to_string(token.value & 0xff);
    for (const SharedFile& file : files) words += file.words;
    say(context, any(context), kSay, words + (more ? "+" : "."));
    if (more && !files.empty()) list(context, files.back().content);
  }
  void on_shares_changed(Context& context) override { list(context, {}); }
  void on_link_up(Context& context, PeerRef peer) override { say(context, peer, kReply, "up"); }
  void on_link_down(Context& context, PeerRef peer) override {
    if (draw(context, 2) == 0) say(context, peer, kSay, "back");  // without a link
  }
  void on_dropped(Context& context, PeerRef to, const Message& message) override {
    const auto at = std::ranges::find(known_, to);
    if (message.kind == kReply || at == known_.end()) return;
    known_.erase(at);
    context.out.let_go.push_back(to);
  }
  Verdict on_message(Context& context, PeerRef from, const Message& message) override {
    if (message.kind == kOffence) return Verdict::kReject;
    for (const Contact& contact : message.body.ref<OpaqueBody>().contacts) {
      if (contact.peer != context.env.source.self()) learn(context, contact.peer);
    }
    if (message.kind == kSay) say(context, from, kReply, "re");
    return Verdict::kAccept;
  }
  void on_timer(Context& context) override {
    const PeerRef peer = any(context);
    switch (draw(context, 9)) {
      case 0:
      case 1:
        if (peer != kNoPeer) context.out.dials.push_back({peer});
        break;
      case 2:
        if (const auto links = context.links.all(); !links.empty()) {
          const PeerRef of = links[draw(context, links.size())].peer;
          say(context, of, kReply, "bye");
          context.out.hangups.push_back({of});
        }
        break;
      case 3:
        list(context, {});
        break;
      case 4:
        say(context, peer, kOffence, "");
        break;
      default:
        say(context, peer, kSay, "hello");
        if (draw(context, 2) == 0) say(context, peer, kSay, "at once");
    }
    arm(context);
  }
  [[nodiscard]] std::size_t bytes() const override {
    return sizeof(*this) + known_.capacity() * sizeof(PeerRef);
  }

 private:
  static std::uint64_t draw(Context& context, std::uint64_t below) {
    return context.env.rng.below(below);
  }
  void arm(Context& context) {
    if (!context.config.open || ++rounds_ > 12) return;
    const auto pause = milliseconds(draw(context, 60));
    context.out.timers.push_back(
        {overlay::TimerSlot{kChatter.value}, context.env.now + Duration(pause)});
  }
  void list(Context& context, const ContentId& after) {
    context.out.share_lists.push_back(
        {LookupToken{std::uint64_t{kChatter.value} << 56 | rounds_}, after, 1});
  }
  PeerRef any(Context& context) {
    return known_.empty() ? kNoPeer : known_[draw(context, known_.size())];
  }
  void learn(Context& context, PeerRef peer) {
    if (std::ranges::find(known_, peer) != known_.end()) return;
    if (known_.size() == 4) {
      const auto at = known_.begin() + static_cast<std::ptrdiff_t>(draw(context, 4));
      context.out.let_go.push_back(*at);
      known_.erase(at);
    }
    known_.push_back(peer);
    context.out.kept.push_back(peer);
  }
  void say(Context& context, PeerRef to, MessageKind kind, const std::string& what) {
    if (to == kNoPeer || !context.config.open) return;
    Message message;
    message.kind = kind;
    message.overlay = kChatter;
    message.budget_ms = rounds_;
    message.body = make_payload<OpaqueBody>([&](OpaqueBody& body) {
      body.bytes = what;
      for (const PeerRef peer : known_) {
        if (draw(context, 2) == 0) body.contacts.push_back({peer});
      }
      if (draw(context, 3) == 0) body.contacts.push_back({context.env.source.self()});
    });
    context.out.sends.push_back({to, std::move(message)});
  }

  std::vector<PeerRef> known_;
  unsigned rounds_ = 0;
};

std::unique_ptr<overlay::Overlay> make_chatter(overlay::Env&) {
  return std::make_unique<Chatter>();
}

}  // namespace

std::span<const overlay::OverlayEntry> talkative() {
  static const std::array kOverlays{
      *overlay::find_in(overlay::registry(), overlay::kFlood),
      overlay::OverlayEntry{kChatter, "chatter", "", make_chatter, {}, true},
  };
  return kOverlays;
}

}  // namespace shoal::tests
