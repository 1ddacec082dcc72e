// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/drawn.h"

namespace shoal::sim {
namespace {

constexpr int kSourceTries = 16;

}  // namespace

SearchDraws::SearchDraws(const Experiment& experiment, const Draft& draft, std::uint64_t seed)
    : sources_(Rng(seed).fork(0x5ea7)),
      files_(Rng(seed).fork(0xf11e)),
      peers_(draft.graph().size()),
      source_(draft.source) {
  const ContentPlan& content = experiment.content;
  if (content.files_there() > 0) {
    popularity_.emplace(zipf_weights(content.files_there(), Fixed::from(content.zipf)));
  }
}

std::uint32_t SearchDraws::file() { return popularity_ ? popularity_->draw(files_) : kNoFile; }

std::uint32_t SearchDraws::origin(const Presence& presence, const Catalogue& catalogue,
                                  std::uint32_t file) {
  if (source_) return *source_;
  std::uint32_t origin = 0;
  for (int i = 0; i < kSourceTries; ++i) {
    origin = static_cast<std::uint32_t>(sources_.below(peers_));
    if (presence.here(origin) && !catalogue.holds(origin, file)) break;
  }
  return origin;
}

}  // namespace shoal::sim
