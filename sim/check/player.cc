// SPDX-License-Identifier: Apache-2.0
#include "sim/check/player.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "proto/types/assert.h"
#include "sim/check/strangers.h"
#include "sim/contract/calm.h"
#include "sim/engine/digest.h"
#include "sim/measure/ball.h"
#include "sim/workload/catalogue.h"

namespace shoal::sim {
namespace {

/// No link is faster; the window of the other order.
constexpr Duration kFloor = std::chrono::milliseconds(1);
/// Nor are links that peers make themselves slower.
constexpr Duration kFoundLinkMost = std::chrono::milliseconds(80);
/// After the last search or stranger everything must be over and forgotten by then.
constexpr Duration kAllForgotten = std::chrono::minutes(30);

}  // namespace

// ---- content -----------------------------------------------------------------------------------

Shelves::Shelves(const Scenario& scenario) {
  for (const Holding& holding : scenario.holdings) now_.emplace(holding.file, holding.peer);
}

void Shelves::change(const Change& change, Instant now) {
  const std::pair key{change.file, change.peer};
  if (change.shares) {
    now_.insert(key);
  } else if (now_.erase(key) == 1) {
    no_more_[key] = now;
  }
}

bool Shelves::shared_since(std::uint32_t peer, std::uint32_t file, Instant since) const {
  if (shares(peer, file)) return true;
  const auto at = no_more_.find({file, peer});
  return at != no_more_.end() && at->second >= since;
}

std::size_t Shelves::find(PeerRef peer, const QueryBody& query, std::uint32_t limit,
                          std::vector<PayloadRef>& hits) const {
  if (!query.content) return 0;
  const std::uint32_t file = file_of(*query.content);
  if (!shares(peer.value, file)) return 0;
  if (limit == 0) return 1;
  hits.push_back(make_payload<HitBody>([&](HitBody& hit) {
    hit.holder = simulated_id(peer);
    hit.files.push_back({*query.content, "file-" + std::to_string(file)});
  }));
  return 0;
}

bool Shelves::list(PeerRef peer, const ContentId& after, std::uint32_t limit,
                   std::vector<SharedFile>& files) const {
  std::vector<SharedFile> found;
  for (const auto& [file, holder] : now_) {
    const ContentId content = content_of(file);
    if (holder != peer.value || content <= after) continue;
    found.push_back({content, "file-" + std::to_string(file)});
  }
  std::ranges::sort(found, {}, &SharedFile::content);
  const bool more = found.size() > limit;
  if (more) found.resize(limit);
  std::ranges::move(found, std::back_inserter(files));
  return more;
}

// ---- setting up --------------------------------------------------------------------------------

Player::Player(const Scenario& scenario, Manners manners)
    : scenario_(scenario),
      manners_(std::move(manners)),
      overlay_(*overlay::find_in(overlay::registry(), scenario.overlay)),
      graph_(scenario.graph()),
      shelves_(scenario),
      began_(scenario.searches.size()) {
  EngineOptions options;
  options.seed = scenario.seed;
  options.node.link_queries_per_second = scenario.link_queries;
  options.node.link_queries_burst = scenario.link_burst;
  options.node.open = overlay_.asks_directly || scenario.open;
  if (overlay_.asks_directly) options.node.always = {overlay_.id};
  if (options.node.open) {
    options.open.law.delay = DelayLaw(ConstantDelay{std::chrono::milliseconds(1)});
  }
  if (scenario.open) {
    options.node.membership = overlay::MembershipKind::kHyParView;
    options.node.hyparview.active = scenario.open->active;
    options.node.hyparview.passive = scenario.open->passive;
    options.node.hyparview.renewal = scenario.open->renewal;
    options.node.hyparview.cycle = scenario.open->cycle;
    options.open.law.delay = DelayLaw(UniformDelay{kFloor, kFoundLinkMost});
  }
  options.queue_messages = scenario.queue;
  options.lookup = scenario.lookup;
  options.lookup_jitter = scenario.lookup_jitter;
  options.floor = kFloor;
  options.content = &shelves_;
  options.order = manners_.grouped ? Order::kGrouped : Order::kTotal;
  options.shard_bits = manners_.grouped ? 2 : 12;
  engine_ = Engine::make(options, overlay::registry()).value();
  judge_ = make_judge();
  if (!manners_.grouped) {
    engine_->watch(*judge_);
    engine_->watch(ear_);
    if (manners_.also != nullptr) engine_->watch(*manners_.also);
  }
  connect();
}

std::unique_ptr<Judge> Player::make_judge() {
  Judge::Facts facts;
  facts.via = overlay_.id;
  facts.open = scenario_.open.has_value();
  for (std::uint32_t peer = 0; peer < scenario_.peers; ++peer) {
    facts.degrees.push_back(graph_.degree(peer));
  }
  facts.asks = scenario_.searches;
  facts.node = [this](PeerRef peer) {
    return engine_->alive(peer) ? &engine_->node(peer) : nullptr;
  };
  facts.shares = [this](std::size_t search, std::uint32_t peer) {
    return shelves_.shares(peer, scenario_.searches[search].file);
  };
  facts.holds = [this](std::size_t search, std::uint32_t peer, const HitFile& file) {
    const std::uint32_t wanted = scenario_.searches[search].file;
    return file.content == content_of(wanted) &&
           shelves_.shared_since(peer, wanted, began_[search]);
  };
  return std::make_unique<Judge>(std::move(facts));
}

void Player::connect() {
  engine_->add_peers(scenario_.peers);
  for (const CheckedLink& link : scenario_.links) {
    engine_->connect(PeerRef{link.first}, PeerRef{link.second},
                     {link.there, link.back, scenario_.jitter});
  }
  for (std::uint32_t peer = 0; scenario_.open && peer < scenario_.peers; ++peer) let_in(peer);
}

void Player::let_in(std::uint32_t peer) {
  const std::uint32_t contact = scenario_.open->contacts[peer];
  if (contact != peer) engine_->introduce(PeerRef{peer}, PeerRef{contact});
}

// ---- what happens ------------------------------------------------------------------------------

void Player::run() {
  plan_troubles();
  plan_searches();
  Duration last = scenario_.heal;
  for (const Ask& ask : scenario_.searches) last = std::max(last, ask.at);
  for (const Stranger& stranger : scenario_.strangers) last = std::max(last, stranger.at);
  const bool quiet = engine_->run(Instant(last + kAllForgotten));
  if (!manners_.grouped) judge_->close(engine_->now(), quiet);
}

void Player::plan_troubles() {
  IncidentPlan plan(graph_);
  for (const Trouble& trouble : scenario_.troubles) {
    const PeerRef first{trouble.first};
    const PeerRef second{trouble.second};
    const Period period{Instant(trouble.from), Instant(trouble.to)};
    switch (trouble.kind) {
      case Trouble::Kind::kCrash:
        plan.crash(first, period);
        break;
      case Trouble::Kind::kDown:
        plan.link_down(first, second, period);
        break;
      case Trouble::Kind::kStall:
        plan.stall(first, second, period);
        break;
      case Trouble::Kind::kJump:
        plan.jump(first, period.from, Duration(trouble.amount));
        break;
      case Trouble::Kind::kDrift:
        engine_->at(period.from, [this, first, ppm = trouble.amount] {
          engine_->drift(first, static_cast<std::int32_t>(ppm));
        });
        break;
    }
  }
  plan.heal(Instant(scenario_.heal));
  for (const Incident& incident : plan.incidents()) {
    engine_->at(incident.at, [this, incident] { befall(incident); });
  }
  engine_->at(Instant(scenario_.heal), [this] { heal(); });
  for (const Change& change : scenario_.changes) {
    engine_->at(Instant(change.at), [this, change] {
      shelves_.change(change, engine_->now());
      if (engine_->alive(PeerRef{change.peer})) engine_->change_shares(PeerRef{change.peer});
    });
  }
}

void Player::befall(const Incident& incident) {
  if (incident.kind == IncidentKind::kCrash) ++crashes_;
  if (incident.kind == IncidentKind::kJump) {
    ++jumps_;
    judge_->jumped(incident.first, incident.by);
  }
  apply(*engine_, incident, scenario_.notice);
  const bool back = incident.kind == IncidentKind::kRestart;
  if (back && scenario_.open) let_in(incident.first.value);
}

/// Links that peers have cut themselves come back too.
void Player::heal() {
  for (const CheckedLink& link : scenario_.links) {
    engine_->bring_up(PeerRef{link.first}, PeerRef{link.second});
  }
}

void Player::plan_searches() {
  for (std::size_t index = 0; index < scenario_.searches.size(); ++index) {
    engine_->at(Instant(scenario_.searches[index].at), [this, index] { search(index); });
  }
  for (const Stranger& stranger : scenario_.strangers) {
    engine_->at(Instant(stranger.at), [this, stranger] { speak(stranger); });
  }
}

/// Over the links that there are when nothing befalls anybody.
std::vector<unsigned> Player::hops_from(std::uint32_t origin) const {
  std::vector<unsigned> far(scenario_.peers, kFarAway);
  BallSearch ball(scenario_.peers);
  ball.run(origin, scenario_.peers, [this](std::uint32_t peer, auto visit) {
    for (const std::uint32_t other : graph_.neighbours(peer)) visit(other);
  });
  std::size_t next = 0;
  for (unsigned hop = 0; next < ball.peers().size(); ++hop) {
    const std::size_t many = hop == 0 ? 1 : ball.at_hop(hop);
    for (std::size_t i = 0; i < many; ++i) far[ball.peers()[next++]] = hop;
  }
  return far;
}

std::optional<Calm> Player::calm_of(const Ask& ask) const {
  if (ask.at < scenario_.heal + kSettle) return std::nullopt;
  // Where peers write down for each other what they have, trouble is over only when all have done
  // so again.
  if (promises_of(overlay_.id)->settles > Duration{}) return std::nullopt;
  Calm calm;
  if (scenario_.open) {
    calm.far = hops_over_links(*engine_, scenario_.peers, ask.origin);
    calm.bound = kFoundLinkMost;
  } else {
    calm.far = hops_from(ask.origin);
  }
  for (const CheckedLink& link : scenario_.links) {
    calm.bound = std::max({calm.bound, link.there, link.back, kFloor});
  }
  calm.bound += scenario_.jitter;
  calm.lookup = scenario_.lookup + scenario_.lookup_jitter;
  return calm;
}

void Player::search(std::size_t index) {
  const Ask& ask = scenario_.searches[index];
  const PeerRef origin{ask.origin};
  if (!engine_->alive(origin)) return;
  overlay::SearchRequest request;
  request.via = overlay_.id;
  request.body = make_payload<QueryBody>([&](QueryBody& query) {
    query.content = content_of(ask.file);
    query.rule = ask.rule;
    query.echo = ask.echo;
    query.key = mark_of(index);
  });
  request.ttl = ask.ttl;
  request.budget = ask.budget;
  request.enough = ask.enough;
  request.parameters = ask.parameters;
  began_[index] = engine_->now();
  judge_->begin(index, calm_of(ask));
  const Result<QueryId> query = engine_->search(origin, request);
  judge_->began(query);
  if (!query) return;
  if (manners_.on_search) manners_.on_search(*query, index);
  if (!ask.cancelled) return;
  engine_->at(engine_->now() + *ask.cancelled, [this, origin, index, query = *query] {
    if (!engine_->alive(origin)) return;
    judge_->take_back(index, engine_->now());
    engine_->cancel(origin, query);
  });
}

// ---- strangers ---------------------------------------------------------------------------------

void Player::Ear::on_delivery(Instant, PeerRef from, PeerRef to, const Message& message, Verdict,
                              const overlay::Effects&) {
  // An overlay's own messages may well come twice, and a query may come again.
  const bool own = static_cast<std::uint8_t>(message.kind) >= kFirstOwnMessageKind;
  if (own || message.kind == MessageKind::kQuery) return;
  said.push_back({from, to, message});
}

bool Player::hears(std::uint32_t at, std::uint32_t of) const {
  return engine_->alive(PeerRef{at}) && engine_->alive(PeerRef{of}) &&
         engine_->node(PeerRef{at}).links().find(PeerRef{of}) != nullptr;
}

void Player::speak(const Stranger& stranger) {
  if (!manners_.strangers) return;
  const PeerRef from{stranger.from};
  const PeerRef to{stranger.to};
  if (stranger.kind == Stranger::Kind::kStale) {
    if (ear_.said.empty()) return;
    const Ear::Said again = ear_.said[stranger.which % ear_.said.size()];
    if (hears(again.to.value, again.from.value)) inject(again.from, again.to, again.message);
    return;
  }
  if (!hears(stranger.to, stranger.from)) return;
  if (stranger.kind == Stranger::Kind::kBytes) return engine_->garbage(from, to);
  inject(from, to,
         stranger.kind == Stranger::Kind::kMalformed ? malformed(overlay_.id, stranger.which)
                                                     : unsolicited(overlay_.id, stranger.which));
}

void Player::inject(PeerRef from, PeerRef to, const Message& message) {
  judge_->stranger(true);
  const Verdict verdict = engine_->inject(from, to, message);
  judge_->stranger(false);
  stranger_digest_ += digest_of(engine_->now(), from, to, message, verdict);
  ++stranger_count_;
}

// ---- what was seen -----------------------------------------------------------------------------

Sights Player::sights() const {
  Sights sights;
  sights.scenarios = 1;
  sights.deliveries = engine_->deliveries();
  sights.crashes = crashes_;
  sights.jumps = jumps_;
  sights.strangers = stranger_count_;
  for (std::size_t index = 0; index < scenario_.searches.size(); ++index) {
    if (!judge_->started(index)) continue;
    const SearchTruth& truth = judge_->truth().searches()[index];
    ++sights.searches;
    sights.calm += scenario_.searches[index].at >= scenario_.heal + kSettle ? 1U : 0U;
    sights.open += scenario_.open ? 1U : 0U;
    sights.steady += scenario_.open && judge_->calm(index) ? 1U : 0U;
    sights.copies += truth.copies;
    sights.hits += truth.found.size();
    sights.lost += truth.lost;
    sights.given_back += truth.given_back;
    sights.complete += !truth.reports.empty() && truth.reports[0].complete ? 1U : 0U;
  }
  return sights;
}

}  // namespace shoal::sim
