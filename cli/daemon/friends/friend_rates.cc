// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/friends/friend_rates.h"

#include <boost/json/serialize.hpp>
#include <charconv>
#include <string>
#include <string_view>

#include "cli/config/config.h"
#include "proto/types/assert.h"
#include "proto/types/text.h"

namespace shoal::daemon {
namespace {

// What is kept: a number of bytes under this and the friend's id.
constexpr std::string_view kKept = "upload rate of ";

constexpr std::size_t kRateShown = 40;

std::string kept_name(const PeerId& peer) { return std::string(kKept) + to_text(peer); }

std::optional<std::uint64_t> read_rate(const std::string& text) {
  std::uint64_t rate = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, rate);
  if (error != std::errc{} || at != end || !config::is_rate(rate)) return std::nullopt;
  return rate;
}

}  // namespace

Result<std::optional<std::uint64_t>> rate_in(const boost::json::value& told) {
  if (told.is_null()) return std::nullopt;
  boost::system::error_code wrong;
  const auto rate = told.is_string() ? 0 : told.to_number<std::uint64_t>(wrong);
  if (!told.is_string() && !told.is_double() && !wrong && config::is_rate(rate)) return rate;
  return fail(
      Errc::kInvalidArgument, "no such rate: " + boost::json::serialize(told).substr(0, kRateShown),
      "it is no number of bytes per second from " + std::to_string(limits::kRateMin) + " to " +
          std::to_string(limits::kRateMax) + ", that is from " +
          config::rate_text(limits::kRateMin) + " to " + config::rate_text(limits::kRateMax),
      "0 is no limit, null as usual");
}

Result<std::unique_ptr<FriendRates>> FriendRates::open(StateStore& store,
                                                       transfer::UploadRates configured) {
  const auto kept = store.texts(kKept);
  if (!kept) return tl::unexpected(kept.error());
  std::unique_ptr<FriendRates> rates(new FriendRates(store, std::move(configured)));
  for (const auto& [name, text] : *kept) {
    const auto peer = parse_peer_id(std::string_view(name).substr(kKept.size()));
    const auto rate = read_rate(text);
    if (peer && rate) rates->told_.emplace(*peer, *rate);
  }
  return rates;
}

void FriendRates::watch(Watcher watcher) {
  const std::lock_guard lock(mutex_);
  watcher_ = std::move(watcher);
  change_locked();
}

void FriendRates::change_locked() {
  if (!watcher_) return;
  transfer::UploadRates all = configured_;
  for (const auto& [peer, rate] : told_) all.own[peer] = rate;
  watcher_(all);
}

void FriendRates::configure(const PeerId& peer, std::uint64_t rate) {
  const std::lock_guard lock(mutex_);
  configured_.own[peer] = rate;
  change_locked();
}

Result<void> FriendRates::tell(const PeerId& peer, std::optional<std::uint64_t> rate) {
  SHOAL_ASSERT(!rate || config::is_rate(*rate));
  const std::lock_guard lock(mutex_);
  const std::string text = rate ? std::to_string(*rate) : std::string();
  if (auto kept = store_.set_text(kept_name(peer), text); !kept) return kept;
  if (rate) {
    told_[peer] = *rate;
  } else {
    told_.erase(peer);
  }
  change_locked();
  return {};
}

FriendRates::Rate FriendRates::of(const PeerId& peer) const {
  const std::lock_guard lock(mutex_);
  if (const auto told = told_.find(peer); told != told_.end()) return {told->second, true};
  const auto listed = configured_.own.find(peer);
  return {listed == configured_.own.end() ? configured_.each : listed->second, false};
}

}  // namespace shoal::daemon
