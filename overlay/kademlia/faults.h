// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace shoal::overlay::kademlia {

/// Bugs that can be planted into this folder, to see that a property catches each. They exist only
/// in its test build (SHOAL_KADEMLIA_FAULTS); elsewhere the checks compile to nothing.
enum class Fault : std::uint8_t {
  kFaultless,
  kEvictTheLiving,        ///< a full bucket puts an old contact out for a newcomer
  kKeepTheDead,           ///< a contact that does not answer keeps its place
  kForgetDeeperBuckets,   ///< the nearest are looked for outwards only
  kStopAtTheFirst,        ///< a lookup ends when the nearest one answered, not the nearest k
  kShareAnswers,          ///< what one path was told is known to all paths
  kBelieveLiars,          ///< what a liar named is asked like everything else
  kNeverExpire,           ///< records outlive their providers
  kOneFillsAKey,          ///< a peer may have any number of offers under a key
  kWholeWordsOnly,        ///< a record does not fit a search whose last word is half typed
  kTakeHitsFromAnybody,   ///< a hit is believed from peers that are not its holder
  kTakeStrangersAnswers,  ///< answers are taken from peers that were not asked
};

#ifdef SHOAL_KADEMLIA_FAULTS
inline Fault planted_fault = Fault::kFaultless;
inline bool planted(Fault fault) { return planted_fault == fault; }
#else
constexpr bool planted(Fault) { return false; }
#endif

}  // namespace shoal::overlay::kademlia
