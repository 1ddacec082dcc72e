// SPDX-License-Identifier: Apache-2.0
#include "sim/report/wave_recorder.h"

#include <algorithm>
#include <numeric>

#include "overlay/core/registry.h"
#include "proto/types/bodies.h"
#include "sim/engine/content.h"

namespace shoal::sim {
namespace {

Edge ordered(PeerRef first, PeerRef second) {
  const auto [low, high] = std::minmax(first.value, second.value);
  return {low, high};
}

bool is_echo(MessageKind kind) {
  return kind >= MessageKind::kEchoDuplicate && kind <= MessageKind::kEcho;
}

// What an overlay calls its messages only it knows.
std::string own_word_of(const Message& message) {
  std::string out = "message ";
  for (const overlay::OverlayEntry& entry : overlay::registry()) {
    if (entry.id != message.overlay) continue;
    const auto walker = entry.walker_in == nullptr ? std::nullopt : entry.walker_in(message);
    if (walker && !walker->ended.empty()) {
      return "report that walker " + std::to_string(walker->number) + " ended (" +
             std::string(walker->ended) + ")";
    }
    out = std::string(entry.name) + " message ";
  }
  return out + std::to_string(static_cast<unsigned>(message.kind));
}

// Of a message that is no copy of a query.
std::string word_of(const Message& message) {
  switch (message.kind) {
    case MessageKind::kEcho:
    case MessageKind::kEchoDuplicate:
    case MessageKind::kEchoLeaf:
    case MessageKind::kEchoRefused:
      return "echo";
    case MessageKind::kHit:
      return "hit";
    case MessageKind::kCancel:
      return "cancel";
    case MessageKind::kLinkActive:
      return "link active";
    case MessageKind::kLinkStandby:
      return "link standby";
    default:
      return own_word_of(message);
  }
}

std::string sort_of(MessageKind echo) {
  if (echo == MessageKind::kEchoDuplicate) return "duplicate";
  if (echo == MessageKind::kEchoLeaf) return "leaf";
  if (echo == MessageKind::kEchoRefused) return "refused";
  return {};
}

}  // namespace

WaveRecorder::WaveRecorder(const Graph& graph, Flight flight)
    : graph_(graph), flight_(std::move(flight)), busy_(graph.size()) {
  for (std::uint32_t peer = 0; peer < graph.size(); ++peer) {
    ids_[simulated_id(PeerRef{peer})] = peer;
  }
}

void WaveRecorder::begin(Instant now) {
  from_ = now;
  down_peers_then_ = down_peers_;
  down_links_then_ = down_links_;
  stalled_then_ = stalled_;
  searches_.clear();
  numbers_.clear();
  seen_.clear();
  events_.clear();
  busy_.assign(graph_.size(), now);
}

void WaveRecorder::describe(QueryId id, const WaveSearch& search) {
  const auto [at, fresh] = numbers_.try_emplace(id, static_cast<std::uint32_t>(searches_.size()));
  if (fresh) {
    searches_.emplace_back();
  }
  WaveSearch& kept = searches_[at->second];
  kept.origin = search.origin;
  kept.started = search.started;
  kept.what = search.what;
  kept.ttl = search.ttl;
  kept.echo = search.echo;
  kept.holders = search.holders;
}

void WaveRecorder::say(Instant now, WaveKind kind, std::string text, std::uint32_t about) {
  add(now, kind, kNoPeer.value, about).text = std::move(text);
}

Wave WaveRecorder::wave(Instant until) const {
  Wave out;
  for (std::uint32_t peer = 0; peer < graph_.size(); ++peer) {
    out.peers.push_back(std::to_string(peer));
    for (const std::uint32_t other : graph_.neighbours(peer)) {
      if (peer < other) out.links.emplace_back(peer, other);
    }
  }
  out.from = from_;
  out.until = std::max(until, events_.empty() ? from_ : events_.back().at);
  out.down_peers.assign(down_peers_then_.begin(), down_peers_then_.end());
  out.down_links.assign(down_links_then_.begin(), down_links_then_.end());
  out.stalled.assign(stalled_then_.begin(), stalled_then_.end());
  out.searches = searches_;
  out.events = events_;
  return out;
}

std::uint32_t WaveRecorder::search_of(const Message& message, PeerRef from, PeerRef to,
                                      Instant now) {
  const bool of_search = message.kind <= MessageKind::kCancel ||
                         static_cast<std::uint8_t>(message.kind) >= kFirstOwnMessageKind;
  if (!of_search) return kNoSearch;
  const auto known = numbers_.find(message.query);
  if (known != numbers_.end()) return known->second;
  if (message.kind != MessageKind::kQuery || message.hops != 0) return kNoSearch;
  WaveSearch search;
  search.origin = from.value;
  search.started = std::max(from_, now - (flight_ ? flight_(from.value, to.value) : Duration{}));
  search.ttl = message.ttl;
  search.echo = message.body.ref<QueryBody>().echo;
  const auto number = static_cast<std::uint32_t>(searches_.size());
  numbers_[message.query] = number;
  searches_.push_back(std::move(search));
  return number;
}

WaveEvent& WaveRecorder::add(Instant now, WaveKind kind, std::uint32_t from, std::uint32_t to) {
  WaveEvent& event = events_.emplace_back();
  event.at = event.left = now;
  event.kind = kind;
  event.from = from;
  event.to = to;
  return event;
}

// When a message left that arrives now. A copy goes out when its sender takes up its own; what
// waited on a stalled way leaves when it flows again.
Instant WaveRecorder::left(Instant now, std::uint32_t from, std::uint32_t to,
                           const Message& message, std::uint32_t search) const {
  Instant out = flight_ ? now - flight_(from, to) : busy_[from];
  if (message.kind == MessageKind::kQuery && search != kNoSearch) {
    const auto seen = seen_.find({search, from});
    if (message.hops == 0) {  // at the beginning, or, of an overlay that asks in rounds, later
      out = std::max(out, searches_[search].started);
    } else if (seen != seen_.end()) {
      const auto receipt = seen->second.when.find(static_cast<std::uint8_t>(message.ttl + 1));
      if (receipt != seen->second.when.end()) out = receipt->second;
    }
  }
  const auto flow = flows_.find({from, to});
  if (flow != flows_.end() && flow->second <= now) out = std::max(out, flow->second);
  return std::clamp(out, from_, now);
}

WaveEvent& WaveRecorder::add_message(Instant now, WaveKind kind, PeerRef from, PeerRef to,
                                     const Message& message) {
  const std::uint32_t search = search_of(message, from, to, now);
  const Instant then = left(now, from.value, to.value, message, search);
  WaveEvent& event = add(now, kind, from.value, to.value);
  event.search = search;
  event.left = then;
  event.ttl = message.ttl;
  return event;
}

void WaveRecorder::add_hit(WaveEvent& event, const PayloadRef& body) const {
  const auto& hit = body.ref<HitBody>();
  event.count = static_cast<std::uint32_t>(hit.files.size());
  const auto holder = ids_.find(hit.holder);
  if (holder != ids_.end()) event.about = holder->second;
}

void WaveRecorder::on_query(WaveEvent& event, const Message& message, Verdict verdict,
                            const overlay::Effects& out) {
  event.hop = static_cast<std::uint8_t>(message.hops + 1);
  const auto sends = [&](MessageKind kind) {
    return std::ranges::count_if(
        out.sends, [kind](const overlay::Send& send) { return send.message.kind == kind; });
  };
  event.count = static_cast<std::uint32_t>(sends(MessageKind::kQuery));
  const auto known = seen_.find({event.search, event.to});
  const bool at_origin = event.search != kNoSearch && searches_[event.search].origin == event.to;
  if (verdict == Verdict::kReject) {
    event.kind = WaveKind::kRejected;
  } else if (sends(MessageKind::kEchoRefused) > 0) {
    event.kind = WaveKind::kRefused;
  } else if (at_origin || known != seen_.end()) {
    const bool deeper = !at_origin && message.ttl > known->second.ttl &&
                        message.body.ref<QueryBody>().rule == DuplicateRule::kDeepest;
    event.kind = deeper ? WaveKind::kDeeper : WaveKind::kDuplicate;
  }
  if (event.kind != WaveKind::kAsked && event.kind != WaveKind::kDeeper) return;
  Seen& seen = seen_[{event.search, event.to}];
  seen.ttl = message.ttl;
  seen.hop = event.hop;
  seen.when[message.ttl] = event.at;
}

// Who looks among its files was asked, whatever the overlay's rules are.
void WaveRecorder::on_own_copy(WaveEvent& event, const Message& message, Verdict verdict,
                               const overlay::Effects& out) {
  event.text = "own";
  const auto sender = seen_.find({event.search, event.from});
  event.hop = static_cast<std::uint8_t>(sender == seen_.end() ? 1 : sender->second.hop + 1);
  event.count = static_cast<std::uint32_t>(std::ranges::count_if(
      out.sends, [](const overlay::Send& send) { return carries_query(send.message.kind); }));
  const bool looks = std::ranges::any_of(
      out.lookups, [&](const overlay::Lookup& lookup) { return lookup.id == message.query; });
  const bool at_origin = event.search != kNoSearch && searches_[event.search].origin == event.to;
  if (verdict == Verdict::kReject) {
    event.kind = WaveKind::kRejected;
  } else if (looks) {
    event.kind = WaveKind::kAsked;
    seen_[{event.search, event.to}].hop = event.hop;
  } else {
    const bool known = at_origin || seen_.contains({event.search, event.to});
    event.kind = known ? WaveKind::kPasses : WaveKind::kRefused;
  }
}

void WaveRecorder::on_delivery(Instant now, PeerRef from, PeerRef to, const Message& message,
                               Verdict verdict, const overlay::Effects& out) {
  if (message.kind == MessageKind::kQuery) {
    on_query(add_message(now, WaveKind::kAsked, from, to, message), message, verdict, out);
  } else if (carries_query(message.kind)) {
    on_own_copy(add_message(now, WaveKind::kAsked, from, to, message), message, verdict, out);
  } else if (is_echo(message.kind)) {
    WaveEvent& event = add_message(now, WaveKind::kEcho, from, to, message);
    event.text = sort_of(message.kind);
    if (message.kind == MessageKind::kEcho) {
      const auto& hops = message.body.ref<EchoBody>().counts.peers_by_hop;
      event.count = static_cast<std::uint32_t>(
          std::max<std::int64_t>(0, std::accumulate(hops.begin(), hops.end(), std::int64_t{0})));
    } else if (message.kind == MessageKind::kEchoLeaf) {
      event.count = 1;
    }
  } else if (message.kind == MessageKind::kHit) {
    WaveEvent& event = add_message(now, WaveKind::kHit, from, to, message);
    event.hop = static_cast<std::uint8_t>(message.hops + 1);
    add_hit(event, message.body);
  } else {
    const bool cancel = message.kind == MessageKind::kCancel;
    WaveEvent& event =
        add_message(now, cancel ? WaveKind::kCancel : WaveKind::kOther, from, to, message);
    if (!cancel) event.text = word_of(message);
  }
  busy_[to.value] = now;
}

void WaveRecorder::on_end(Instant now, WaveKind kind, PeerRef from, PeerRef to,
                          const Message& message) {
  WaveEvent& event = add_message(now, kind, from, to, message);
  if (message.kind == MessageKind::kQuery) {
    event.hop = static_cast<std::uint8_t>(message.hops + 1);
  } else if (carries_query(message.kind)) {
    event.text = "own";
  } else {
    event.kind = WaveKind::kAnswerLost;
    event.text = word_of(message);
  }
}

void WaveRecorder::on_given_back(Instant now, PeerRef from, PeerRef to, const Message& message) {
  on_end(now, WaveKind::kGivenBack, from, to, message);
  events_.back().left = now;
}

void WaveRecorder::on_lost(Instant now, PeerRef from, PeerRef to, const Message& message) {
  on_end(now, WaveKind::kLost, from, to, message);
}

void WaveRecorder::on_found(Instant now, PeerRef origin, const overlay::Found& found) {
  const auto number = numbers_.find(found.query);
  WaveEvent& event = add(now, WaveKind::kFound, kNoPeer.value, origin.value);
  if (number != numbers_.end()) event.search = number->second;
  event.hop = found.hops;
  add_hit(event, found.hit);
}

void WaveRecorder::on_finished(Instant now, PeerRef origin, const overlay::Finished& finished) {
  const SearchReport& report = finished.report;
  const auto [number, fresh] =
      numbers_.try_emplace(report.query, static_cast<std::uint32_t>(searches_.size()));
  if (fresh) {
    WaveSearch search;
    search.origin = origin.value;
    search.started = std::max(from_, now - report.took);
    search.ttl = report.ttl;
    searches_.push_back(std::move(search));
  }
  searches_[number->second].report = report;
  WaveEvent& event = add(now, WaveKind::kFinished, kNoPeer.value, origin.value);
  event.search = number->second;
  event.text = to_text(report.ended);
}

void WaveRecorder::on_crash(Instant now, PeerRef peer) {
  if (down_peers_.insert(peer.value).second) {
    add(now, WaveKind::kPeerDown, kNoPeer.value, peer.value);
  }
}

void WaveRecorder::on_restart(Instant now, PeerRef peer) {
  if (down_peers_.erase(peer.value) == 1) {
    add(now, WaveKind::kPeerUp, kNoPeer.value, peer.value);
  }
}

void WaveRecorder::on_link_cut(Instant now, PeerRef first, PeerRef second) {
  if (down_links_.insert(ordered(first, second)).second) {
    add(now, WaveKind::kLinkDown, first.value, second.value);
  }
}

void WaveRecorder::on_link_up(Instant now, PeerRef first, PeerRef second) {
  if (down_links_.erase(ordered(first, second)) == 1) {
    add(now, WaveKind::kLinkUp, first.value, second.value);
  }
}

void WaveRecorder::on_stall(Instant now, PeerRef from, PeerRef to, bool stalled) {
  const Way way{from.value, to.value};
  const bool changed = stalled ? stalled_.insert(way).second : stalled_.erase(way) == 1;
  if (!stalled) flows_[way] = now;
  if (changed) add(now, stalled ? WaveKind::kStall : WaveKind::kFlow, from.value, to.value);
}

}  // namespace shoal::sim
