// SPDX-License-Identifier: Apache-2.0
// Kademlia: this peer's own lookups, for its table, for what it shares, and for searches.
#include <algorithm>
#include <boost/container/static_vector.hpp>
#include <span>
#include <utility>

#include "overlay/core/registry.h"
#include "overlay/kademlia/kademlia.h"
#include "proto/types/assert.h"

namespace shoal::overlay {

using kademlia::Errand;
using kademlia::LookupPlan;
using kademlia::Point;
using kademlia::Refs;
using Purpose = Errand::Purpose;

namespace {

constexpr LookupPlan kUpkeepPlan{limits::kKademliaK, kKademliaParameters[kKademliaAlpha].fallback,
                                 1};
constexpr LookupPlan kAgainPlan{limits::kKademliaAgain,
                                kKademliaParameters[kKademliaAlpha].fallback, 1};
// Nobody waits for it, so its paths ask one after the other: together as many as alpha and one
// more.
constexpr LookupPlan kPublishPlan{limits::kKademliaK, 1,
                                  kKademliaParameters[kKademliaPaths].fallback};

static_assert(kKademliaParameters[kKademliaPaths].fallback >=
              kKademliaParameters[kKademliaAlpha].fallback);

// Requests of one lookup that are open at once.
constexpr std::size_t kOpenMost =
    std::size_t{limits::kKademliaPathsMax} * kKademliaParameters[kKademliaAlpha].most;

LookupToken list_token() { return LookupToken{std::uint64_t{kKademlia.value} << 56}; }

}  // namespace

// ---- a lookup ----------------------------------------------------------------------------------

Errand* Kademlia::errand_of(const QueryId& id) {
  const auto at = std::ranges::find_if(errands_, [&](const auto& e) { return e->id == id; });
  return at == errands_.end() ? nullptr : at->get();
}

bool Kademlia::knows_anybody(const Context& context) const {
  return table_.size() > 0 || !context.links.all().empty();
}

/// The caller sends the first requests by advance().
Errand& Kademlia::start(Context& context, Purpose purpose, const Point& target,
                        const LookupPlan& plan, std::string_view words) {
  const Kind kind = purpose == Purpose::kSearch ? Kind::kGetProviders : Kind::kFindNode;
  auto request = std::make_unique<OpaqueBody>();
  request->bytes = kademlia::encode(kademlia::FindRequest{target, words});
  Errand& errand = *errands_.emplace_back(std::make_unique<Errand>(target, table_.self(), plan));
  errand.id = context.env.source.fresh_query_id();
  errand.purpose = purpose;
  errand.request_kind = kind;
  errand.request = PayloadRef(std::move(request));
  table_.looked_up(target, context.env.now);
  std::vector<PeerRef> known;
  known.reserve(plan.k);
  table_.nearest(target, plan.k, kNoPeer, true, context.env.source, known);
  for (const Link& link : context.links.all()) {
    if (known.size() >= plan.k) break;
    if (std::ranges::find(known, link.peer) == known.end()) known.push_back(link.peer);
  }
  errand.lookup.begin(known, context.env.source, Refs{context.out.kept, context.out.let_go});
  return errand;
}

/// May end the errand.
void Kademlia::advance(Context& context, Errand& errand) {
  if (errand.fills && !table_.sparse(*errand.fills)) return end(context, errand);
  boost::container::static_vector<PeerRef, kOpenMost> whom;
  errand.lookup.ask(context.env.now, whom);
  for (const PeerRef peer : whom) {
    Message message;
    message.query = errand.id;
    message.body = errand.request;
    message.kind = as_message_kind(errand.request_kind);
    message.overlay = kKademlia;
    context.out.sends.push_back(Send{peer, std::move(message)});
  }
  if (!whom.empty()) arm(context, context.env.now + limits::kKademliaRequestTime);
  if (!errand.lookup.over()) return;
  if (errand.purpose == Purpose::kSearch) return finish_if_over(context, errand);
  end(context, errand);
}

Verdict Kademlia::on_nodes(Context& context, PeerRef from, const Message& message, Kind kind) {
  const auto& body = message.body.ref<OpaqueBody>();
  std::size_t providers = 0;
  if (kind == Kind::kProviders) {
    if (body.bytes.size() != 1) return Verdict::kReject;
    providers = static_cast<std::uint8_t>(body.bytes[0]);
    if (providers > limits::kKademliaProvidersNamed) return Verdict::kReject;
  } else if (!body.bytes.empty()) {
    return Verdict::kReject;
  }
  if (body.contacts.size() < providers || body.contacts.size() > providers + limits::kKademliaK) {
    return Verdict::kReject;
  }
  Errand* const errand = errand_of(message.query);
  if (errand == nullptr) return Verdict::kIgnore;  // late, or never asked for
  const Kind wanted = errand->request_kind == Kind::kFindNode ? Kind::kNodes : Kind::kProviders;
  if (kind != wanted) return Verdict::kReject;
  __builtin_prefetch(errand->request.get(), 1);  // whose owners each further request counts
  const auto nodes = std::span(body.contacts).subspan(providers);
  const auto hop = errand->lookup.answered(from, nodes, context.env.source,
                                           Refs{context.out.kept, context.out.let_go});
  if (!hop) return Verdict::kIgnore;
  heard(context, from);
  for (std::size_t i = 0; i < providers; ++i) {
    const auto next = static_cast<std::uint8_t>(std::min(*hop + 2, 200));
    ask_provider(context, *errand, body.contacts[i].peer, next);
  }
  advance(context, *errand);
  return Verdict::kAccept;
}

void Kademlia::give_up_silent(Context& context) {
  const Instant asked_by = context.env.now - limits::kKademliaRequestTime;
  std::vector<QueryId> open;
  for (const auto& errand : errands_) open.push_back(errand->id);
  std::vector<PeerRef> silent;
  for (const QueryId& id : open) {
    Errand* const errand = errand_of(id);
    if (errand == nullptr) continue;
    silent.clear();
    errand->lookup.silent(asked_by, silent);
    for (const PeerRef peer : silent) {
      errand->lookup.failed(peer);
      no_answer(context, peer, false);
    }
    if (!silent.empty()) advance(context, *errand);
  }
}

// ---- what it was for ---------------------------------------------------------------------------

void Kademlia::end(Context& context, Errand& errand) {
  if (errand.purpose == Purpose::kNeighbours) end_neighbours(context, errand);
  if (errand.purpose == Purpose::kPublish) spread(context, errand);
  errand.lookup.release(Refs{context.out.kept, context.out.let_go});
  const bool upkeep = upkeep_open_ && errand.id == upkeep_;
  std::erase_if(errands_, [&](const auto& other) { return other.get() == &errand; });
  if (errands_.empty()) errands_ = std::vector<std::unique_ptr<Errand>>();  // `{}` keeps storage
  if (!upkeep) return;
  upkeep_open_ = false;
  // What comes next begins by timer, so that ends and beginnings do not pile up on one another.
  arm(context, std::max(next_due(), context.env.now));
}

void Kademlia::end_neighbours(Context& context, const Errand& errand) {
  const Instant now = context.env.now;
  if (errand.lookup.answers() == 0) {  // nobody answered: try again
    next_neighbours_ = now + pause_;
    pause_ = std::min(2 * pause_, limits::kKademliaRetryMax);
    return;
  }
  std::vector<PeerRef> nearest;  // who was asked is among them, and more are known
  table_.nearest(table_.self(), limits::kKademliaK, kNoPeer, true, context.env.source, nearest);
  const Point farthest = kademlia::point_of(context.env.source.id_of(nearest.back()));
  covered_ = nearest.size() < limits::kKademliaK ? 0  // these are all there are
                                                 : kademlia::common_prefix(table_.self(), farthest);
  if (!joined_) {
    joined_ = true;
    pause_ = limits::kKademliaSettle;
    to_fill_ = covered_;
    next_publish_ = now;
  } else {
    const int later = nearest.size() < limits::kKademliaK ? 4 : 16;
    pause_ = std::min(later * pause_, limits::kKademliaRefresh);
  }
  // Drawn, so that peers that joined together do not stay in step.
  const auto spread = static_cast<std::uint64_t>(pause_.count() / 2);
  next_neighbours_ =
      now + pause_ * 3 / 4 + Duration(static_cast<std::int64_t>(context.env.rng.below(spread)));
}

/// Tells the peers nearest to a key what this one has there.
void Kademlia::spread(Context& context, const Errand& errand) {
  auto body = std::make_unique<OpaqueBody>();
  body->bytes = kademlia::encode(kademlia::AddRequest{errand.lookup.target(), errand.offer});
  Message message;
  message.query = errand.id;
  message.body = PayloadRef(std::move(body));
  message.kind = as_message_kind(Kind::kAddProvider);
  message.overlay = kKademlia;
  for (const PeerRef peer : errand.lookup.nearest()) {
    context.out.sends.push_back(Send{peer, message});
  }
}

// ---- upkeep: one lookup at a time --------------------------------------------------------------

void Kademlia::maintain(Context& context) {
  if (upkeep_open_) return;
  const Instant now = context.env.now;
  Errand* errand = nullptr;
  if (next_neighbours_ <= now) {
    next_neighbours_ = Instant::max();
    if (knows_anybody(context)) {
      // Who joined by way of one that knew few asks all that it hears of.
      const bool settled = joined_ && table_.size() >= limits::kKademliaK;
      const LookupPlan& plan = settled ? kAgainPlan : kUpkeepPlan;
      errand = &start(context, Purpose::kNeighbours, table_.self(), plan, {});
    }
  } else if (joined_) {
    while (to_fill_ > 0 && errand == nullptr) {
      if (!table_.sparse(--to_fill_)) continue;
      const Point target = table_.point_in(to_fill_, context.env.rng);
      errand = &start(context, Purpose::kRefresh, target, kUpkeepPlan, {});
      errand->fills = to_fill_;
    }
    const auto refresh = table_.next_refresh(covered_);
    if (errand == nullptr && refresh && refresh->at + limits::kKademliaRefresh <= now) {
      const Point target = table_.point_in(refresh->bucket, context.env.rng);
      errand = &start(context, Purpose::kRefresh, target, kUpkeepPlan, {});
    }
    if (errand == nullptr && maintain_publishing(context)) errand = errands_.back().get();
  }
  if (errand == nullptr) return;
  upkeep_ = errand->id;
  upkeep_open_ = true;
  advance(context, *errand);
}

/// True when a lookup was started, the last one of `errands_`.
bool Kademlia::maintain_publishing(Context& context) {
  if (listing_ || next_publish_ > context.env.now) return false;
  if (publisher_ == nullptr) {
    publisher_ = std::make_unique<kademlia::Publisher>();
    listing_ = true;
    changed_ = false;
    context.out.share_lists.push_back(ListShares{list_token(), ContentId{}, limits::kKademliaPage});
    return false;
  }
  if (auto publication = publisher_->next()) {
    Errand& errand = start(context, Purpose::kPublish, publication->key, kPublishPlan, {});
    errand.offer = std::move(publication->offer);
    return true;
  }
  publisher_ = nullptr;
  const auto spread = static_cast<std::uint64_t>(limits::kKademliaRepublish.count() / 4);
  next_publish_ = changed_ ? context.env.now
                           : context.env.now + limits::kKademliaRepublish -
                                 Duration(static_cast<std::int64_t>(context.env.rng.below(spread)));
  return changed_ && maintain_publishing(context);
}

void Kademlia::on_shares(Context& context, LookupToken, std::span<const SharedFile> files,
                         bool more) {
  SHOAL_ASSERT(listing_ && publisher_ != nullptr);
  publisher_->add(files);
  if (more && !files.empty()) {
    context.out.share_lists.push_back(
        ListShares{list_token(), files.back().content, limits::kKademliaPage});
    return;
  }
  listing_ = false;
  arm(context, context.env.now);
}

void Kademlia::on_shares_changed(Context& context) {
  if (!context.config.open) return;
  changed_ = true;
  // A round under way goes to its end first. Changes come in swarms, so the next one waits a
  // little.
  if (publisher_ != nullptr || !joined_) return;
  const Instant soon = context.env.now + limits::kKademliaSpread;
  if (next_publish_ <= soon) return;
  next_publish_ = soon;
  arm(context, soon);
}

}  // namespace shoal::overlay
