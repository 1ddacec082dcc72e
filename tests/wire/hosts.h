// SPDX-License-Identifier: Apache-2.0
// Real peers in one process, each with its own server on loopback.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>

#include "overlay/core/registry.h"
#include "overlay/core/replay.h"
#include "overlay/host/overlay_host.h"
#include "overlay/membership/friends.h"
#include "proto/rpc/server.h"
#include "tests/wire/threads.h"

namespace shoal::overlay {

using namespace std::chrono_literals;

inline std::int64_t unix_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// One peer with its own server; shares what `files` holds. All that reached its overlay is
/// replayed in the end into a fresh core, which must want the same done.
class Peer {
 public:
  /// As HostOptions::record_limit: for measurements.
  static constexpr std::size_t kNoRecord = 1;

  Peer(tests::Threads& threads, std::string name, HostOptions options = {},
       rpc::Accept accept = rpc::Accept::kListed, rpc::Identity me = rpc::Identity::generate())
      : me_(std::move(me)), book_(accept) {
    auto server = rpc::RpcServer::listen(threads.executor(), {});
    EXPECT_TRUE(server);
    server_ = std::move(*server);
    card_ = rpc::seal_card(me_, name, {endpoint()}, 1, unix_now());
    HostHooks hooks;
    hooks.card = [this] { return card_; };
    hooks.lookup = [this](const PayloadRef& query, std::uint32_t, const auto& reply) {
      last_query = query;
      ++lookups;
      reply(by_words ? files_with(query.ref<QueryBody>().terms) : files, 0);
    };
    hooks.list_shares = [this](const ContentId& after, std::uint32_t limit, const auto& reply) {
      list(after, limit, reply);
    };
    hooks.on_link_up = [this](const PeerId&, const auto&) { ++links_announced; };
    hooks.on_record = [this](const std::string& bytes) { record_ += bytes; };
    recorded_ = options.record_limit != kNoRecord;
    options.record_limit = recorded_ ? 64UL << 20 : 0;
    membership_ = options.membership;
    host_ = std::make_unique<OverlayHost>(threads.executor(), me_, book_, options, hooks);
    EXPECT_TRUE(server_->start(me_, book_, {&host_->service()}));
  }
  ~Peer() { stop(); }

  void stop() {
    if (host_ == nullptr) return;
    host_->stop();
    server_->stop();
    host_.reset();
    if (!recorded_) return;
    const auto again =
        replay(record_, registry(), membership_ ? membership_() : std::make_unique<Friends>());
    ASSERT_TRUE(again) << again.error().why;
    EXPECT_EQ(again->difference, "");
    EXPECT_FALSE(again->full);
  }
  /// From now on its card says that it is there. Before it has links.
  void announce(const std::string& place) {
    card_ = rpc::seal_card(me_, "moved", {place}, 2, unix_now());
  }
  [[nodiscard]] std::string endpoint() const {
    return "127.0.0.1:" + std::to_string(server_->port());
  }
  /// `this` lists `other`, which accepts it.
  void befriend(Peer& other, Role role = Role::kFriend) {
    befriend_at(other, other.endpoint(), role);
  }
  /// The same, at another place than its own: a proxy's.
  void befriend_at(Peer& other, const std::string& place, Role role = Role::kFriend) {
    other.book_.set_friend(me_.id(), other.book_.role_of(me_.id()).value_or(Role::kAccepted));
    host_->befriend(other.me_.id(), {place}, role);
  }
  [[nodiscard]] LinkStatus link_to(const Peer& other) {
    for (LinkStatus& link : host_->links()) {
      if (link.peer == other.me_.id()) return link;
    }
    return {};
  }
  [[nodiscard]] std::size_t links_up() {
    std::size_t up = 0;
    for (const LinkStatus& link : host_->links()) {
      up += link.state >= LinkStatus::State::kStandby ? 1U : 0U;
    }
    return up;
  }
  OverlayHost& host() { return *host_; }
  rpc::PeerBook& book() { return book_; }
  [[nodiscard]] const PeerId& id() const { return me_.id(); }
  [[nodiscard]] const rpc::Identity& me() const { return me_; }

  std::vector<HitFile> files;
  bool by_words = false;           ///< answers with those files only whose names hold the words
  std::atomic<bool> lists = true;  ///< else it does as if it had no files to make known yet
  PayloadRef last_query;
  std::atomic<unsigned> lookups = 0;
  std::atomic<unsigned> links_announced = 0;

 private:
  [[nodiscard]] std::vector<HitFile> files_with(const std::string& words) const {
    std::vector<HitFile> found;
    for (const HitFile& file : files) {
      if (file.name.find(words) != std::string::npos) found.push_back(file);
    }
    return found;
  }
  /// A page of `files`; their names are folded already.
  void list(const ContentId& after, std::uint32_t limit,
            const std::function<void(std::vector<SharedFile>, bool)>& reply) const {
    std::map<ContentId, std::string> sorted;
    for (const HitFile& file : lists ? files : std::vector<HitFile>()) {
      if (after < file.content) sorted.emplace(file.content, file.name);
    }
    std::vector<SharedFile> page;
    for (const auto& [content, words] : sorted) {
      if (page.size() < limit) page.push_back({content, words});
    }
    reply(std::move(page), sorted.size() > limit);
  }

  rpc::Identity me_;
  rpc::PeerBook book_;
  std::unique_ptr<rpc::RpcServer> server_;
  std::string card_;
  std::string record_;
  bool recorded_ = true;
  std::function<std::unique_ptr<Membership>()> membership_;
  std::unique_ptr<OverlayHost> host_;
};

/// Polls until `holds`, for at most ten seconds.
inline testing::AssertionResult soon(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (std::chrono::steady_clock::now() < deadline) {
    if (holds()) return testing::AssertionSuccess();
    std::this_thread::sleep_for(5ms);
  }
  return testing::AssertionFailure() << "not within ten seconds";
}

/// A search, waited for.
struct Asked {
  Asked(Peer& peer, std::uint8_t ttl, std::string terms = "word")
      : Asked(peer, spec_of(ttl, std::move(terms))) {}
  Asked(Peer& peer, const SearchSpec& spec) {
    auto result = peer.host().search(spec, {[this](const FoundHit& hit) {
                                              const std::lock_guard lock(mutex);
                                              hits.push_back(hit);
                                            },
                                            [this](const FinishedSearch& end) {
                                              const std::lock_guard lock(mutex);
                                              finished = end;
                                              changed.notify_all();
                                            }});
    if (result) {
      started = *result;
    } else {
      error = result.error();
    }
  }
  static SearchSpec spec_of(std::uint8_t ttl, std::string terms) {
    SearchSpec spec;
    spec.terms = std::move(terms);
    spec.ttl = ttl;
    return spec;
  }
  const SearchReport& report() {
    std::unique_lock lock(mutex);
    EXPECT_TRUE(changed.wait_for(lock, 40s, [this] { return finished.has_value(); }));
    return finished->report;
  }
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<StartedSearch> started;
  std::optional<Error> error;
  std::vector<FoundHit> hits;
  std::optional<FinishedSearch> finished;
};

inline HitFile some_file() {
  HitFile file;
  file.name = "a word";
  file.content.length = 77;
  return file;
}

class Hosts : public testing::Test {
 protected:
  /// A line in which each lists the next as a friend.
  void make_line(std::size_t count) {
    static const std::vector<std::string> kNames{"ana", "ben", "cleo", "dan", "eva"};
    for (std::size_t i = 0; i < count; ++i) {
      peers_.push_back(std::make_unique<Peer>(threads_, kNames[i]));
    }
    for (std::size_t i = 0; i + 1 < count; ++i) peers_[i]->befriend(*peers_[i + 1]);
    for (std::size_t i = 0; i + 1 < count; ++i) {
      EXPECT_TRUE(soon([&] {
        return peers_[i]->link_to(*peers_[i + 1]).state == LinkStatus::State::kActive &&
               peers_[i + 1]->link_to(*peers_[i]).state == LinkStatus::State::kActive;
      })) << i;
    }
  }
  Peer& peer(std::size_t index) { return *peers_[index]; }

  tests::Threads threads_{3};
  std::vector<std::unique_ptr<Peer>> peers_;
};

}  // namespace shoal::overlay
