// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "proto/types/bodies.h"
#include "proto/types/ids.h"
#include "proto/types/result.h"
#include "proto/types/rng.h"

namespace shoal::sim {

/// How many peers hold a file, as a function of how often it is wanted (Cohen, Shenker,
/// "Replication Strategies in Unstructured Peer-to-Peer Networks", SIGCOMM 2002).
enum class Placement : std::uint8_t {
  kUniform,       ///< every file equally often
  kProportional,  ///< as often as it is wanted
  kSquareRoot,    ///< as the square root of that: the fewest peers asked per search
  kOwner,         ///< once
};

struct CataloguePlan {
  std::uint32_t files = 0;
  Placement placement = Placement::kUniform;
  double replicas = 10;    ///< of a file, on average; kOwner: 1
  double zipf = 0.8;       ///< exponent of the popularity
  double free_riders = 0;  ///< share of the peers that hold nothing
};

/// Who holds which file. Files and peers are numbers; a file is held by a peer at most once.
///
/// Threads: const members may be called from any thread; publish and withdraw when nobody reads.
/// Cost: 4 bytes a replica and a sharing peer, 32 a file; holds() O(log replicas), and less for
/// most that a peer does not hold.
class Catalogue {
 public:
  /// Draws holders among the peers that are no free riders. Every file has one holder at least.
  /// Errors: kInvalidArgument (nobody shares; more replicas than peers that share).
  static Result<Catalogue> make(const CataloguePlan& plan, std::uint32_t peers, Rng rng);
  /// One file, held by these and nobody else. Requires that they ascend and are not none.
  static Catalogue held_by(std::vector<std::uint32_t> holders);
  Catalogue() = default;

  [[nodiscard]] std::uint32_t files() const { return static_cast<std::uint32_t>(holders_.size()); }
  /// Ascending.
  [[nodiscard]] std::span<const std::uint32_t> holders(std::uint32_t file) const {
    return holders_[file];
  }
  [[nodiscard]] bool holds(std::uint32_t peer, std::uint32_t file) const;
  [[nodiscard]] std::uint64_t replicas() const;
  /// The peers that are no free riders, ascending; none when there are no files.
  [[nodiscard]] std::span<const std::uint32_t> sharers() const { return sharers_; }

  /// False when it holds it already (withdraw: when it does not).
  bool publish(std::uint32_t peer, std::uint32_t file);
  bool withdraw(std::uint32_t peer, std::uint32_t file);

 private:
  [[nodiscard]] static std::uint64_t trace_of(std::uint32_t peer) {
    return std::uint64_t{1} << peer % 64;
  }
  void trace();

  std::vector<std::vector<std::uint32_t>> holders_;
  std::vector<std::uint64_t> traces_;  // by file: of all its holders, and of some who were
  std::vector<std::uint32_t> sharers_;
};

/// How many replicas each file gets: at least 1, at most `most`, in all as near to replicas * files
/// as that allows.
std::vector<std::uint32_t> replicas_of(const CataloguePlan& plan, std::uint32_t most);

/// The content id that stands for file number `file`, and back; kNoFile when it stands for none.
inline constexpr std::uint32_t kNoFile = 0xffff'ffffU;
ContentId content_of(std::uint32_t file);
std::uint32_t file_of(const ContentId& content);

}  // namespace shoal::sim
