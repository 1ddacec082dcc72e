// SPDX-License-Identifier: Apache-2.0
// START HERE: everything that happens in one checked run, as a plain value: drawn from a seed,
// shrunk, written to a file and read back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/types/limits.h"
#include "proto/types/result.h"
#include "sim/contract/ask.h"
#include "sim/topology/graph.h"

namespace shoal::sim {

/// A link between two peers, and what it takes each way.
struct CheckedLink {
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  Duration there{};
  Duration back{};
  friend bool operator==(const CheckedLink&, const CheckedLink&) = default;
};

/// Something that goes wrong, from when to when.
struct Trouble {
  enum class Kind : std::uint8_t {
    kCrash,  ///< `first` is gone and starts anew at the end
    kDown,   ///< the link of both
    kStall,  ///< what `first` sends to `second` waits
    kJump,   ///< the clock of `first` jumps by `amount` us
    kDrift,  ///< the clock of `first` gains `amount` ppm from then on
  };
  Kind kind = Kind::kCrash;
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  Duration from{};
  Duration to{};
  std::int64_t amount = 0;
  friend bool operator==(const Trouble&, const Trouble&) = default;
};

/// A file that a peer begins or ceases to share.
struct Change {
  Duration at{};
  std::uint32_t peer = 0;
  std::uint32_t file = 0;
  bool shares = true;
  friend bool operator==(const Change&, const Change&) = default;
};

/// A file that a peer shares from the start.
struct Holding {
  std::uint32_t peer = 0;
  std::uint32_t file = 0;
  friend bool operator==(const Holding&, const Holding&) = default;
};

/// A message that no peer of the overlay has sent.
struct Stranger {
  enum class Kind : std::uint8_t {
    kBytes,        ///< bytes that are no message
    kMalformed,    ///< a message that nobody may send
    kUnsolicited,  ///< an answer or a cancel of a query that there never was
    kStale,        ///< what was said before, once more when all is over
  };
  Kind kind = Kind::kBytes;
  Duration at{};
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  std::uint32_t which = 0;  ///< of its sort
  friend bool operator==(const Stranger&, const Stranger&) = default;
};

/// Peers choose neighbours themselves, beside the friends that the links stand for. Each joins by
/// `contacts[peer]` at the start and when it comes back.
struct OpenMembership {
  std::uint32_t active = 5;
  std::uint32_t passive = 30;
  std::uint32_t renewal = 0;
  Duration cycle = std::chrono::seconds(10);
  std::vector<std::uint32_t> contacts;  ///< one for each peer; its own number: none
  friend bool operator==(const OpenMembership&, const OpenMembership&) = default;
};

struct Scenario {
  std::string overlay = "flood";
  std::uint64_t seed = 1;  ///< of all that peers draw
  std::uint32_t peers = 2;
  std::vector<CheckedLink> links;
  Duration jitter{};
  Duration lookup{};
  Duration lookup_jitter{};
  Duration notice{};  ///< after so long the neighbours of a crashed peer know
  std::uint32_t queue = limits::kLinkQueueMessages;
  std::uint32_t link_queries = 0;  ///< per second; 0: no limit
  std::uint32_t link_burst = limits::kLinkQueriesBurst;
  std::optional<OpenMembership> open;  ///< none: friends and nobody else
  std::vector<Holding> holdings;
  std::vector<Change> changes;
  std::vector<Trouble> troubles;
  std::vector<Stranger> strangers;
  /// Those that begin kSettle after `heal` or later must reach what their overlay promises.
  std::vector<Ask> searches;
  Duration heal{};  ///< links come back, stalls are over, crashed peers start again
  friend bool operator==(const Scenario&, const Scenario&) = default;

  /// A number that is smaller for simpler scenarios.
  [[nodiscard]] std::uint64_t weight() const;
  [[nodiscard]] Graph graph() const;
};

/// After the heal: budgets of links are full again and old queries are forgotten.
inline constexpr Duration kSettle = std::chrono::seconds(70);
inline constexpr std::uint32_t kScenarioPeersMax = 200;

/// A scenario as text, one line for each thing. `remarks` go before it, as remarks.
std::string text_of(const Scenario& scenario, const std::vector<std::string>& remarks = {});
/// Errors: kInvalidArgument with name:line and what is expected there; peers, links, files or
/// overlays that there are not.
Result<Scenario> parse_scenario(std::string_view text, const std::string& name);

}  // namespace shoal::sim
