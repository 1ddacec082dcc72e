// SPDX-License-Identifier: Apache-2.0
// Kademlia: messages come in, whom this peer knows, time.
#include "overlay/kademlia/kademlia.h"

#include <algorithm>
#include <utility>

#include "overlay/core/registry.h"
#include "proto/types/assert.h"

namespace shoal::overlay {

using kademlia::Point;
using kademlia::Refs;
using kademlia::Table;

std::unique_ptr<Overlay> make_kademlia(Env& env) {
  const PeerId self = env.source.id_of(env.source.self());
  return std::make_unique<Kademlia>(kademlia::point_of(self));
}

// ---- beginning ---------------------------------------------------------------------------------

void Kademlia::on_start(Context& context) {
  if (!context.config.open) return;
  changed_ = true;
  for (const Link& link : context.links.all()) on_link_up(context, link.peer);
}

void Kademlia::on_link_up(Context& context, PeerRef peer) {
  if (!context.config.open) return;
  if (joined_) return ping(context, peer);
  const auto spread = static_cast<std::uint64_t>(limits::kKademliaSpread.count());
  const Instant soon =
      context.env.now + Duration(static_cast<std::int64_t>(context.env.rng.below(spread)));
  if (next_neighbours_ <= soon) return;
  next_neighbours_ = soon;
  arm(context, soon);
}

void Kademlia::on_introduced(Context& context, PeerRef peer) {
  if (context.config.open) ping(context, peer);
}

// ---- dispatch ----------------------------------------------------------------------------------

Verdict Kademlia::on_message(Context& context, PeerRef from, const Message& message) {
  if (!context.config.open) return Verdict::kIgnore;
  if (const auto kind = kademlia::own_kind(message.kind)) {
    return on_own_kind(context, from, message, *kind);
  }
  switch (message.kind) {
    case MessageKind::kQuery:
      return on_question(context, from, message);
    case MessageKind::kHit:
      return on_hit(context, from, message);
    case MessageKind::kEchoLeaf:
    case MessageKind::kEcho:
    case MessageKind::kEchoRefused:
      return on_echo(context, from, message);
    default:
      return Verdict::kReject;  // nobody relays here, and nothing is taken back
  }
}

Verdict Kademlia::on_own_kind(Context& context, PeerRef from, const Message& message, Kind kind) {
  const auto& body = message.body.ref<OpaqueBody>();
  // Only answers that list nodes have contacts, and nobody lists more than he is asked for.
  const bool lists = kind == Kind::kNodes || kind == Kind::kProviders;
  if (!lists && !body.contacts.empty()) return Verdict::kReject;
  switch (kind) {
    case Kind::kPing: {
      if (!body.bytes.empty()) return Verdict::kReject;
      heard(context, from);
      Message pong = message;
      pong.kind = as_message_kind(Kind::kPong);
      context.out.sends.push_back(Send{from, std::move(pong)});
      return Verdict::kAccept;
    }
    case Kind::kPong:
      return on_pong(context, from, message);
    case Kind::kFindNode: {
      const auto wanted = kademlia::decode_find(body.bytes);
      if (!wanted || !wanted->words.empty()) return Verdict::kReject;
      answer_find(context, from, message, wanted->target);
      return Verdict::kAccept;
    }
    case Kind::kGetProviders: {
      const auto wanted = kademlia::decode_find(body.bytes);
      if (!wanted) return Verdict::kReject;
      answer_get(context, from, message, *wanted);
      return Verdict::kAccept;
    }
    case Kind::kNodes:
    case Kind::kProviders:
      return on_nodes(context, from, message, kind);
    case Kind::kAddProvider:
      return on_add(context, from, message);
  }
  return Verdict::kReject;
}

void Kademlia::on_dropped(Context& context, PeerRef to, const Message& message) {
  const auto kind = kademlia::own_kind(message.kind);
  if (!kind) {
    if (message.kind != MessageKind::kQuery) return;
    if (Errand* const errand = errand_of(message.query)) {
      end_question(context, *errand, to, false);
      finish_if_over(context, *errand);
    }
    return;
  }
  // The queue of a link that is up was full, or nobody is there.
  const bool certain = context.links.find(to) == nullptr;
  switch (*kind) {
    case Kind::kPing: {
      const auto at = std::ranges::find(pings_, to, &Ping::peer);
      if (at == pings_.end()) return;
      end_ping(context, static_cast<std::size_t>(at - pings_.begin()));
      return no_answer(context, to, certain);
    }
    case Kind::kFindNode:
    case Kind::kGetProviders: {
      Errand* const errand = errand_of(message.query);
      if (errand == nullptr || !errand->lookup.failed(to)) return;
      ++errand->given_back;
      no_answer(context, to, certain);
      return advance(context, *errand);
    }
    case Kind::kAddProvider:
      return no_answer(context, to, certain);
    default:
      return;  // an answer
  }
}

// ---- whom this peer knows ----------------------------------------------------------------------

/// The point of a peer as far as it tells the bucket: beyond 64 bits only where these are this
/// peer's own.
Point Kademlia::place_of(Context& context, PeerRef peer) const {
  const std::uint64_t prefix = context.env.source.id_prefix_of(peer);
  if (prefix != table_.self().words[0]) return Point{{prefix, 0, 0, 0}};
  return kademlia::point_of(context.env.source.id_of(peer));
}

void Kademlia::heard(Context& context, PeerRef from) {
  const Point at = place_of(context, from);
  const Refs refs{context.out.kept, context.out.let_go};
  const auto heard = table_.heard(from, at, context.env.now, refs);
  if (heard == Table::Heard::kWaits) {
    if (const auto oldest = table_.questionable(at, context.env.now)) ping(context, *oldest);
  } else if (heard == Table::Heard::kAdded && next_neighbours_ == Instant::max() && !joined_) {
    next_neighbours_ = context.env.now;
    arm(context, context.env.now);
  }
}

void Kademlia::no_answer(Context& context, PeerRef peer, bool certain) {
  const Point at = place_of(context, peer);
  table_.failed(peer, at, certain, Refs{context.out.kept, context.out.let_go});
}

void Kademlia::ping(Context& context, PeerRef peer) {
  if (pings_.size() >= limits::kKademliaPings) return;
  if (std::ranges::find(pings_, peer, &Ping::peer) != pings_.end()) return;
  if (!empty_) empty_ = make_payload<OpaqueBody>([](OpaqueBody&) {});
  Message message;
  message.query = context.env.source.fresh_query_id();
  message.kind = as_message_kind(Kind::kPing);
  message.overlay = kKademlia;
  message.body = empty_;
  const Instant until = context.env.now + limits::kKademliaRequestTime;
  pings_.push_back(Ping{peer, message.query, until});
  context.out.kept.push_back(peer);
  context.out.sends.push_back(Send{peer, std::move(message)});
  arm(context, until);
}

void Kademlia::end_ping(Context& context, std::size_t index) {
  context.out.let_go.push_back(pings_[index].peer);
  pings_.erase(pings_.begin() + static_cast<std::ptrdiff_t>(index));
}

Verdict Kademlia::on_pong(Context& context, PeerRef from, const Message& message) {
  if (!message.body.ref<OpaqueBody>().bytes.empty()) return Verdict::kReject;
  const auto at = std::ranges::find(pings_, from, &Ping::peer);
  if (at == pings_.end() || at->id != message.query) return Verdict::kIgnore;
  const auto index = static_cast<std::size_t>(at - pings_.begin());
  heard(context, from);  // which may ping another: `at` is not valid any more
  end_ping(context, index);
  return Verdict::kAccept;
}

// ---- time --------------------------------------------------------------------------------------

// What ends early leaves the timer armed too early, and it is armed anew when it has fired; so only
// what begins has to arm it.
void Kademlia::arm(Context& context, Instant at) {
  if (at >= armed_) return;
  armed_ = at;
  context.out.arm(TimerSlot{kKademlia.value}, at);
}

void Kademlia::on_timer(Context& context) {
  armed_ = Instant::max();
  if (!context.config.open) return;
  const Instant now = context.env.now;
  while (!pings_.empty() && pings_.front().until <= now) {  // in the order of their ends
    const PeerRef peer = pings_.front().peer;
    no_answer(context, peer, false);
    end_ping(context, 0);
  }
  give_up_silent(context);
  end_late_searches(context);
  if (next_sweep_ <= now) {
    kept_.sweep(now, Refs{context.out.kept, context.out.let_go});
    next_sweep_ = kept_.size() == 0 ? Instant::max() : now + limits::kKademliaSweep;
  }
  maintain(context);
  arm(context, next_due());
}

Instant Kademlia::next_due() const {
  Instant due = next_sweep_;
  if (!pings_.empty()) due = std::min(due, pings_.front().until);
  for (const auto& errand : errands_) {
    const Instant oldest = errand->lookup.oldest();
    if (oldest != Instant::max()) due = std::min(due, oldest + limits::kKademliaRequestTime);
    if (errand->search == nullptr) continue;
    due = std::min(due, errand->search->deadline);
    for (const auto& asked : errand->search->asked) {
      if (asked.open) due = std::min(due, asked.until);
    }
  }
  if (upkeep_open_) return due;  // what comes next begins when that ends
  due = std::min(due, next_neighbours_);
  if (!joined_) return due;
  if (const auto refresh = table_.next_refresh(covered_)) {
    due = std::min(due, refresh->at + limits::kKademliaRefresh);
  }
  return listing_ ? due : std::min(due, next_publish_);
}

void Kademlia::warm_visit(unsigned step, const Coming& visit) const {
  const bool asks = visit.body.bytes.size() >= kademlia::kPointBytes;
  std::uint64_t target = 0;  // a request begins with it
  for (std::size_t i = 0; asks && i < 8; ++i) {
    target = target << 8 | static_cast<std::uint8_t>(visit.body.bytes[i]);
  }
  if (step == 1) {
    if (asks) return kept_.warm_key(target);
    if (errands_.empty() || visit.body.contacts.empty()) return;
    const Errand* const errand = errands_.back().get();
    __builtin_prefetch(errand);
    __builtin_prefetch(reinterpret_cast<const char*>(errand) + 64);
    return errand->lookup.warm();
  }
  table_.warm_heard(visit.from_prefix);
  __builtin_prefetch(errands_.data());
  if (!asks) return;
  table_.warm_nearest(target);
  kept_.warm();
}

std::size_t Kademlia::bytes() const {
  std::size_t sum = sizeof(Kademlia) + table_.bytes() + kept_.bytes() +
                    errands_.capacity() * sizeof(errands_[0]) +
                    questions_.capacity() * sizeof(Question) + pings_.capacity() * sizeof(Ping);
  for (const auto& errand : errands_) sum += errand->bytes();
  return publisher_ == nullptr ? sum : sum + sizeof(*publisher_) + publisher_->bytes();
}

}  // namespace shoal::overlay
