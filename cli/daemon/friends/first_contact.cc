// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/friends/first_contact.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "cli/daemon/friends/join_desk.h"
#include "proto/types/place.h"
#include "proto/types/text.h"

namespace shoal::daemon {

namespace asio = boost::asio;

namespace {

constexpr std::string_view kPin = "pin ";

// Somebody answers, but no peer: that is what counts, not how it said so.
Error no_peer(const std::string& place, Error error) {
  for (const Errc code :
       {Errc::kUnreachable, Errc::kTimeout, Errc::kCancelled, Errc::kInvalidArgument}) {
    if (error.code == code) return error;
  }
  return {
      Errc::kIntegrity, "no peer answers at " + place,
      error.code == Errc::kIntegrity ? error.why : "what is there is something else: " + error.what,
      "is it the port that `shoal status` prints there?"};
}

}  // namespace

FirstContact::FirstContact(Parts parts)
    : parts_(std::move(parts)),
      strand_(asio::make_strand(parts_.background)),
      timer_(parts_.timers) {}

Result<std::optional<PeerId>> FirstContact::pinned_at(const std::string& place) {
  const auto kept = parts_.store.text(std::string(kPin) + place);
  if (!kept) return tl::unexpected(kept.error());
  if (!*kept) return std::optional<PeerId>();
  const auto id = parse_peer_id(**kept);
  if (!id) return tl::unexpected(id.error());
  return std::optional<PeerId>(*id);
}

Result<rpc::FriendUrl> FirstContact::meet(const std::string& place) {
  if (!split_place(place)) {
    return fail(Errc::kInvalidArgument, "not a friend's URL",
                "\"" + place.substr(0, 80) + "\" is no host:port", "http://192.0.2.7:7401");
  }
  const auto pinned = pinned_at(place);
  if (!pinned) return tl::unexpected(pinned.error());
  if (!*pinned && parts_.pinned_only) {
    return fail(Errc::kDenied, "nobody is believed by an address alone",
                "the configuration says trust: pinned-only",
                "use the URL that `shoal status` prints there: it begins with shoal://");
  }
  auto met = peer_at(place, &stopping_);
  if (!met) return tl::unexpected(no_peer(place, met.error()));
  if (*pinned && met->id != **pinned) {
    const std::string before = to_short_text(**pinned);
    return fail(Errc::kDenied, "another key answers at " + place,
                to_short_text(met->id) + " is not " + before +
                    ", who was met there first: it was made anew, or somebody stands in its place",
                "if its owner says that the key is new: shoal friends remove " + before +
                    ", then add it again");
  }
  return met;
}

Result<bool> FirstContact::pin(const std::string& place, const PeerId& id) {
  const auto before = pinned_at(place);
  if (!before) return tl::unexpected(before.error());
  if (*before && **before == id) return false;
  if (auto kept = parts_.store.set_text(std::string(kPin) + place, to_text(id)); !kept) {
    return tl::unexpected(kept.error());
  }
  return true;
}

Result<void> FirstContact::unpin(const std::string& place) {
  return parts_.store.set_text(std::string(kPin) + place, {});
}

Result<void> FirstContact::forget(const PeerId& id) {
  const auto pins = parts_.store.texts(kPin);
  if (!pins) return tl::unexpected(pins.error());
  for (const auto& [name, value] : *pins) {
    if (value != to_text(id)) continue;
    if (auto gone = parts_.store.set_text(name, {}); !gone) return gone;
  }
  return {};
}

Result<std::vector<config::ListedFriend>> FirstContact::known(
    std::vector<config::ListedFriend> listed) {
  std::vector<config::ListedFriend> out;
  for (auto& each : listed) {
    if (each.place.empty()) {
      out.push_back(std::move(each));
      continue;
    }
    const auto pinned = pinned_at(each.place);
    if (!pinned) return tl::unexpected(pinned.error());
    awaited_.push_back({each, pinned->has_value(), {}});
    if (!*pinned) continue;
    each.url = {**pinned, {each.place}};
    awaited_.back().listed.url = each.url;
    out.push_back(std::move(each));
  }
  return out;
}

void FirstContact::start(OnMet on_met) {
  on_met_ = std::move(on_met);
  if (awaited_.empty()) return;
  asio::post(strand_, [self = shared_from_this()] { self->tick(); });
}

void FirstContact::stop() {
  stopping_ = true;
  asio::post(strand_, [self = shared_from_this()] { self->timer_.cancel(); });
}

void FirstContact::tick() {
  std::erase_if(awaited_, [this](Awaited& each) { return stopping_ || ask(each); });
  if (stopping_ || awaited_.empty()) return;
  timer_.expires_after(pause_);
  pause_ = std::min(2 * pause_, limits::kJoinPauseMax);
  timer_.async_wait(asio::bind_executor(
      strand_, [self = shared_from_this()](const boost::system::error_code& error) {
        if (!error) self->tick();
      }));
}

bool FirstContact::ask(Awaited& awaited) {
  const std::string& place = awaited.listed.place;
  auto met = meet(place);
  if (stopping_) return true;
  if (met && !awaited.pinned) {
    if (auto kept = pin(place, met->id); !kept) met = tl::unexpected(kept.error());
  }
  if (met) {
    if (awaited.pinned) return true;
    awaited.listed.url = std::move(*met);
    spdlog::info("met {} at {}: only that key is the friend of that place from now on",
                 to_short_text(awaited.listed.url.id), place);
    on_met_(awaited.listed);
    return true;
  }
  const Error& error = met.error();
  // Who is pinned is dialled anyway, and its link says what is wrong.
  if (awaited.pinned && error.code != Errc::kDenied) return true;
  const std::string failure = error.what + ": " + error.why;
  if (failure != awaited.told) spdlog::warn("friend http://{}: {}; {}", place, failure, error.next);
  awaited.told = failure;
  return false;
}

}  // namespace shoal::daemon
