// SPDX-License-Identifier: Apache-2.0
#include "overlay/core/node.h"

#include <algorithm>
#include <string>
#include <utility>

#include "overlay/core/body_fits.h"
#include "overlay/core/faults.h"
#include "proto/types/assert.h"
#include "proto/types/limits.h"

namespace shoal::overlay {
namespace {

constexpr int kTokenOverlayShift = 56;  // a LookupToken's top byte says which overlay asked

OverlayId overlay_of(LookupToken token) {
  return OverlayId{static_cast<std::uint8_t>(token.value >> kTokenOverlayShift)};
}

std::uint32_t wrapped_ms(Instant now) {
  return static_cast<std::uint32_t>(to_ms(now.time_since_epoch()));
}

}  // namespace

// ---- parts -------------------------------------------------------------------------------------

/// In the order in which they were started.
template <class Visit>
void Node::each_running(Visit visit) const {
  if (first_ != nullptr) visit(*first_);
  if (further_ == nullptr) return;
  for (const Running& running : *further_) visit(*running.overlay);
}

inline Membership::Context Node::membership_context(Env& env, Effects& out) {
  return {env, config_, links_, out};
}

inline Context Node::overlay_context(Env& env, Effects& out) const {
  return {env, config_, links_, {}, out};
}

inline Overlay* Node::started(Env& env, OverlayId id, Effects& out) {
  Overlay* const overlay = running(id);
  return overlay != nullptr ? overlay : start(env, id, out);
}

inline void Node::refill(Link& link, Instant now) const {
  const std::uint32_t now_ms = wrapped_ms(now);
  const std::uint32_t elapsed_ms = now_ms - link.refilled_ms;  // modulo 2^32, as intended
  const std::uint32_t rate = config_.link_queries_per_second;
  const std::uint64_t thousandths = std::uint64_t{elapsed_ms} * rate;
  const std::uint64_t earned = thousandths / 1000;
  if (earned > 0) {
    const std::uint64_t filled =
        std::min<std::uint64_t>(config_.link_queries_burst, link.tokens + earned);
    link.tokens = static_cast<std::uint16_t>(filled);
    // Only the time that became whole tokens is used up, or a slow trickle would never fill it:
    // earned * 1000 / rate, rounded down.
    const auto left = static_cast<std::uint32_t>(thousandths - earned * 1000);
    link.refilled_ms += elapsed_ms - (left + rate - 1) / rate;
  }
}

inline bool Node::take_token(Link& link, Instant now) const {
  if (config_.link_queries_per_second == 0) return true;
  refill(link, now);
  if (link.tokens == 0) return false;
  --link.tokens;
  return true;
}

Node::Node(const NodeConfig& config, std::span<const OverlayEntry> overlays,
           std::unique_ptr<Membership> membership)
    : config_(config), overlays_(overlays), membership_(std::move(membership)) {
  SHOAL_ASSERT(membership_ != nullptr);
}

Node::~Node() = default;

void Node::start(Env& env, Effects& out) {
  auto context = membership_context(env, out);
  membership_->on_start(context);
  for (const OverlayId id : config_.always) {
    Overlay* const overlay = started(env, id, out);
    SHOAL_ASSERT(overlay != nullptr);
  }
}

// ---- inputs from the network -------------------------------------------------------------------

void Node::on_link_up(Env& env, const LinkUp& up, Effects& out) {
  Link link;
  link.peer = up.peer;
  const auto bound_ms = std::chrono::ceil<std::chrono::milliseconds>(up.delay_bound).count();
  link.delay_bound_ms =
      static_cast<std::uint16_t>(std::clamp<std::int64_t>(bound_ms, 0, UINT16_MAX));
  link.ours = up.told;
  link.theirs = up.theirs;
  link.refilled_ms = wrapped_ms(env.now);
  const std::uint32_t burst = config_.link_queries_burst;
  link.tokens = static_cast<std::uint16_t>(burst - std::min(burst, up.spent));
  links_.add(link);
  auto context = membership_context(env, out);
  membership_->on_link_up(context, up.peer);
  auto overlay_view = overlay_context(env, out);
  each_running([&](Overlay& overlay) { overlay.on_link_up(overlay_view, up.peer); });
}

void Node::on_link_down(Env& env, PeerRef peer, LinkDownReason reason, Effects& out) {
  const bool was_up = links_.find(peer) != nullptr;
  SHOAL_ASSERT(was_up || reason == LinkDownReason::kRefused);
  if (was_up) links_.remove(peer);
  auto context = membership_context(env, out);
  membership_->on_link_down(context, peer, reason == LinkDownReason::kRefused);
  if (!was_up) return;
  auto overlay_view = overlay_context(env, out);
  each_running([&](Overlay& overlay) { overlay.on_link_down(overlay_view, peer); });
}

Verdict Node::on_message(Env& env, PeerRef from, const Message& message, Effects& out,
                         std::size_t place) {
  Link* const link = links_.find(from, place);
  if (link == nullptr) return on_stray_message(env, from, message, out);
  const Verdict verdict = judge(env, *link, message, out);
  if (verdict == Verdict::kReject) strike(*link, out);
  return verdict;
}

/// A message without a link.
Verdict Node::on_stray_message(Env& env, PeerRef from, const Message& message, Effects& out) {
  Verdict verdict = Verdict::kReject;
  if (config_.open && goes_without_link(overlays_, message) && body_fits(message)) {
    verdict = is_own(message) ? on_own_message(env, from, message, out)
                              : on_direct_message(env, from, message, out);
  }
  if (verdict == Verdict::kReject) out.cuts.push_back(LinkCut{from});
  return verdict;
}

/// A question straight from its origin, or the answer of whom this peer asked so.
Verdict Node::on_direct_message(Env& env, PeerRef from, const Message& message, Effects& out) {
  const bool query = message.kind == MessageKind::kQuery;
  if (query && !query_fits(message)) return Verdict::kReject;
  Overlay* const overlay = query ? started(env, message.overlay, out) : running(message.overlay);
  if (overlay == nullptr) return Verdict::kIgnore;  // an answer to who was here before
  auto context = overlay_context(env, out);
  return overlay->on_message(context, from, message);
}

void Node::on_garbage(PeerRef from, Effects& out) {
  if (Link* const link = links_.find(from)) return strike(*link, out);
  out.cuts.push_back(LinkCut{from});
}

void Node::strike(Link& link, Effects& out) {
  if (link.strikes >= limits::kStrikesMax) return;  // cut already, and about to go
  if (++link.strikes == limits::kStrikesMax) out.cuts.push_back(LinkCut{link.peer});
}

Verdict Node::judge(Env& env, Link& link, const Message& message, Effects& out) {
  if (!body_fits(message)) return Verdict::kReject;
  if (message.kind == MessageKind::kLinkActive || message.kind == MessageKind::kLinkStandby) {
    link.theirs = message.kind == MessageKind::kLinkActive ? LinkMode::kActive : LinkMode::kStandby;
    return Verdict::kAccept;
  }
  if (message.kind == MessageKind::kQuery) return on_query(env, link, message, out);
  if (is_own(message)) {
    if (over_budget(env, link, message, out)) return Verdict::kAccept;
    return on_own_message(env, link.peer, message, out);
  }
  // Nothing else can be meant for an overlay that has not been used yet.
  Overlay* const overlay = running(message.overlay);
  if (overlay == nullptr) return Verdict::kReject;
  auto context = overlay_context(env, out);
  return overlay->on_message(context, link.peer, message);
}

/// Has an own copy of a query that the link can no longer pay for refused.
bool Node::over_budget(Env& env, Link& link, const Message& message, Effects& out) {
  if (!carries_query(message.kind) || message.overlay == kMembershipMessages) return false;
  Overlay* const overlay = started(env, message.overlay, out);
  if (overlay == nullptr || !overlay->charges(message) || take_token(link, env.now)) return false;
  auto context = overlay_context(env, out);
  overlay->on_over_budget(context, link.peer, message);
  return true;
}

/// An overlay's own messages may be the first that this peer hears of it.
Verdict Node::on_own_message(Env& env, PeerRef from, const Message& message, Effects& out) {
  if (message.overlay == kMembershipMessages) {
    auto context = membership_context(env, out);
    return membership_->on_message(context, from, message);
  }
  Overlay* const overlay = started(env, message.overlay, out);
  if (overlay == nullptr) return Verdict::kIgnore;
  auto context = overlay_context(env, out);
  return overlay->on_message(context, from, message);
}

bool Node::query_fits(const Message& message) const {
  const unsigned hops_in_all = unsigned{message.ttl} + message.hops;
  const auto budget = std::chrono::milliseconds(message.budget_ms);
  const bool out_of_bounds = message.ttl == 0 || hops_in_all > config_.ttl_limit ||
                             budget > limits::budget_max(config_.ttl_limit);
  return !out_of_bounds || planted(NodeFault::kTakeAnyQuery);
}

Verdict Node::on_query(Env& env, Link& link, const Message& message, Effects& out) {
  if (!query_fits(message)) return Verdict::kReject;
  Overlay* const overlay = started(env, message.overlay, out);
  if (overlay == nullptr || !take_token(link, env.now)) {
    refuse(link, message, out);
    return Verdict::kAccept;
  }
  auto context = overlay_context(env, out);
  return overlay->on_message(context, link.peer, message);
}

void Node::refuse(const Link& link, const Message& message, Effects& out) {
  if (!message.body.ref<QueryBody>().echo) return;
  Message refusal = message;
  refusal.kind = MessageKind::kEchoRefused;
  refusal.body = {};
  refusal.budget_ms = 0;
  refusal.hops = 0;
  out.sends.push_back(Send{link.peer, std::move(refusal)});
}

void Node::on_dropped(Env& env, PeerRef to, const Message& message, Effects& out) {
  if (message.overlay == kMembershipMessages && is_own(message)) {
    auto context = membership_context(env, out);
    return membership_->on_dropped(context, to, message);
  }
  Overlay* const overlay = running(message.overlay);
  if (overlay == nullptr) return;  // a LinkMode, or a refusal on behalf of an unknown overlay
  auto context = overlay_context(env, out);
  overlay->on_dropped(context, to, message);
}

void Node::on_timer(Env& env, TimerSlot slot, Effects& out) {
  if (slot == kMembershipTimer) {
    auto context = membership_context(env, out);
    membership_->on_timer(context);
    return;
  }
  Overlay* const overlay = running(OverlayId{slot.value});
  SHOAL_ASSERT(overlay != nullptr);
  auto context = overlay_context(env, out);
  overlay->on_timer(context);
}

void Node::on_matches(Env& env, LookupToken token, std::span<const PayloadRef> hits,
                      std::uint32_t excess, Effects& out) {
  Overlay* const overlay = running(overlay_of(token));
  SHOAL_ASSERT(overlay != nullptr);
  auto context = overlay_context(env, out);
  overlay->on_matches(context, token, hits, excess);
}

void Node::on_shares(Env& env, LookupToken token, std::span<const SharedFile> files, bool more,
                     Effects& out) {
  Overlay* const overlay = running(overlay_of(token));
  SHOAL_ASSERT(overlay != nullptr);
  auto context = overlay_context(env, out);
  overlay->on_shares(context, token, files, more);
}

void Node::on_shares_changed(Env& env, Effects& out) {
  auto context = overlay_context(env, out);
  each_running([&](Overlay& overlay) { overlay.on_shares_changed(context); });
}

void Node::on_introduced(Env& env, PeerRef peer, Effects& out) {
  auto membership_view = membership_context(env, out);
  membership_->on_introduced(membership_view, peer);
  auto context = overlay_context(env, out);
  each_running([&](Overlay& overlay) { overlay.on_introduced(context, peer); });
}

// ---- commands ----------------------------------------------------------------------------------

Result<QueryId> Node::search(Env& env, const SearchRequest& request, Effects& out) {
  const auto& query = request.body.ref<QueryBody>();
  if (query.terms.empty() && !query.content) {
    return fail(Errc::kInvalidArgument, "nothing to search for", "there are no words",
                "give at least one word, or a content id");
  }
  if (query.terms.size() > limits::kTermsMax) {
    return fail(
        Errc::kInvalidArgument, "the search is too long",
        std::to_string(query.terms.size()) + " bytes, at most " + std::to_string(limits::kTermsMax),
        "use fewer words");
  }
  const OverlayEntry* const entry = find_in(overlays_, request.via);
  if (entry == nullptr) {
    return fail(Errc::kInvalidArgument, "no such overlay", std::to_string(request.via.value));
  }
  SearchRequest whole = request;
  if (!whole.parameters) whole.parameters = fallbacks(entry->parameters);
  if (auto fits = check(entry->parameters, *whole.parameters); !fits) {
    return tl::unexpected(fits.error());
  }
  auto membership_view = membership_context(env, out);
  membership_->on_search(membership_view);
  std::vector<FirstHop> friends = roster();
  Overlay* const overlay = started(env, request.via, out);
  auto context = overlay_context(env, out);
  context.roster = friends;
  return overlay->search(context, whole);
}

void Node::cancel(Env& env, QueryId query, Effects& out) {
  auto context = overlay_context(env, out);
  each_running([&](Overlay& overlay) { overlay.cancel(context, query); });
}

void Node::befriend(Env& env, PeerRef peer, Role role, Effects& out) {
  auto context = membership_context(env, out);
  membership_->befriend(context, peer, role);
}

void Node::unfriend(Env& env, PeerRef peer, Effects& out) {
  auto context = membership_context(env, out);
  membership_->unfriend(context, peer);
}

// ---- getters and parts -------------------------------------------------------------------------

std::vector<FirstHop> Node::roster() const {
  std::vector<FirstHop> friends;
  membership_->roster(links_, friends);
  return friends;
}

std::uint32_t Node::spent(Instant now, PeerRef peer) const {
  const Link* const link = links_.find(peer);
  if (link == nullptr || config_.link_queries_per_second == 0) return 0;
  Link filled = *link;
  refill(filled, now);
  return config_.link_queries_burst - filled.tokens;
}

bool Node::owns(const QueryId& query) const {
  bool own = false;
  each_running([&](const Overlay& overlay) { own = own || overlay.owns(query); });
  return own;
}

std::size_t Node::bytes() const {
  std::size_t sum = sizeof(Node) + membership_->bytes() + links_.all().size_bytes();
  if (further_ != nullptr) sum += sizeof(*further_) + further_->capacity() * sizeof(Running);
  each_running([&](const Overlay& overlay) { sum += overlay.bytes(); });
  return sum;
}

Overlay* Node::running_further(OverlayId id) const {
  if (further_ == nullptr) return nullptr;
  const auto at = std::ranges::find(*further_, id, &Running::id);
  return at == further_->end() ? nullptr : at->overlay.get();
}

/// The overlay `id`, which does not run yet; null when it is not known.
Overlay* Node::start(Env& env, OverlayId id, Effects& out) {
  const OverlayEntry* const entry = find_in(overlays_, id);
  if (entry == nullptr) return nullptr;
  std::unique_ptr<Overlay> made = entry->make(env);
  Overlay* const fresh = made.get();
  if (first_ == nullptr) {
    first_id_ = id;
    first_ = std::move(made);
  } else {
    if (further_ == nullptr) further_ = std::make_unique<std::vector<Running>>();
    further_->push_back(Running{id, std::move(made)});
  }
  auto context = overlay_context(env, out);
  fresh->on_start(context);
  return fresh;
}

}  // namespace shoal::overlay
