// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/friends/join_desk.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "cli/daemon/friends/card_desk.h"
#include "proto/http/rest_client.h"
#include "proto/json/base64.h"
#include "proto/rpc/card.h"
#include "proto/types/text.h"

namespace shoal::daemon {

namespace asio = boost::asio;

namespace {

bool has_neighbour(overlay::OverlayHost& overlay) {
  return std::ranges::any_of(overlay.links(), [](const overlay::LinkStatus& link) {
    return link.state >= overlay::LinkStatus::State::kStandby;
  });
}

tl::unexpected<Error> no_peer(const std::string& place, std::string why) {
  return fail(Errc::kIntegrity, "no peer answers at " + place, std::move(why),
              "is it the port that `shoal status` prints there?");
}

}  // namespace

Result<rpc::FriendUrl> peer_at(const std::string& place, const std::atomic<bool>* cancel) {
  const auto target = http::Target::parse("http://" + place);
  if (!target) return tl::unexpected(target.error());
  http::ClientOptions options;
  options.answer_time = limits::kJoinAnswerTime;
  options.answer_max = limits::kPeerAnswerBytes;
  options.cancel = cancel;
  const auto answer = http::RestClient(*target, options).call("GET", "/v1/peer");
  if (!answer) return tl::unexpected(answer.error());
  boost::system::error_code error;
  const auto body = boost::json::parse(*answer, error);
  const auto* const object = error ? nullptr : body.if_object();
  const auto* const card = object == nullptr ? nullptr : object->if_contains("card");
  if (card == nullptr || !card->is_string()) return no_peer(place, "it shows no card");
  const auto sealed = json::from_base64(std::string_view(card->get_string()));
  if (!sealed) return no_peer(place, "its card is damaged");
  auto opened = rpc::open_card(*sealed, unix_now());
  if (!opened) return no_peer(place, "its card: " + opened.error().what);
  rpc::FriendUrl url{opened->id, {place}};
  for (std::string& endpoint : opened->endpoints) {
    if (url.endpoints.size() < limits::kEndpointsMax && endpoint != place) {
      url.endpoints.push_back(std::move(endpoint));
    }
  }
  return url;
}

JoinDesk::JoinDesk(asio::any_io_executor timers, asio::any_io_executor background,
                   overlay::OverlayHost& overlay, std::vector<config::JoinPlace> places)
    : strand_(asio::make_strand(std::move(background))),
      timer_(std::move(timers)),
      overlay_(overlay),
      places_(std::move(places)) {}

void JoinDesk::start() {
  if (places_.empty()) return;
  asio::post(strand_, [self = shared_from_this()] { self->tick(); });
}

void JoinDesk::stop() {
  stopping_ = true;
  asio::post(strand_, [self = shared_from_this()] { self->timer_.cancel(); });
}

void JoinDesk::tick() {
  if (stopping_) return;
  if (has_neighbour(overlay_)) {
    pause_ = limits::kJoinPauseMin;
  } else {
    introduce_all();
    pause_ = std::min(2 * pause_, limits::kJoinPauseMax);
  }
  timer_.expires_after(pause_);
  timer_.async_wait(asio::bind_executor(
      strand_, [self = shared_from_this()](const boost::system::error_code& error) {
        if (!error) self->tick();
      }));
}

void JoinDesk::introduce_all() {
  for (const config::JoinPlace& place : places_) {
    if (stopping_) return;
    if (place.url) {
      overlay_.introduce(place.url->id, place.url->endpoints);
    } else {
      ask(place.place);
    }
  }
}

void JoinDesk::ask(const std::string& place) {
  const auto peer = peer_at(place, &stopping_);
  if (peer) {
    spdlog::debug("{} is at {}", to_short_text(peer->id), place);
    return overlay_.introduce(peer->id, peer->endpoints);
  }
  const std::string failure = peer.error().what + ": " + peer.error().why;
  if (stopping_ || failure == told_) return;
  told_ = failure;
  spdlog::warn("cannot join by {}: {}", place, failure);
}

}  // namespace shoal::daemon
