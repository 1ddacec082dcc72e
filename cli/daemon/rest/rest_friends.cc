// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <mutex>

#include "cli/daemon/friends/first_contact.h"
#include "cli/daemon/friends/friend_desk.h"
#include "cli/daemon/friends/friend_rates.h"
#include "cli/daemon/rest/rest.h"
#include "overlay/host/overlay_host.h"
#include "proto/json/reader.h"
#include "proto/json/schema.h"
#include "proto/rpc/friend_url.h"
#include "proto/types/place.h"
#include "proto/types/text.h"
#include "proto/types/utf8.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;
using overlay::LinkStatus;

bj::object to_json(const RestContext& context, const LinkStatus& link) {
  const bool down =
      link.state == LinkStatus::State::kDown || link.state == LinkStatus::State::kDialling;
  const auto rate = context.rates.of(link.peer);
  const std::string name = link.name.empty() ? context.friends.name_of(link.peer) : link.name;
  bj::object out{{"schema", json::schema::kFriend},
                 {"id", shoal::to_text(link.peer)},
                 {"name", scrub(name)},
                 {"role", link.friendly ? shoal::to_text(link.role) : "neighbour"},
                 {"listed", link.listed},
                 {"friend", link.friendly},
                 {"state", down ? "down" : to_text(link.state)},
                 {"url", ""},
                 {"rtt_ms", nullptr},
                 {"since_ms", link.since.count()},
                 {"last_error", scrub(link.last_error)},
                 {"next_dial_ms", nullptr},
                 {"upload_rate", rate.bytes_per_second},
                 {"upload_rate_told", rate.told}};
  if (!link.endpoints.empty()) {
    out["url"] = rpc::to_text(rpc::FriendUrl{link.peer, link.endpoints});
  }
  if (link.rtt) out["rtt_ms"] = static_cast<double>(link.rtt->count()) / 1000.0;
  if (link.next_dial) out["next_dial_ms"] = link.next_dial->count();
  return out;
}

Result<http::Response> list(const RestContext& context) {
  bj::array items;
  for (const auto& link : context.overlay.links()) items.push_back(to_json(context, link));
  return list_answer("shoal/friends/1", std::move(items));
}

Result<Role> role_of(const std::string& text) {
  for (const Role role : {Role::kPrimary, Role::kSecondary, Role::kFriend}) {
    if (shoal::to_text(role) == text) return role;
  }
  return fail(Errc::kInvalidArgument, "no such role: " + text.substr(0, 40), "",
              "primary, secondary or friend");
}

// What it calls itself, if it was here already.
std::string name_of(const RestContext& context, const PeerId& id) {
  if (std::string known = context.friends.name_of(id); !known.empty()) return known;
  const auto links = context.overlay.links();
  const auto link = std::ranges::find(links, id, &LinkStatus::peer);
  return link == links.end() ? std::string() : link->name;
}

// The friend at "http://host:port", whose URL becomes one that names its key.
Result<PeerId> add_by_place(const RestContext& context, std::mutex& one_by_one, std::string& url,
                            Role role) {
  if (!is_without_path(url)) {
    return fail(Errc::kInvalidArgument, "not a friend's URL",
                "\"" + url.substr(0, 80) + "\" has a path behind host:port", "leave the path out");
  }
  const std::string place(*place_in(url));
  const auto met = context.contacts.meet(place);
  if (!met) return tl::unexpected(met.error());
  // The pin of one that fails is not that of another one who adds the same.
  const std::lock_guard lock(one_by_one);
  // First: a friend that is not pinned could be another one after a restart.
  const auto news = context.contacts.pin(place, met->id);
  if (!news) return tl::unexpected(news.error());
  url = rpc::to_text(*met);
  auto id = context.friends.add(url, role);
  // Nobody was befriended, so nobody need be there next time.
  if (!id && *news) {
    if (auto gone = context.contacts.unpin(place); !gone) return tl::unexpected(gone.error());
  }
  return id;
}

Result<http::Response> add(const RestContext& context, std::mutex& one_by_one,
                           const http::Request& request) {
  auto body = body_of(request);
  if (!body) return tl::unexpected(body.error());
  std::string url;
  std::string role_text = "friend";
  json::ObjectReader in(*body, "the friend");
  in.required("url", url).optional("role", role_text);
  if (auto done = in.finish(); !done) return tl::unexpected(done.error());
  const auto role = role_of(role_text);
  if (!role) return tl::unexpected(role.error());
  const auto id = place_in(url) ? add_by_place(context, one_by_one, url, *role)
                                : context.friends.add(url, *role);
  if (!id) return tl::unexpected(id.error());
  return json_answer({{"schema", json::schema::kFriend},
                      {"id", shoal::to_text(*id)},
                      {"name", scrub(name_of(context, *id))},
                      {"role", role_text},
                      {"listed", true},
                      {"url", url}},
                     201);
}

// How fast a friend is served from now on; null: as the configuration says.
Result<http::Response> change(const RestContext& context, const http::Request& request) {
  const auto id = parse_peer_id(request.param("id"));
  if (!id) return tl::unexpected(id.error());
  auto body = body_of(request);
  if (!body) return tl::unexpected(body.error());
  json::ObjectReader in(*body, "the change");
  in.ignore("upload_rate");
  if (auto done = in.finish(); !done) return tl::unexpected(done.error());
  const auto* const told = body->get_object().if_contains("upload_rate");
  if (told == nullptr) {
    return fail(Errc::kInvalidArgument, "the change is not understood",
                "\"upload_rate\" is missing", "bytes per second, 0: no limit, null: as usual");
  }
  const auto rate = rate_in(*told);
  if (!rate) return tl::unexpected(rate.error());
  if (auto known = context.friends.find(shoal::to_text(*id)); !known) {
    return tl::unexpected(known.error());
  }
  if (auto kept = context.rates.tell(*id, *rate); !kept) return tl::unexpected(kept.error());
  const auto now = context.rates.of(*id);
  return json_answer({{"schema", json::schema::kFriend},
                      {"id", shoal::to_text(*id)},
                      {"name", scrub(name_of(context, *id))},
                      {"upload_rate", now.bytes_per_second},
                      {"upload_rate_told", now.told}});
}

// A friend that comes again comes as a new one: nothing that was said of it holds.
Result<http::Response> remove(const RestContext& context, const http::Request& request) {
  const auto id = parse_peer_id(request.param("id"));
  if (!id) return tl::unexpected(id.error());
  if (auto gone = context.friends.remove(*id); !gone) return tl::unexpected(gone.error());
  if (auto gone = context.rates.tell(*id, std::nullopt); !gone) return tl::unexpected(gone.error());
  if (auto gone = context.contacts.forget(*id); !gone) return tl::unexpected(gone.error());
  return http::Response::nothing();
}

}  // namespace

void add_friend_routes(http::Router& router, const RestContext& context) {
  // What is kept of a friend beside the list (pin, rate) does not outlive the friendship.
  const auto one_by_one = std::make_shared<std::mutex>();
  router.add("GET", "/v1/friends", [&](const http::Request&) { return list(context); });
  router.add("POST", "/v1/friends", [&context, one_by_one](const http::Request& request) {
    return add(context, *one_by_one, request);
  });
  router.add("PATCH", "/v1/friends/{id}", [&context, one_by_one](const http::Request& request) {
    const std::lock_guard lock(*one_by_one);
    return change(context, request);
  });
  router.add("DELETE", "/v1/friends/{id}", [&context, one_by_one](const http::Request& request) {
    const std::lock_guard lock(*one_by_one);
    return remove(context, request);
  });
}

}  // namespace shoal::daemon
