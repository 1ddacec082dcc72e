// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "bootstrap/http/directory_client.h"
#include "cli/config/config.h"
#include "cli/daemon/state/state_store.h"
#include "overlay/host/overlay_host.h"
#include "proto/asio.h"

namespace shoal::daemon {

/// Who this peer's friends are: those of the configuration, those added since, those the directory
/// gave and those it accepted, all but the first kept in the state database.
///
/// With a directory it also decides who may come in (policy `directory`), finds a first friend for
/// a peer that has none, and a standby when the primary is lost. Any thread. Its own work runs on
/// `background`, where it may block.
class FriendDesk : public std::enable_shared_from_this<FriendDesk> {
 public:
  struct Parts {
    boost::asio::any_io_executor timers;
    boost::asio::any_io_executor background;
    overlay::OverlayHost& overlay;
    StateStore& store;
    bootstrap::DirectoryClient* directory;  ///< null: none
    PeerId me;
    config::AcceptPolicy accept;
    /// The overlay chooses its neighbours itself: whom the directory names is introduced to it and
    /// becomes no friend.
    bool introduces = false;
  };

  explicit FriendDesk(Parts parts);

  /// Befriends all that are known; with a directory, looks for more when needed. Errors: kIo.
  Result<void> start(const std::vector<config::ListedFriend>& listed);
  /// One of the configuration whose key is known only now; not if it was removed.
  void take_listed(const config::ListedFriend& listed);
  void stop();
  /// For a peer without friends: until the directory was asked for one, or cannot be, at most
  /// `most`. So whoever starts such a peer finds it with its first friend. Blocks.
  void await_first_friend(std::chrono::milliseconds most);

  /// Errors: kInvalidArgument (the URL; oneself), kConflict (a friend already; a second primary or
  /// secondary), kIo.
  Result<PeerId> add(const std::string& url, Role role);
  /// Out of the book and remembered as gone, so that it is not taken in again. Errors: kNotFound,
  /// kIo.
  Result<void> remove(const PeerId& id);
  /// What its card said; empty while unknown.
  [[nodiscard]] std::string name_of(const PeerId& id) const;
  /// The friend that `word` names: by its id, the beginning of it (at least 4 characters) or its
  /// name. Errors: kNotFound, kInvalidArgument (more than one).
  [[nodiscard]] Result<PeerId> find(const std::string& word) const;
  /// Where a friend may be: as its card said last, then as we were told; none for somebody else.
  /// Does not block.
  [[nodiscard]] std::optional<std::vector<std::string>> endpoints_of(const PeerId& id) const;

  // Hooks; none blocks.
  void on_unknown(const PeerId& key);
  void on_link_wanted(Role role);
  void on_link_up(const PeerId& peer, const std::optional<rpc::CardInfo>& card);

 private:
  using Clock = std::chrono::steady_clock;
  struct Entry {
    Role role = Role::kAccepted;
    std::string name;
    std::vector<std::string> endpoints;
    bool in_config = false;
    std::vector<std::string> learned = {};  ///< from its card, in this process
  };
  struct Lookup {
    Clock::time_point again;
    std::chrono::milliseconds pause;
  };

  void tick();
  void watch();
  void watch_primary();
  void asked();
  void seek(Role role);
  void found(Role role, const bootstrap::DirectoryPeer& peer);
  void accept(const bootstrap::DirectoryPeer& peer);
  void take(const PeerId& id, const Entry& entry);
  bool may_look_up(const PeerId& key);
  [[nodiscard]] std::size_t count_locked(Role role) const;
  Result<void> keep(const PeerId& id, const Entry& entry, bool removed);

  Parts parts_;
  boost::asio::any_io_executor strand_;  ///< of background: ticks one after the other
  boost::asio::steady_timer timer_;
  mutable std::mutex mutex_;  ///< guards what follows
  std::map<PeerId, Entry> friends_;
  std::map<PeerId, bool> removed_;
  std::map<PeerId, Lookup> lookups_;
  std::deque<PeerId> lookup_order_;
  Clock::time_point next_seek_;
  std::chrono::milliseconds seek_pause_;
  std::condition_variable first_asked_;
  std::optional<Clock::time_point> primary_lost_;
  bool primary_was_up_ = false;  ///< in this process
  bool asked_once_ = false;
  bool seeking_ = false;
  bool stopped_ = false;
};

}  // namespace shoal::daemon
