// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/friends/friend_desk.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "proto/rpc/friend_url.h"
#include "proto/types/limits.h"
#include "proto/types/text.h"

namespace shoal::daemon {

namespace asio = boost::asio;

namespace {

constexpr bool dialled(Role role) { return role != Role::kAccepted; }

void warn(const Error& error) {
  spdlog::warn("{}: {}{}{}", error.what, error.why, error.next.empty() ? "" : "; ", error.next);
}

}  // namespace

FriendDesk::FriendDesk(Parts parts)
    : parts_(std::move(parts)),
      strand_(asio::make_strand(parts_.background)),
      timer_(parts_.timers),
      seek_pause_(limits::kFirstFriendPauseMin) {}

Result<void> FriendDesk::start(const std::vector<config::ListedFriend>& listed) {
  auto stored = parts_.store.friends();
  if (!stored) return tl::unexpected(stored.error());
  {
    const std::lock_guard lock(mutex_);
    for (const auto& entry : *stored) {
      if (entry.removed) removed_[entry.id] = true;
    }
    for (const auto& entry : listed) {
      if (entry.url.id == parts_.me) continue;
      if (removed_.contains(entry.url.id)) {
        spdlog::info("friend {} of the configuration was removed and stays out",
                     to_short_text(entry.url.id));
        continue;
      }
      friends_[entry.url.id] = {entry.role, {}, entry.url.endpoints, true};
    }
    for (const auto& entry : *stored) {
      if (entry.removed) continue;
      if (auto known = friends_.find(entry.id); known != friends_.end()) {
        known->second.name = entry.name;
        continue;
      }
      // The configuration's primary comes first.
      const bool taken = entry.role == Role::kPrimary && count_locked(Role::kPrimary) > 0;
      friends_[entry.id] = {taken ? Role::kFriend : entry.role, entry.name, entry.endpoints, false};
    }
    // In the order of the configuration, which reports keep.
    for (const auto& entry : listed) {
      const auto known = friends_.find(entry.url.id);
      if (known != friends_.end() && known->second.in_config) take(known->first, known->second);
    }
    for (const auto& [id, entry] : friends_) {
      if (!entry.in_config) take(id, entry);
    }
  }
  tick();
  return {};
}

void FriendDesk::take_listed(const config::ListedFriend& listed) {
  const PeerId& id = listed.url.id;
  const std::lock_guard lock(mutex_);
  if (stopped_ || id == parts_.me || removed_.contains(id)) return;
  const auto known = friends_.find(id);
  if (known != friends_.end() && known->second.in_config) return;
  const std::string name = known == friends_.end() ? std::string() : known->second.name;
  friends_[id] = {listed.role, name, listed.url.endpoints, true};
  take(id, friends_[id]);
}

void FriendDesk::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  asio::post(strand_, [self = shared_from_this()] { self->timer_.cancel(); });
}

void FriendDesk::take(const PeerId& id, const Entry& entry) {
  parts_.overlay.befriend(id, entry.endpoints, entry.role);
}

std::size_t FriendDesk::count_locked(Role role) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      friends_, [role](const auto& item) { return item.second.role == role; }));
}

Result<void> FriendDesk::keep(const PeerId& id, const Entry& entry, bool removed) {
  return parts_.store.put_friend({id, entry.role, entry.name, entry.endpoints, removed});
}

Result<PeerId> FriendDesk::add(const std::string& text, Role role) {
  auto url = rpc::parse_friend_url(text);
  if (!url) return tl::unexpected(url.error());
  if (url->id == parts_.me) {
    return fail(Errc::kInvalidArgument, "cannot befriend this peer", "the URL is its own",
                "give the URL that `shoal status` prints on the other machine");
  }
  const std::lock_guard lock(mutex_);
  const auto known = friends_.find(url->id);
  if (known != friends_.end() && known->second.role == role &&
      known->second.endpoints == url->endpoints) {
    return fail(Errc::kConflict, "it is a friend already", to_short_text(url->id), "shoal friends");
  }
  const bool single = role == Role::kPrimary || role == Role::kSecondary;
  const bool same = known != friends_.end() && known->second.role == role;
  const auto holder =
      std::ranges::find_if(friends_, [role](const auto& each) { return each.second.role == role; });
  if (single && !same && holder != friends_.end()) {
    const auto& [id, entry] = *holder;
    return fail(Errc::kConflict,
                std::string("there is a ") + std::string(shoal::to_text(role)) + " already",
                "a peer has one; it is " + (entry.name.empty() ? to_short_text(id) : entry.name),
                "add this one as friend; or first remove that one, or add it as friend");
  }
  Entry entry{role, known == friends_.end() ? std::string() : known->second.name, url->endpoints,
              known != friends_.end() && known->second.in_config};
  if (auto kept = keep(url->id, entry, false); !kept) return tl::unexpected(kept.error());
  removed_.erase(url->id);
  friends_[url->id] = entry;
  take(url->id, entry);
  return url->id;
}

Result<void> FriendDesk::remove(const PeerId& id) {
  const std::lock_guard lock(mutex_);
  const auto known = friends_.find(id);
  if (known == friends_.end()) {
    return fail(Errc::kNotFound, "no such friend", shoal::to_text(id), "shoal friends lists them");
  }
  if (auto kept = keep(id, known->second, true); !kept) return kept;
  friends_.erase(known);
  removed_[id] = true;
  parts_.overlay.unfriend(id);
  return {};
}

std::string FriendDesk::name_of(const PeerId& id) const {
  const std::lock_guard lock(mutex_);
  const auto known = friends_.find(id);
  return known == friends_.end() ? std::string() : known->second.name;
}

Result<PeerId> FriendDesk::find(const std::string& word) const {
  const std::lock_guard lock(mutex_);
  std::vector<PeerId> found;
  for (const auto& [id, entry] : friends_) {
    const std::string text = shoal::to_text(id);
    if (text == word) return id;
    if (entry.name == word || (word.size() >= 4 && text.starts_with(word))) found.push_back(id);
  }
  if (found.size() == 1) return found.front();
  const std::string shown = word.substr(0, 64);
  return fail(found.empty() ? Errc::kNotFound : Errc::kInvalidArgument,
              found.empty() ? "no friend is called " + shown : shown + " is more than one friend",
              found.empty() ? "neither an id nor a name" : "names are not unique, ids are",
              "shoal friends lists them");
}

std::optional<std::vector<std::string>> FriendDesk::endpoints_of(const PeerId& id) const {
  const std::lock_guard lock(mutex_);
  const auto known = friends_.find(id);
  if (known == friends_.end()) return std::nullopt;
  auto all = known->second.learned;
  for (const auto& place : known->second.endpoints) {
    if (std::ranges::find(all, place) == all.end()) all.push_back(place);
  }
  return all;
}

void FriendDesk::on_link_up(const PeerId& peer, const std::optional<rpc::CardInfo>& card) {
  if (!card) return;
  asio::post(strand_, [self = shared_from_this(), peer, card = *card] {
    const std::lock_guard lock(self->mutex_);
    const auto known = self->friends_.find(peer);
    if (known == self->friends_.end()) return;
    known->second.learned = card.endpoints;
    if (known->second.name == card.name) return;
    known->second.name = card.name;
    if (auto kept = self->keep(peer, known->second, false); !kept) warn(kept.error());
  });
}

// ---- the directory -----------------------------------------------------------------------------

// A key that keeps knocking is looked up ever more rarely; of many keys the oldest are forgotten.
bool FriendDesk::may_look_up(const PeerId& key) {
  const std::lock_guard lock(mutex_);
  if (stopped_ || removed_.contains(key) || friends_.contains(key)) return false;
  const auto now = Clock::now();
  auto found = lookups_.find(key);
  if (found == lookups_.end()) {
    if (lookup_order_.size() == limits::kKnocksRemembered) {
      const auto oldest = lookups_.find(lookup_order_.front());
      if (oldest->second.again > now) return false;  // so many strangers: wait
      lookups_.erase(oldest);
      lookup_order_.pop_front();
    }
    found = lookups_.emplace(key, Lookup{now, limits::kKnockPauseMin}).first;
    lookup_order_.push_back(key);
  }
  if (now < found->second.again) return false;
  found->second.again = now + found->second.pause;
  found->second.pause = std::min(found->second.pause * 2, limits::kKnockPauseMax);
  return true;
}

void FriendDesk::on_unknown(const PeerId& key) {
  if (parts_.directory == nullptr || parts_.accept != config::AcceptPolicy::kDirectory) return;
  if (!may_look_up(key)) return;
  parts_.directory->find(key,
                         [self = shared_from_this()](const Result<bootstrap::DirectoryPeer>& peer) {
                           if (peer) self->accept(*peer);
                         });
}

void FriendDesk::accept(const bootstrap::DirectoryPeer& peer) {
  const std::lock_guard lock(mutex_);
  if (stopped_ || removed_.contains(peer.id) || friends_.contains(peer.id)) return;
  const Entry entry{Role::kAccepted, peer.name, peer.endpoints, false};
  if (auto kept = keep(peer.id, entry, false); !kept) warn(kept.error());
  friends_[peer.id] = entry;
  take(peer.id, entry);
  spdlog::info("accepted {} ({}), which the directory knows", peer.name, to_short_text(peer.id));
}

// A secondary stands in. At the start that is no loss yet: a primary that must look us up first
// refuses the first dial. watch_primary() sees to that case.
void FriendDesk::on_link_wanted(Role role) {
  asio::post(strand_, [self = shared_from_this(), role] {
    {
      const std::lock_guard lock(self->mutex_);
      if (!self->primary_was_up_) return;
    }
    self->seek(role);
  });
}

void FriendDesk::tick() {
  if (parts_.directory == nullptr) return;
  {
    const std::lock_guard lock(mutex_);
    timer_.expires_after(asked_once_ ? limits::kFriendTick : limits::kFirstFriendTick);
  }
  timer_.async_wait(asio::bind_executor(
      strand_, [self = shared_from_this()](const boost::system::error_code& error) {
        {
          const std::lock_guard lock(self->mutex_);
          if (error || self->stopped_) return;
        }
        self->watch();
        self->tick();
      }));
}

void FriendDesk::asked() {
  const std::lock_guard lock(mutex_);
  asked_once_ = true;
  first_asked_.notify_all();
}

void FriendDesk::await_first_friend(std::chrono::milliseconds most) {
  std::unique_lock lock(mutex_);
  if (parts_.directory == nullptr || !friends_.empty()) return;
  first_asked_.wait_for(lock, most, [this] { return asked_once_; });
}

// Is a friend missing that the directory could give?
void FriendDesk::watch() {
  const auto directory = parts_.directory->status();
  if (directory.state == bootstrap::DirectoryStatus::State::kDown) asked();
  if (!directory.leased) return;  // nobody accepts us before
  bool none = false;
  if (parts_.introduces) {
    none = std::ranges::none_of(parts_.overlay.links(), [](const overlay::LinkStatus& link) {
      return link.state >= overlay::LinkStatus::State::kStandby;
    });
  } else {
    const std::lock_guard lock(mutex_);
    none = friends_.empty();
  }
  if (none) {
    seek(Role::kPrimary);
  } else {
    asked();
    watch_primary();
  }
}

// A primary that stays away, and no standby that is up: asks for one.
void FriendDesk::watch_primary() {
  using State = overlay::LinkStatus::State;
  bool has_primary = false;
  bool primary_up = false;
  bool standby = false;
  for (const auto& link : parts_.overlay.links()) {
    const bool up = link.state == State::kActive || link.state == State::kStandby;
    has_primary = has_primary || link.role == Role::kPrimary;
    primary_up = primary_up || (link.role == Role::kPrimary && up);
    standby = standby || (link.role == Role::kSecondary && link.state == State::kStandby);
  }
  {
    const std::lock_guard lock(mutex_);
    primary_was_up_ = primary_was_up_ || primary_up;
    if (!has_primary || primary_up) {
      primary_lost_.reset();
      return;
    }
    if (!primary_lost_) primary_lost_ = Clock::now();
    if (standby || Clock::now() - *primary_lost_ < limits::kStandbyWait) return;
  }
  seek(Role::kSecondary);
}

void FriendDesk::seek(Role role) {
  std::vector<PeerId> except;
  {
    const std::lock_guard lock(mutex_);
    if (parts_.directory == nullptr || stopped_ || seeking_ || Clock::now() < next_seek_) return;
    if (role == Role::kSecondary && count_locked(role) >= limits::kStandbysMax) return;
    for (const auto& [id, entry] : friends_) except.push_back(id);
    for (const auto& [id, gone] : removed_) except.push_back(id);
    if (except.size() > limits::kSuggestionExceptMax) except.resize(limits::kSuggestionExceptMax);
    seeking_ = true;
    next_seek_ = Clock::now() + seek_pause_;
    seek_pause_ = std::min(seek_pause_ * 2, limits::kFirstFriendPauseMax);
  }
  parts_.directory->suggest(std::move(except), [self = shared_from_this(), role](
                                                   const Result<bootstrap::DirectoryPeer>& peer) {
    if (peer) {
      self->found(role, *peer);
    } else {
      spdlog::debug("the directory has no friend for us: {}", peer.error().why);
    }
    self->asked();
    const std::lock_guard lock(self->mutex_);
    self->seeking_ = false;
  });
}

void FriendDesk::found(Role role, const bootstrap::DirectoryPeer& peer) {
  const std::lock_guard lock(mutex_);
  if (stopped_ || peer.id == parts_.me || removed_.contains(peer.id)) return;
  if (parts_.introduces) {
    spdlog::info("the directory named {} ({}) to join by", peer.name, to_short_text(peer.id));
    return parts_.overlay.introduce(peer.id, peer.endpoints);
  }
  if (friends_.contains(peer.id)) return;
  if (role == Role::kPrimary &&
      std::ranges::any_of(friends_, [](const auto& item) { return dialled(item.second.role); })) {
    return;  // it got one meanwhile
  }
  const Entry entry{role, peer.name, peer.endpoints, false};
  if (auto kept = keep(peer.id, entry, false); !kept) warn(kept.error());
  friends_[peer.id] = entry;
  take(peer.id, entry);
  seek_pause_ = limits::kFirstFriendPauseMin;
  spdlog::info("the directory gave {} ({}) as {}", peer.name, to_short_text(peer.id),
               shoal::to_text(role));
}

}  // namespace shoal::daemon
