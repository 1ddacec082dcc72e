// SPDX-License-Identifier: Apache-2.0
// START HERE for pages of searches: what happened in a small network, moment by moment, and the
// page that shows it. WaveRecorder fills one from a driver; it may also be filled by hand.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/types/report.h"
#include "proto/types/result.h"
#include "proto/types/time.h"
#include "sim/topology/graph.h"

namespace shoal::sim {

/// More peers make no picture.
inline constexpr std::uint32_t kWavePeersMax = 500;
/// More events make no page that a browser opens gladly; the later ones are left out, and the page
/// says so.
inline constexpr std::size_t kWaveEventsMax = 200'000;

/// What happened at one moment. The first eight are the ends of copies of a query.
enum class WaveKind : std::uint8_t {
  kAsked,       ///< `to` had not seen the query: it looks among its files. count: copies sent on
  kDeeper,      ///< it had, but this copy has more hops left: it forwards again. count: the same
  kDuplicate,   ///< a useless repeat
  kPasses,      ///< of an overlay with copies of its own: `to` had it before, and it may go on
  kRefused,     ///< `to` is at a limit
  kRejected,    ///< no honest peer sends this
  kGivenBack,   ///< it never left `from`: a full queue or a dead link
  kLost,        ///< its link went down under it
  kEcho,        ///< the answer to a copy reached `to`. count: peers asked below; text: which sort
  kHit,         ///< news of a holder reached `to`. count: files; about: the holder
  kCancel,      ///< `to` learned that a copy is no longer wanted
  kOther,       ///< a message that is an overlay's own. text: what it is
  kAnswerLost,  ///< an answer, or a message that is no copy, got lost or was given back. text:
                ///< which
  kFound,       ///< the origin `to` hands out a hit to its user. count, about: as kHit
  kFinished,    ///< the search of `to` ended. text: why
  kPeerDown,    ///< `to` is gone
  kPeerUp,      ///< `to` is back
  kLinkDown,    ///< nothing passes between `from` and `to` any more
  kLinkUp,      ///< their link is up again
  kStall,       ///< what `from` sends to `to` waits
  kFlow,        ///< it waits no longer
  kNote,        ///< text: what else is to be said then; about `to`, if that is a peer
  kAlarm,       ///< the same of something that must not happen
};
/// The word that the page's data has for it.
std::string_view to_text(WaveKind kind);

inline constexpr std::uint32_t kNoSearch = 0xffff'ffffU;

struct WaveEvent {
  Instant at;    ///< of its arrival, or when it happened
  Instant left;  ///< messages: when it left its sender; else `at`
  WaveKind kind = WaveKind::kNote;
  std::uint32_t search = kNoSearch;  ///< number in Wave::searches
  std::uint32_t from = kNoPeer.value;
  std::uint32_t to = kNoPeer.value;
  std::uint32_t about = kNoPeer.value;
  std::uint32_t count = 0;
  std::uint8_t ttl = 0;  ///< messages of a search: of the copy that they are, or speak of
  std::uint8_t hop = 0;  ///< copies: the receiver's distance from the origin by this copy; hits:
                         ///< the links crossed since the holder
  std::string text;  ///< any text; it is shown as such. Copies: "own" if an overlay has made them
                     ///< by its own rules, which know no TTL
  friend bool operator==(const WaveEvent&, const WaveEvent&) = default;
};

struct WaveSearch {
  std::uint32_t origin = 0;
  Instant started;
  std::string what;  ///< "file 7"; completes "peer 3 searches for"
  std::uint8_t ttl = 0;
  bool echo = true;
  std::vector<std::uint32_t> holders;  ///< of what it wants, when it began
  std::optional<SearchReport> report;  ///< none: it did not end
};

/// A small network and what happened in it. Peers are numbered from 0.
struct Wave {
  std::string title;
  std::vector<std::string> notes;                          ///< paragraphs above the picture
  std::vector<std::pair<std::string, std::string>> facts;  ///< a table below it: name, value
  std::string command;                                     ///< that makes this page again; optional

  std::vector<std::string> peers;         ///< their names, one for each
  std::vector<Edge> links;                ///< each once; drawn and used as they stand
  Instant from;                           ///< time 0 of the page
  Instant until;                          ///< its last moment; at least that of the last event
  std::vector<std::uint32_t> down_peers;  ///< at `from`
  std::vector<Edge> down_links;           ///< at `from`; those of peers that are down too
  std::vector<Edge> stalled;              ///< at `from`; ways, from first to second

  std::vector<WaveSearch> searches;
  std::vector<WaveEvent> events;  ///< in order of `at`, none before `from`
};

/// The data of a page, schema shoal/sim.wave/1: events as arrays in the order of "columns", times
/// in whole microseconds since `from`, absent peers and searches null.
boost::json::object wave_json(const Wave& wave);

/// One HTML file that needs nothing else: equal waves give equal pages.
/// Errors: kInvalidArgument (no peers, or more than kWavePeersMax; numbers of peers or searches
/// that are not there; events that are not in order).
Result<std::string> wave_html(const Wave& wave);

}  // namespace shoal::sim
