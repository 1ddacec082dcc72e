// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "overlay/core/registry.h"
#include "sim/contract/judge.h"
#include "sim/engine/engine.h"
#include "sim/world.h"
#include "tests/support/scenario.h"

namespace shoal::tests {

/// Which of the two drivers plays a scenario.
enum class Driver : std::uint8_t { kWorld, kEngine };

/// What the scenario's peers share, as an engine asks for it.
class SharedFiles final : public sim::Content {
 public:
  explicit SharedFiles(const Scenario& scenario) : shares_(scenario.shares) {}
  std::size_t find(PeerRef peer, const QueryBody& query, std::uint32_t limit,
                   std::vector<PayloadRef>& hits) const override;
  bool list(PeerRef peer, const ContentId& after, std::uint32_t limit,
            std::vector<SharedFile>& files) const override;

 private:
  std::vector<bool> shares_;
};

/// A scenario played to its end, by a world or by an engine.
struct Played {
  std::unique_ptr<SharedFiles> files;
  std::unique_ptr<sim::World> world;
  std::unique_ptr<sim::Engine> engine;
  std::unique_ptr<sim::Judge> judge;
  const sim::Truth* truth = nullptr;  ///< the judge's
  std::vector<bool> refused;          ///< by search: it was not started, for want of a neighbour
  std::size_t given_back = 0;
  bool quiet = false;  ///< nothing was left to happen

  [[nodiscard]] std::uint64_t digest() const { return world ? world->digest() : engine->digest(); }
  [[nodiscard]] std::uint64_t deliveries() const {
    return world ? world->deliveries() : engine->deliveries();
  }
};

/// No other query filter or word is used by scenarios. Bears mark_of(index).
PayloadRef body_of(const Asked& asked, std::size_t index = 0);
/// The file that a scenario's sharers share, each under the same content.
HitFile wanted_file();

/// Plays it. `also` watches too; `prepare` is called when the world is made and nothing
/// has happened yet.
Played play(const Scenario& scenario, sim::Observer* also = nullptr,
            const std::function<void(sim::World&)>& prepare = nullptr);
/// Plays it on an engine.
Played play_on_engine(const Scenario& scenario);

/// Which links no fault ever touched, given the crashed peers and what overflowed.
std::vector<bool> untouched_links(const Scenario& scenario);

}  // namespace shoal::tests
