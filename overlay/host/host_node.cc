// SPDX-License-Identifier: Apache-2.0
// OverlayHost: calls to the node, and what becomes of their effects.
#include <utility>

#include "overlay/host/host_impl.h"
#include "proto/types/limits.h"

namespace shoal::overlay {

Instant OverlayHost::Impl::now() const {
  return Instant(std::chrono::duration_cast<Duration>(Clock::now() - start_));
}

void OverlayHost::Impl::pass_record_on() {
  if (!recorder_) return;
  if (auto bytes = recorder_->take(); !bytes.empty()) hooks_.on_record(std::move(bytes));
}

void OverlayHost::Impl::carry_out(Effects& out) {
  keep(out);
  for (Send& send : out.sends) transmit(send.to, std::move(send.message));
  for (const ArmTimer& timer : out.timers) arm(timer);
  for (const Lookup& lookup : out.lookups) look_up(lookup);
  for (const Found& hit : out.hits) found(hit);
  for (Finished& end : out.finished) finished(end);
  for (const LinkWanted& wanted : out.links_wanted) {
    if (hooks_.on_link_wanted && !stopping_) hooks_.on_link_wanted(wanted.role);
  }
  for (const LinkCut& link : out.cuts) cut(link);
  for (const ListShares& list : out.share_lists) list_shares(list);
  for (const Dial& wanted : out.dials) dial_wanted(wanted.peer);
  for (const Hangup& unwanted : out.hangups) hang_up(unwanted.peer);
  let_go(out);
}

void OverlayHost::Impl::cut(const LinkCut& cut) {
  const auto at = up_.find(cut.peer);
  if (at == up_.end()) {
    const auto stranger = book_.id_of(cut.peer);
    if (stranger) cut_visits(*stranger);
    return;
  }
  ++drops_["link cut for its offences"];
  const auto now = Clock::now();
  const auto until = offenders_.note(at->second->peer(), now);
  at->second->close({Errc::kDenied, "too many malformed or unasked messages: " +
                                        paused_in_words("your", until, now)});
}

void OverlayHost::Impl::transmit(const PeerRef& to, Message message) {
  contacts_.write(message);
  const auto at = up_.find(to);
  if (at == up_.end() || at->second->phase() != LinkEnd::Phase::kGreeted) {
    if (send_stray(to, message)) return;
    return give_back(to, std::move(message));  // gone, or closing
  }
  LinkEnd& end = *at->second;
  if (end.send(message)) return;
  if (carries_query(message.kind)) {
    ++drops_["query given back: queue full"];
    return give_back(to, std::move(message));
  }
  if (message.kind == MessageKind::kCancel) {  // without it the copy ends at its deadline
    ++drops_["cancel dropped: queue full"];
    return;
  }
  // An answer is never dropped from a link that lives.
  ++drops_["link cut: no room for an answer"];
  end.close({Errc::kOverloaded, "it reads too slowly"});
}

// Its contacts were valid in the call that sent it, and nobody kept them since.
void OverlayHost::Impl::give_back(PeerRef to, Message message, std::shared_ptr<Held> held) {
  if (held == nullptr && book_.id_of(to)) {
    held = std::make_shared<Held>(book_);
    held->add(to);
  }
  const auto* const body = message.body.as<OpaqueBody>();
  if (body != nullptr && !body->contacts.empty()) {
    message.body = make_payload<OpaqueBody>([&](OpaqueBody& bare) { bare.bytes = body->bytes; });
  }
  drive([to, message = std::move(message), held](Env& env, RecordedNode& node, Effects& out) {
    node.on_dropped(env, to, message, out);
  });
}

void OverlayHost::Impl::hand_in(PeerRef from, const Message& message) {
  if (!driving_) {
    Held held(book_);
    const auto named = contacts_.read(message, held);
    held.add(from);
    return drive(
        [&](Env& env, RecordedNode& node, Effects& out) { take_in(env, node, out, from, named); });
  }
  const auto held = std::make_shared<Held>(book_);
  const auto named = contacts_.read(message, *held);
  held->add(from);
  drive([this, from, named, held](Env& env, RecordedNode& node, Effects& out) {
    take_in(env, node, out, from, named);
  });
}

/// `message`: none if its contacts are forged.
void OverlayHost::Impl::take_in(Env& env, RecordedNode& node, Effects& out, PeerRef from,
                                const std::optional<Message>& message) {
  if (!message) {
    ++drops_["malformed: " + std::string(to_text(codec::Refusal::kBadContacts))];
    return node.on_garbage(env, from, out);
  }
  from_ = from;
  switch (node.on_message(env, from, *message, out)) {
    case Verdict::kAccept:
      break;
    case Verdict::kIgnore:
      ++drops_["late or pointless message"];
      break;
    case Verdict::kReject:
      ++drops_["message that no honest peer sends"];
      break;
  }
}

// A node puts its timer off whenever all that it waited for was answered. A clock that is set is
// left alone then: what it rings for is looked at when it rings.
void OverlayHost::Impl::arm(const ArmTimer& armed) {
  auto& timer = timers_[armed.slot];
  if (timer == nullptr) timer = std::make_unique<NodeTimer>(strand_);
  timer->due = armed.at;
  if (!timer->rings_at || *timer->rings_at > armed.at) wait(*timer, armed.slot);
}

/// Requires that it is armed.
void OverlayHost::Impl::wait(NodeTimer& timer, TimerSlot slot) {
  timer.rings_at = timer.due;
  timer.clock.expires_at(start_ + timer.due->time_since_epoch());
  timer.clock.async_wait([weak = weak_from_this(), slot](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self) self->on_clock(slot);
  });
}

void OverlayHost::Impl::on_clock(TimerSlot slot) {
  NodeTimer& timer = *timers_.at(slot);
  timer.rings_at.reset();
  if (!timer.due) return;
  if (*timer.due > now()) return wait(timer, slot);
  timer.due.reset();
  drive([slot](Env& env, RecordedNode& node, Effects& out) { node.on_timer(env, slot, out); });
}

// ---- lookups -----------------------------------------------------------------------------------

void OverlayHost::Impl::look_up(const Lookup& lookup) {
  hooks_.lookup(lookup.query, lookup.limit,
                [weak = weak_from_this(), lookup, brought_by = book_.id_of(from_)](
                    std::vector<HitFile> files, std::uint32_t excess) {
                  const auto self = weak.lock();
                  if (!self) return;
                  // Who answers at once needs no turn of its own.
                  boost::asio::dispatch(
                      self->strand_, [self, lookup, brought_by, files = std::move(files), excess] {
                        self->answer(lookup, brought_by, files, excess);
                      });
                });
}

void OverlayHost::Impl::answer(const Lookup& lookup, const std::optional<PeerId>& brought_by,
                               const std::vector<HitFile>& files, std::uint32_t excess) {
  std::vector<PayloadRef> hits;
  const std::string card = files.empty() ? std::string() : hooks_.card();
  for (std::size_t from = 0; from < files.size(); from += limits::kHitFilesMax) {
    const std::size_t count = std::min(limits::kHitFilesMax, files.size() - from);
    const std::span<const HitFile> some(files.data() + from, count);
    hits.push_back(make_payload<HitBody>([&](HitBody& hit) {
      hit.holder = me_.id();
      hit.files.assign(some.begin(), some.end());
      hit.sealed = rpc::seal_offer(me_, lookup.id, card, some);
    }));
  }
  // Whoever asked may come and fetch what was offered.
  if (!hits.empty()) book_.admit(lookup.query.ref<QueryBody>().key, brought_by);
  drive([token = lookup.token, hits = std::move(hits), excess](Env& env, RecordedNode& node,
                                                               Effects& out) {
    node.on_matches(env, token, hits, excess, out);
  });
}

}  // namespace shoal::overlay
