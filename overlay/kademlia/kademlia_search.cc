// SPDX-License-Identifier: Apache-2.0
// Kademlia: this peer's own searches.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "overlay/core/registry.h"
#include "overlay/kademlia/faults.h"
#include "overlay/kademlia/kademlia.h"
#include "proto/types/assert.h"

namespace shoal::overlay {

using kademlia::Errand;
using kademlia::Fault;
using kademlia::OwnSearch;
using kademlia::planted;
using kademlia::Point;
using kademlia::Refs;

namespace {

tl::unexpected<Error> refuse(Errc code, const std::string& why, const std::string& next = {}) {
  return fail(code, "the search was not started", why, next);
}

std::size_t searches(const std::vector<std::unique_ptr<Errand>>& errands) {
  return static_cast<std::size_t>(
      std::ranges::count_if(errands, [](const auto& e) { return e->search != nullptr; }));
}

}  // namespace

Result<QueryId> Kademlia::search(Context& context, const SearchRequest& request) {
  const auto& query = request.body.ref<QueryBody>();
  const unsigned ttl_limit = context.config.ttl_limit;
  const Duration most = limits::budget_max(ttl_limit);
  const Duration budget =
      request.budget == Duration{} ? limits::default_budget(request.ttl) : request.budget;
  if (!context.config.open) {
    return refuse(Errc::kInvalidArgument,
                  "this network is not open: its peers talk to friends only");
  }
  if (request.ttl == 0 || request.ttl > ttl_limit) {
    return refuse(Errc::kInvalidArgument, "a TTL of " + std::to_string(request.ttl) +
                                              " is not in 1.." + std::to_string(ttl_limit));
  }
  if (budget < std::chrono::milliseconds(1) || budget > most) {
    return refuse(Errc::kInvalidArgument,
                  "its time budget is not in 1.." + std::to_string(to_ms(most)) + " ms");
  }
  const std::string_view word = kademlia::key_word(query.terms);
  if (!query.content && word.empty()) {
    return refuse(Errc::kInvalidArgument,
                  "none of its words has " + std::to_string(limits::kKademliaWordMin) + ".." +
                      std::to_string(limits::kKademliaWordMax) + " bytes",
                  "search for a longer word");
  }
  if (!knows_anybody(context)) {
    return refuse(Errc::kNotConnected, "no other peer is known");
  }
  if (searches(errands_) >= context.config.searches_max) {
    return refuse(Errc::kOverloaded, std::to_string(searches(errands_)) + " searches are open");
  }
  const kademlia::LookupPlan plan{(*request.parameters)[kKademliaWidth],
                                  (*request.parameters)[kKademliaAlpha],
                                  (*request.parameters)[kKademliaPaths]};
  const Point target =
      query.content ? kademlia::point_of_content(*query.content) : kademlia::point_of_word(word);
  const std::string_view words = query.content ? std::string_view() : query.terms;
  Errand& errand = start(context, Errand::Purpose::kSearch, target, plan, words);
  const QueryId id = errand.id;
  errand.search = std::make_unique<OwnSearch>();
  OwnSearch& search = *errand.search;
  search.body = request.body;
  search.started = context.env.now;
  search.deadline = context.env.now + budget;
  search.enough = request.enough;
  search.ttl = request.ttl;
  arm(context, search.deadline);
  // This peer may be one of those that know.
  std::array<Contact, limits::kKademliaProvidersNamed> providers;
  const Contact* const end = kept_.find(target, words, kNoPeer, providers.size(), context.env.now,
                                        context.env.rng, providers.data());
  for (const Contact* one = providers.data(); one != end; ++one) {
    ask_provider(context, errand, one->peer, 1);
  }
  advance(context, errand);
  return id;
}

void Kademlia::cancel(Context& context, QueryId query) {
  Errand* const errand = errand_of(query);
  if (errand != nullptr && errand->search != nullptr) {
    finish(context, *errand, EndReason::kCancelled);
  }
}

void Kademlia::ask_provider(Context& context, Errand& errand, PeerRef peer, std::uint8_t hop) {
  OwnSearch* const search = errand.search.get();
  if (search == nullptr || search->asked.size() >= limits::kKademliaProvidersAsked) return;
  if (std::ranges::find(search->asked, peer, &OwnSearch::Asked::peer) != search->asked.end())
    return;
  if (place_of(context, peer) == table_.self()) return;
  const Instant until = std::min(search->deadline, context.env.now + limits::kKademliaAskTime);
  const std::int64_t budget_ms = to_ms(until - context.env.now);
  if (budget_ms <= 0) {
    ++search->counts.cut_by_budget;
    return;
  }
  search->asked.push_back(OwnSearch::Asked{.peer = peer, .until = until, .hop = hop});
  context.out.kept.push_back(peer);
  Message message;
  message.query = errand.id;
  message.body = search->body;
  message.kind = MessageKind::kQuery;
  message.overlay = kKademlia;
  message.ttl = search->ttl;
  message.budget_ms = static_cast<std::uint32_t>(budget_ms);
  context.out.sends.push_back(Send{peer, std::move(message)});
  arm(context, until);
}

Verdict Kademlia::on_hit(Context& context, PeerRef from, const Message& message) {
  const auto& hit = message.body.ref<HitBody>();
  if (hit.files.empty() || hit.files.size() > limits::kHitFilesMax) return Verdict::kReject;
  Errand* const errand = errand_of(message.query);
  if (errand == nullptr || errand->search == nullptr) return Verdict::kIgnore;  // late
  OwnSearch& search = *errand->search;
  const auto asked = std::ranges::find(search.asked, from, &OwnSearch::Asked::peer);
  if (!planted(Fault::kTakeHitsFromAnybody)) {
    if (asked == search.asked.end() || !asked->open || message.ttl != search.ttl) {
      return Verdict::kIgnore;
    }
    // Nobody answers for another.
    if (hit.holder != context.env.source.id_of(from)) return Verdict::kReject;
    if (asked->hits == limits::kHitsPerPeer) return Verdict::kReject;
    ++asked->hits;
  }
  const auto pairs = static_cast<std::uint32_t>(hit.files.size());
  if (search.hits + pairs > limits::kHitsMax) {
    search.counts.hits_dropped += pairs;
  } else {
    search.hits += pairs;
    const Duration after = context.env.now - search.started;
    if (!search.first_hit) search.first_hit = context.env.now;
    context.out.hits.push_back(Found{errand->id, message.body, 1, after});
    if (search.enough > 0 && search.hits >= search.enough) {
      finish(context, *errand, EndReason::kEnough);
      return Verdict::kAccept;
    }
  }
  if (asked != search.asked.end() && asked->echoed && asked->hits >= asked->told) {
    end_question(context, *errand, from, true);
    finish_if_over(context, *errand);
  }
  return Verdict::kAccept;
}

Verdict Kademlia::on_echo(Context& context, PeerRef from, const Message& message) {
  Errand* const errand = errand_of(message.query);
  if (errand == nullptr || errand->search == nullptr) return Verdict::kIgnore;
  OwnSearch& search = *errand->search;
  const auto asked = std::ranges::find(search.asked, from, &OwnSearch::Asked::peer);
  if (asked == search.asked.end() || !asked->open || asked->echoed || message.ttl != search.ttl) {
    return Verdict::kIgnore;
  }
  if (message.kind == MessageKind::kEchoRefused) {
    ++search.counts.refused;
    asked->open = false;
  } else {
    if (message.kind == MessageKind::kEcho) {
      const Counts& counts = message.body.ref<EchoBody>().counts;
      if (counts.copies > limits::kHitsPerPeer) return Verdict::kReject;
      asked->told = static_cast<std::uint8_t>(counts.copies);
      search.counts.hits_dropped += std::min<std::uint32_t>(counts.hits_dropped, limits::kHitsMax);
    }
    asked->echoed = true;
    if (asked->hits >= asked->told) end_question(context, *errand, from, true);
  }
  finish_if_over(context, *errand);
  return Verdict::kAccept;
}

/// The question to `peer` is answered, or will not be.
void Kademlia::end_question(Context& context, Errand& errand, PeerRef peer, bool answered) {
  if (errand.search == nullptr) return;
  OwnSearch& search = *errand.search;
  const auto asked = std::ranges::find(search.asked, peer, &OwnSearch::Asked::peer);
  if (asked == search.asked.end() || !asked->open) return;
  asked->open = false;
  if (answered) {
    asked->answered = true;
  } else {
    ++search.counts.dropped;
    no_answer(context, peer, context.links.find(peer) == nullptr);
  }
}

void Kademlia::finish_if_over(Context& context, Errand& errand) {
  if (errand.search == nullptr || !errand.lookup.over()) return;
  if (std::ranges::any_of(errand.search->asked, &OwnSearch::Asked::open)) return;
  const bool nobody = errand.lookup.requests() == errand.given_back && errand.search->asked.empty();
  finish(context, errand, nobody ? EndReason::kNobody : EndReason::kAnswered);
}

void Kademlia::finish(Context& context, Errand& errand, EndReason reason) {
  OwnSearch& search = *errand.search;
  const kademlia::Lookup& lookup = errand.lookup;
  SearchReport report;
  report.query = errand.id;
  report.via = kKademlia;
  report.ttl = search.ttl;
  report.ended = reason;
  // Who has something and was not heard of cannot be known.
  report.complete = false;
  report.counts = std::move(search.counts);
  Counts& counts = report.counts;
  for (std::size_t hop = 0; hop < lookup.by_hop().size(); ++hop) {
    const auto peers = static_cast<std::int32_t>(lookup.by_hop()[hop]);
    counts.add_peers(static_cast<std::uint8_t>(hop + 1), peers);
  }
  for (const OwnSearch::Asked& provider : search.asked) {
    // Many a provider was asked for the way as well, and is one peer.
    if (provider.answered && !lookup.has_answered(provider.peer)) {
      counts.add_peers(provider.hop, 1);
    }
  }
  const auto asked = static_cast<std::uint32_t>(search.asked.size());
  const std::uint32_t never_left = counts.dropped;  // of the questions
  counts.copies = lookup.requests() - errand.given_back + asked - never_left;
  counts.dropped += errand.given_back;
  counts.unanswered += lookup.requests() - errand.given_back - lookup.answers();
  counts.unanswered +=
      static_cast<std::uint32_t>(std::ranges::count_if(search.asked, &OwnSearch::Asked::open));
  report.hits = search.hits;
  report.took = context.env.now - search.started;
  if (search.first_hit) report.first_hit = *search.first_hit - search.started;
  for (const OwnSearch::Asked& provider : search.asked) context.out.let_go.push_back(provider.peer);
  context.out.finished.push_back(Finished{std::move(report)});
  end(context, errand);
}

void Kademlia::end_late_searches(Context& context) {
  const Instant now = context.env.now;
  std::vector<QueryId> open;
  for (const auto& errand : errands_) {
    if (errand->search != nullptr) open.push_back(errand->id);
  }
  for (const QueryId& id : open) {
    Errand* const errand = errand_of(id);
    OwnSearch& search = *errand->search;
    for (OwnSearch::Asked& asked : search.asked) {
      if (!asked.open || asked.until > now) continue;
      asked.open = false;
      ++search.counts.unanswered;
      no_answer(context, asked.peer, false);
    }
    if (search.deadline <= now) {
      finish(context, *errand, EndReason::kDeadline);
    } else {
      finish_if_over(context, *errand);
    }
  }
}

}  // namespace shoal::overlay
