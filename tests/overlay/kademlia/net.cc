// SPDX-License-Identifier: Apache-2.0
#include "tests/overlay/kademlia/net.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "proto/types/assert.h"

namespace shoal::tests {

using overlay::kademlia::Point;
using overlay::kademlia::point_of;

PeerId drawn_id(Rng& rng) {
  PeerId id;
  for (auto& byte : id.bytes) byte = static_cast<std::uint8_t>(rng.below(256));
  return id;
}

ContentId content_number(std::uint64_t number) {
  ContentId content;
  Rng rng(number);
  for (auto& byte : content.root.bytes) byte = static_cast<std::uint8_t>(rng.below(256));
  content.length = number + 1;
  return content;
}

class Net::Source final : public overlay::EnvSource {
 public:
  Source(Net& net, PeerRef self) : net_(net), self_(self) {}
  QueryId fresh_query_id() override {
    const std::uint64_t high = net_.rng_.next();
    return QueryId{high, net_.rng_.next()};
  }
  std::uint64_t fresh_nonce() override { return net_.rng_.next(); }
  PeerId id_of(PeerRef peer) override { return net_.id(peer); }
  PeerRef self() override { return self_; }

 private:
  Net& net_;
  PeerRef self_;
};

Net::Net(std::uint64_t seed) : rng_(seed) { config_.open = true; }
Net::~Net() = default;

// ---- who there is ------------------------------------------------------------------------------

PeerRef Net::add() { return add(drawn_id(rng_)); }

PeerRef Net::add(const PeerId& id) {
  const PeerRef peer = ghost(id);
  peers_.back().state = std::make_unique<State>();
  peers_.back().state->rng = rng_.fork(peer.value);
  real_.push_back(peer);
  start(peer);
  return peer;
}

PeerRef Net::ghost(const PeerId& id) {
  const PeerRef peer{static_cast<std::uint32_t>(peers_.size())};
  peers_.push_back(Peer{});
  peers_.back().id = id;
  return peer;
}

void Net::start(PeerRef peer) {
  SHOAL_ASSERT(!alive(peer));
  peers_[peer.value].state->core = std::make_unique<overlay::Kademlia>(point_of(id(peer)));
  drive(peer, [](overlay::Kademlia& core, overlay::Context& context) { core.on_start(context); });
}

void Net::stop(PeerRef peer) {
  State& state = *peers_[peer.value].state;
  state.core = nullptr;
  state.kept.clear();
  state.timer = Instant::max();
  ++state.life;
}

void Net::share(PeerRef peer, std::vector<SharedFile> files) {
  std::ranges::sort(files, {}, &SharedFile::content);
  peers_[peer.value].state->shares = std::move(files);
  if (!alive(peer)) return;
  drive(peer, [](overlay::Kademlia& core, overlay::Context& context) {
    core.on_shares_changed(context);
  });
}

void Net::introduce(PeerRef peer, PeerRef to) {
  drive(peer, [to](overlay::Kademlia& core, overlay::Context& context) {
    core.on_introduced(context, to);
  });
}

void Net::fill_tables(std::size_t per_bucket) {
  std::vector<PeerRef> sorted;
  for (std::uint32_t i = 0; i < size(); ++i) {
    if (alive(PeerRef{i})) sorted.push_back(PeerRef{i});
  }
  std::ranges::sort(sorted, {}, [&](PeerRef p) { return id(p); });
  Message ping;
  ping.kind = as_message_kind(overlay::kademlia::Kind::kPing);
  ping.overlay = overlay::kKademlia;
  ping.body = make_payload<OpaqueBody>([](OpaqueBody&) {});
  for (const PeerRef peer : sorted) {
    const Point self = point_of(id(peer));
    std::size_t low = 0;
    std::size_t high = sorted.size();
    for (unsigned bit = 0; bit < 256 && high - low > 1; ++bit) {
      // Of those that agree with `self` in `bit` bits, who differs in the next one?
      const auto begin = sorted.begin() + static_cast<std::ptrdiff_t>(low);
      const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(high);
      const auto split = std::partition_point(begin, end, [&](PeerRef p) {
        return (point_of(id(p)).words[bit / 64] >> (63 - bit % 64) & 1) == 0;
      });
      const auto middle = static_cast<std::size_t>(split - sorted.begin());
      const bool one = (self.words[bit / 64] >> (63 - bit % 64) & 1) != 0;
      const std::size_t from = one ? low : middle;
      const std::size_t count = one ? middle - low : high - middle;
      const std::size_t first = count == 0 ? 0 : rng_.below(count);
      for (std::size_t i = 0; i < std::min(per_bucket, count); ++i) {
        // A stride that meets all, so that the choice is no neighbourhood.
        std::size_t stride = count / 2 + 1;
        while (count > 2 && std::gcd(stride, count) != 1) ++stride;
        inject(sorted[from + (first + i * stride) % count], peer, ping);
      }
      (one ? low : high) = middle;
    }
  }
}

Verdict Net::inject(PeerRef from, PeerRef to, const Message& message) {
  Verdict verdict{};
  drive(to, [&](overlay::Kademlia& core, overlay::Context& context) {
    verdict = core.on_message(context, from, message);
  });
  return verdict;
}

// ---- searches ----------------------------------------------------------------------------------

Result<QueryId> Net::search(PeerRef origin, const std::string& terms,
                            const overlay::Parameters& parameters) {
  return search(origin, make_payload<QueryBody>([&](QueryBody& body) { body.terms = terms; }),
                parameters);
}

Result<QueryId> Net::search(PeerRef origin, const ContentId& content,
                            const overlay::Parameters& parameters) {
  return search(origin, make_payload<QueryBody>([&](QueryBody& body) { body.content = content; }),
                parameters);
}

Result<QueryId> Net::search(PeerRef origin, PayloadRef body,
                            const overlay::Parameters& parameters) {
  overlay::SearchRequest request;
  request.via = overlay::kKademlia;
  request.body = std::move(body);
  request.parameters = parameters;
  Result<QueryId> started = fail(Errc::kInternal, "", "", "");
  drive(origin, [&](overlay::Kademlia& core, overlay::Context& context) {
    started = core.search(context, request);
  });
  return started;
}

void Net::cancel(PeerRef origin, QueryId query) {
  drive(origin, [query](overlay::Kademlia& core, overlay::Context& context) {
    core.cancel(context, query);
  });
}

// ---- time --------------------------------------------------------------------------------------

void Net::run_for(Duration time) {
  const Instant until = now_ + time;
  while (!events_.empty() && events_.top().at <= until) {
    const Event event = events_.top();
    events_.pop();
    now_ = event.at;
    happen(event);
  }
  now_ = until;
}

void Net::schedule(Event event) {
  event.number = next_number_++;
  events_.push(std::move(event));
}

void Net::happen(const Event& event) {
  if (event.from == kNoPeer) {
    State& state = *peers_[event.to.value].state;
    if (state.core == nullptr || event.life != state.life || state.timer != event.at) return;
    state.timer = Instant::max();
    drive(event.to, [](overlay::Kademlia& core, overlay::Context& c) { core.on_timer(c); });
    return;
  }
  if (event.dropped) {
    if (!alive(event.to)) return;
    drive(event.to, [&](overlay::Kademlia& core, overlay::Context& context) {
      core.on_dropped(context, event.from, event.message);
    });
    return;
  }
  ++messages;
  if (intercept && intercept(event.from, event.to, event.message)) return;
  if (!alive(event.to)) {
    Event back{now_ + delay_min, 0, event.from, event.to, 0, event.message, true};
    if (gives_back) schedule(std::move(back));
    return;
  }
  if (inject(event.from, event.to, event.message) == Verdict::kReject) ++rejected;
}

void Net::answer(PeerRef from, PeerRef to, Message message) {
  const auto spread = static_cast<std::uint64_t>(delay_spread.count());
  const Duration delay = delay_min + Duration(static_cast<std::int64_t>(rng_.below(spread + 1)));
  schedule(Event{now_ + delay, 0, to, from, 0, std::move(message), false});
}

// ---- calls and effects -------------------------------------------------------------------------

template <class Call>
void Net::drive(PeerRef peer, Call call) {
  State& state = *peers_[peer.value].state;
  SHOAL_ASSERT(state.core != nullptr);
  Source source(*this, peer);
  overlay::Env env{now_, state.rng, source};
  overlay::Effects out;
  overlay::Context context{env, config_, no_links_, {}, out};
  call(*state.core, context);
  carry_out(peer, out);
}

void Net::carry_out(PeerRef peer, overlay::Effects& out) {
  State& state = *peers_[peer.value].state;
  for (const PeerRef ref : out.kept) ++state.kept[ref];
  for (const PeerRef ref : out.let_go) {
    const auto at = state.kept.try_emplace(ref, 0).first;
    least_kept = std::min(least_kept, --at->second);
    if (at->second == 0) state.kept.erase(at);
  }
  sent += out.sends.size();
  for (overlay::Send& send : out.sends) answer(peer, send.to, std::move(send.message));
  for (const overlay::ArmTimer& timer : out.timers) {
    state.timer = std::max(timer.at, now_);
    schedule(Event{state.timer, 0, peer, kNoPeer, state.life, {}, false});
  }
  for (const overlay::Found& found : out.hits) searches_[found.query].found.push_back(found);
  for (overlay::Finished& finished : out.finished) {
    Search& search = searches_[finished.report.query];
    SHOAL_ASSERT(!search.report);
    search.report = std::move(finished.report);
  }
  for (const overlay::Lookup& lookup : out.lookups) {
    if (matches) match(peer, lookup);
  }
  for (const overlay::ListShares& wanted : out.share_lists) list(peer, wanted);
}

void Net::match(PeerRef peer, const overlay::Lookup& lookup) {
  const auto& query = lookup.query.ref<QueryBody>();
  std::vector<PayloadRef> hits;
  for (const SharedFile& file : peers_[peer.value].state->shares) {
    overlay::kademlia::Offer offer;
    offer.files.push_back({file.content, file.words, true});
    const bool fits = query.content ? file.content == *query.content : offer.may_have(query.terms);
    if (!fits || hits.size() == lookup.limit) continue;
    hits.push_back(make_payload<HitBody>([&](HitBody& hit) {
      hit.holder = id(peer);
      hit.files.push_back({file.content, file.words});
    }));
  }
  drive(peer, [&](overlay::Kademlia& core, overlay::Context& context) {
    core.on_matches(context, lookup.token, hits, 0);
  });
}

void Net::list(PeerRef peer, const overlay::ListShares& wanted) {
  std::vector<SharedFile> page;
  bool more = false;
  for (const SharedFile& file : peers_[peer.value].state->shares) {
    if (file.content <= wanted.after) continue;
    more = page.size() == wanted.limit;
    if (more) break;
    page.push_back(file);
  }
  drive(peer, [&](overlay::Kademlia& core, overlay::Context& context) {
    core.on_shares(context, wanted.token, page, more);
  });
}

std::vector<PeerRef> Net::truly_nearest(const Point& target, std::size_t n,
                                        const std::function<bool(PeerRef)>& wanted) const {
  std::vector<std::pair<Point, PeerRef>> all;
  for (const PeerRef peer : real_) {
    if (!alive(peer) || (wanted && !wanted(peer))) continue;
    all.emplace_back(distance(point_of(id(peer)), target), peer);
  }
  std::ranges::sort(all);
  std::vector<PeerRef> nearest;
  for (std::size_t i = 0; i < std::min(n, all.size()); ++i) nearest.push_back(all[i].second);
  return nearest;
}

}  // namespace shoal::tests
