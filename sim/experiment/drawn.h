// SPDX-License-Identifier: Apache-2.0
// Who searches for what. Internal to this folder.
#pragma once

#include <cstdint>
#include <optional>

#include "proto/types/rng.h"
#include "sim/draw/weighted.h"
#include "sim/experiment/experiment.h"
#include "sim/experiment/scene.h"

namespace shoal::sim {

/// The drawn searches of a run, one after the other.
class SearchDraws {
 public:
  SearchDraws(const Experiment& experiment, const Draft& draft, std::uint64_t seed);

  /// What the next search wants; kNoFile when there are no files.
  std::uint32_t file();
  /// Who makes it: the experiment's source, or one who is here and does not hold the file, if such
  /// a one is met soon.
  std::uint32_t origin(const Presence& presence, const Catalogue& catalogue, std::uint32_t file);

 private:
  Rng sources_;
  Rng files_;
  std::uint32_t peers_;
  std::optional<std::uint32_t> source_;
  std::optional<WeightedDraw> popularity_;
};

}  // namespace shoal::sim
