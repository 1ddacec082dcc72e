// SPDX-License-Identifier: Apache-2.0
// One run of a scenario. Internal to this folder.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "overlay/core/registry.h"
#include "sim/check/play.h"
#include "sim/engine/engine.h"
#include "sim/network/incidents.h"

namespace shoal::sim {

/// Who shares what at the moment, and who ever did.
class Shelves final : public Content {
 public:
  explicit Shelves(const Scenario& scenario);
  void change(const Change& change, Instant now);
  [[nodiscard]] bool shares(std::uint32_t peer, std::uint32_t file) const {
    return now_.contains({file, peer});
  }
  /// Now, or at some moment since then.
  [[nodiscard]] bool shared_since(std::uint32_t peer, std::uint32_t file, Instant since) const;
  std::size_t find(PeerRef peer, const QueryBody& query, std::uint32_t limit,
                   std::vector<PayloadRef>& hits) const override;
  bool list(PeerRef peer, const ContentId& after, std::uint32_t limit,
            std::vector<SharedFile>& files) const override;

 private:
  std::set<std::pair<std::uint32_t, std::uint32_t>> now_;               // file, peer
  std::map<std::pair<std::uint32_t, std::uint32_t>, Instant> no_more_;  // since when
};

/// How a scenario is played.
struct Manners {
  bool strangers = true;     ///< whether they speak; if not, they still come
  bool grouped = false;      ///< in the engine's other order, unwatched
  Observer* also = nullptr;  ///< watches too
  std::function<void(QueryId, std::size_t search)> on_search = nullptr;
};

class Player {
 public:
  Player(const Scenario& scenario, Manners manners);
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;

  /// Lets everything happen, to the end.
  void run();
  [[nodiscard]] Engine& engine() { return *engine_; }
  [[nodiscard]] Judge& judge() { return *judge_; }
  /// What the strangers' messages added to the digest, and how many there were.
  [[nodiscard]] std::uint64_t stranger_digest() const { return stranger_digest_; }
  [[nodiscard]] std::uint64_t stranger_count() const { return stranger_count_; }
  [[nodiscard]] Sights sights() const;

 private:
  /// Keeps what was said, for strangers to say again.
  class Ear final : public Observer {
   public:
    struct Said {
      PeerRef from;
      PeerRef to;
      Message message;
    };
    void on_delivery(Instant, PeerRef from, PeerRef to, const Message& message, Verdict,
                     const overlay::Effects&) override;
    std::vector<Said> said;
  };

  void connect();
  /// Tells a peer of an open network by whom to join.
  void let_in(std::uint32_t peer);
  void plan_troubles();
  void plan_searches();
  void befall(const Incident& incident);
  void heal();
  void search(std::size_t index);
  void speak(const Stranger& stranger);
  void inject(PeerRef from, PeerRef to, const Message& message);
  [[nodiscard]] bool hears(std::uint32_t at, std::uint32_t of) const;
  [[nodiscard]] std::vector<unsigned> hops_from(std::uint32_t origin) const;
  [[nodiscard]] std::optional<Calm> calm_of(const Ask& ask) const;
  [[nodiscard]] std::unique_ptr<Judge> make_judge();

  const Scenario& scenario_;
  Manners manners_;
  const overlay::OverlayEntry& overlay_;
  Graph graph_;
  Shelves shelves_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Judge> judge_;
  Ear ear_;
  std::vector<Instant> began_;  // by search
  std::uint64_t stranger_digest_ = 0;
  std::uint64_t stranger_count_ = 0;
  std::uint64_t crashes_ = 0;
  std::uint64_t jumps_ = 0;
};

}  // namespace shoal::sim
