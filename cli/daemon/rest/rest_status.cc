// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>

#include "bootstrap/http/directory_client.h"
#include "cli/config/config.h"
#include "cli/daemon/broker/broker_desk.h"
#include "cli/daemon/friends/card_desk.h"
#include "cli/daemon/friends/friend_desk.h"
#include "cli/daemon/rest/rest.h"
#include "cli/daemon/transfers/transfer_desk.h"
#include "overlay/host/overlay_host.h"
#include "proto/json/schema.h"
#include "proto/types/text.h"
#include "proto/types/utf8.h"
#include "transfer/library/library.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;
using overlay::LinkStatus;

bool up(const LinkStatus& link) {
  return link.state == LinkStatus::State::kActive || link.state == LinkStatus::State::kStandby;
}

bj::value holder_of(const RestContext& context, const std::vector<LinkStatus>& links, Role role) {
  const auto link = std::ranges::find(links, role, &LinkStatus::role);
  if (link == links.end()) return nullptr;
  const std::string name = link->name.empty() ? context.friends.name_of(link->peer) : link->name;
  return bj::object{{"name", scrub(name)},
                    {"id", to_text(link->peer)},
                    {"state", up(*link) ? to_text(link->state) : "down"}};
}

// Those that are no friends; and who else could be one, where the peer finds them itself.
bj::object neighbours_of(const RestContext& context, const std::vector<LinkStatus>& links) {
  const bool chosen = context.config.membership == config::MembershipChoice::kHyParView;
  bj::object out{
      {"up", std::ranges::count_if(
                 links, [](const LinkStatus& link) { return !link.friendly && up(link); })},
      {"membership", chosen ? "hyparview" : "friends"},
      {"known", nullptr}};
  if (chosen) out["known"] = context.overlay.known();
  return out;
}

// Files and folders that are on their way.
std::ptrdiff_t transfers_active(TransferDesk& transfers) {
  const auto active = [](const auto& one) { return one.state < transfer::DownloadState::kHeld; };
  const auto files = transfers.downloads().list();
  const auto folders = transfers.folders().list();
  return std::ranges::count_if(files, active) + std::ranges::count_if(folders, active);
}

bj::object broker_of(const RestContext& context, bj::object& drops) {
  if (context.broker == nullptr) {
    return {{"url", ""},          {"state", "none"},   {"last_error", ""}, {"next_try_ms", nullptr},
            {"queries", nullptr}, {"answers", nullptr}};
  }
  const broker::Status status = context.broker->status();
  for (const auto& [reason, count] : status.drops) drops[reason] = count;
  const Error& trouble = status.trouble;
  const bool down = status.state == broker::Status::State::kDown;
  return {
      {"url", status.url},
      {"state", to_text(status.state)},
      {"last_error", scrub(trouble.why.empty() ? trouble.what : trouble.what + ": " + trouble.why)},
      {"next_try_ms", down ? status.next_try.count() : 0},
      {"queries", status.queries},
      {"answers", status.answers}};
}

Result<http::Response> status(const RestContext& context) {
  const auto links = context.overlay.links();
  const auto stats = context.library.stats();
  if (!stats) return tl::unexpected(stats.error());
  bj::object drops;
  for (const auto& [reason, count] : context.overlay.drops()) drops[reason] = count;
  bj::object broker = broker_of(context, drops);
  const auto uptime = std::chrono::steady_clock::now() - context.started;
  bj::object directory{{"url", ""}, {"state", "none"}, {"last_error", ""}, {"leased", nullptr}};
  if (context.directory != nullptr) {
    const auto state = context.directory->status();
    directory = {{"url", state.url},
                 {"state", to_text(state.state)},
                 {"last_error", scrub(state.last_error)},
                 {"leased", state.leased}};
  }
  return json_answer(
      {{"schema", json::schema::kStatus},
       {"name", context.card.name()},
       {"id", to_text(context.card.id())},
       {"url", context.card.url()},
       {"version", context.version},
       {"pid", ::getpid()},
       {"uptime_ms", std::chrono::duration_cast<std::chrono::milliseconds>(uptime).count()},
       {"listen", context.listen},
       {"rest", context.rest()},
       {"socket", context.socket},
       {"network", context.config.network},
       {"mode", context.config.open ? "open" : "friends"},
       {"friends",
        {{"up", std::ranges::count_if(
                    links, [](const LinkStatus& link) { return link.friendly && up(link); })},
         {"total", std::ranges::count(links, true, &LinkStatus::friendly)}}},
       {"neighbours", neighbours_of(context, links)},
       {"primary", holder_of(context, links, Role::kPrimary)},
       {"secondary", holder_of(context, links, Role::kSecondary)},
       {"shares", {{"folders", stats->shares}, {"files", stats->files}, {"bytes", stats->bytes}}},
       {"transfers", {{"active", transfers_active(context.transfers)}}},
       {"directory", std::move(directory)},
       {"broker", std::move(broker)},
       {"drops", std::move(drops)}});
}

}  // namespace

void add_status_routes(http::Router& router, const RestContext& context) {
  router.add("GET", "/v1/status", [&](const http::Request&) { return status(context); });
  router.add("POST", "/v1/shutdown", [&](const http::Request&) -> Result<http::Response> {
    context.shut_down();
    return json_answer({{"schema", "shoal/shutdown/1"}, {"pid", ::getpid()}}, 202);
  });
}

}  // namespace shoal::daemon
