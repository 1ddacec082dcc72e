// SPDX-License-Identifier: Apache-2.0
// OverlayHost: this peer's own searches.
#include <algorithm>
#include <utility>

#include "overlay/core/registry.h"
#include "overlay/host/host_impl.h"

namespace shoal::overlay {
namespace {

/// The values that `texts` ("NAME=VALUE" each) choose, over the overlay's own.
Result<Parameters> chosen(const OverlayEntry& via, const std::vector<std::string>& texts) {
  Parameters values = fallbacks(via.parameters);
  for (const std::string_view text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) {
      return fail(Errc::kInvalidArgument, "a parameter needs a value",
                  "there is no '=' in \"" + std::string(text.substr(0, 40)) + '"');
    }
    const auto set =
        set_parameter(via.parameters, values, text.substr(0, equals), text.substr(equals + 1));
    if (!set) return tl::unexpected(set.error());
  }
  return values;
}

}  // namespace

Result<StartedSearch> OverlayHost::Impl::search(const SearchSpec& spec, const rpc::Identity& key,
                                                SearchHandlers handlers) {
  if (stopping_) return fail(Errc::kCancelled, "the search was not started", "shoald is stopping");
  const OverlayEntry* const via = find_in(registry(), spec.via);
  if (via == nullptr) {
    return fail(Errc::kInvalidArgument, "the search was not started",
                "there is no overlay \"" + spec.via + "\"");
  }
  const auto parameters = chosen(*via, spec.parameters);
  if (!parameters) return tl::unexpected(parameters.error());
  SearchRequest request;
  request.parameters = *parameters;
  request.via = via->id;
  request.ttl = spec.ttl;
  request.budget = spec.budget;
  request.enough = spec.enough;
  request.body = make_payload<QueryBody>([&](QueryBody& query) {
    if (!spec.content) query.terms = hooks_.fold ? hooks_.fold(spec.terms) : spec.terms;
    query.content = spec.content;
    query.length_min = spec.length_min;
    query.length_max = spec.length_max;
    query.key = KeyFingerprint{key.id().bytes};
    query.rule = spec.rule;
    query.echo = spec.echo;
  });
  Result<QueryId> started = QueryId{};
  drive([&](Env& env, RecordedNode& node, Effects& out) {
    started = node.search(env, request, out);
    // Before the effects are carried out: the search may have ended already.
    if (started) searches_.emplace(*started, Search{std::move(handlers), key.key_pem()});
  });
  if (!started) return tl::unexpected(started.error());
  return StartedSearch{*started, key.key_pem()};
}

void OverlayHost::Impl::cancel(const QueryId& query) {
  drive([query](Env& env, RecordedNode& node, Effects& out) { node.cancel(env, query, out); });
}

bool OverlayHost::Impl::verify_own(const Message& message) {
  if (!searches_.contains(message.query) && !node_.owns(message.query))
    return true;  // a relay passes it on
  const auto* const hit = message.body.as<HitBody>();
  return hit != nullptr && verify(*hit, message.query);
}

bool OverlayHost::Impl::verify(const HitBody& hit, const QueryId& query) {
  const auto unix_now = std::chrono::duration_cast<std::chrono::seconds>(
                            std::chrono::system_clock::now().time_since_epoch())
                            .count();
  auto offer = rpc::open_offer(hit.sealed, query, unix_now);
  if (!offer || offer->holder.id != hit.holder) return false;
  verified_ = std::move(*offer);
  return true;
}

void OverlayHost::Impl::found(const Found& hit) {
  const auto at = searches_.find(hit.query);
  if (at == searches_.end()) return;
  // One that came inside an overlay's own message is looked at only now.
  const bool inside = !verified_;
  if (inside && !verify(hit.hit.ref<HitBody>(), hit.query)) {
    ++drops_["hit whose signature is wrong"];
    return;
  }
  if (at->second.handlers.on_hit) at->second.handlers.on_hit(found_hit(hit));
  if (inside) verified_.reset();
}

FoundHit OverlayHost::Impl::found_hit(const Found& hit) const {
  FoundHit found;
  found.holder = verified_->holder.id;
  found.name = verified_->holder.name;
  found.endpoints = verified_->holder.endpoints;
  found.card = verified_->card;
  found.hops = hit.hops;
  found.after = hit.after;
  found.files = verified_->files;
  return found;
}

void OverlayHost::Impl::finished(Finished& end) {
  const auto at = searches_.find(end.report.query);
  if (at == searches_.end()) return;
  const Search search = std::move(at->second);
  searches_.erase(at);
  FinishedSearch done;
  const std::vector<LinkStatus> now = links();
  for (const FirstHop& hop : end.report.first_hops) {
    LinkStatus status;
    status.peer = book_.id_of(hop.peer).value_or(PeerId{});
    status.role = hop.role;
    const auto known = std::ranges::find(now, status.peer, &LinkStatus::peer);
    done.first_hops.push_back(known == now.end() ? status : *known);
  }
  done.report = std::move(end.report);
  if (search.handlers.on_finished) search.handlers.on_finished(done);
}

}  // namespace shoal::overlay
