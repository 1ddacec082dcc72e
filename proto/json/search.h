// SPDX-License-Identifier: Apache-2.0
// Hits and reports of searches in JSON: the same on the wire, in the client and in the simulator.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proto/types/ids.h"
#include "proto/types/report.h"
#include "proto/types/result.h"

namespace shoal::json {

/// shoal/search.hit/1: one holder of one file.
struct SearchHit {
  QueryId query;
  std::int64_t t_ms = 0;  ///< after the search began
  ContentId content;
  std::string name;
  PeerId holder;
  std::string holder_name;
  unsigned hops = 0;
  friend bool operator==(const SearchHit&, const SearchHit&) = default;
};

boost::json::object to_json(const SearchHit& hit);
/// Errors: kInvalidArgument.
Result<SearchHit> hit_from_json(const boost::json::object& object);

/// How a first hop that could not be asked stands, as far as it is known.
struct HopTrouble {
  std::optional<std::int64_t> since_ms;  ///< so long ago it went down
  std::string why;                       ///< the last error of its link or dial
  friend bool operator==(const HopTrouble&, const HopTrouble&) = default;
};

/// How a report's PeerRefs and overlay are called outside, and what else is known of them.
struct ReportNames {
  std::string via;                        ///< the overlay's name
  std::vector<std::string> ids;           ///< of first_hops, in their order
  std::vector<std::string> names;         ///< likewise; may be empty strings
  std::vector<HopTrouble> troubles = {};  ///< likewise
};

/// shoal/search.report/1. Times in whole milliseconds; `unknown` counts (echoes off) are null.
/// Requires as many ids, names and troubles as the report has first hops.
boost::json::object to_json(const SearchReport& report, const ReportNames& names);

/// What a way beside the overlays answered: shoal/search.report/1 has it as `route` of its leg.
struct SideReport {
  std::string asked;          ///< whom: a URL
  std::uint64_t files = 0;    ///< that it brought, each at each holder
  std::uint64_t holders = 0;  ///< peers that have them
  std::uint64_t refused = 0;  ///< answers that did not verify
  bool more = false;          ///< it knew more
  friend bool operator==(const SideReport&, const SideReport&) = default;
};

struct NamedLeg;

/// A report with the names of what is in it. Of a search that took several ways it says what they
/// came to together: its counts are unknown (the same peers may have been asked twice), theirs are
/// in `legs`.
struct NamedReport {
  SearchReport report;  ///< of one that was read: peers of first_hops are kNoPeer, `via` is 0
  ReportNames names;
  std::vector<NamedLeg> legs;  ///< in the order of their start; empty: one way
  std::string stopped;         ///< why no further way was tried, in words; may be empty
};

/// One way of a search.
struct NamedLeg {
  NamedReport report;   ///< has no legs itself
  std::string why;      ///< it was tried; empty: it was asked for
  std::string error;    ///< not empty: it could not be started, and the report says only by what
  bool beside = false;  ///< it is no overlay
  std::optional<SideReport> side = std::nullopt;  ///< then: what was answered; none: an error
};

/// shoal/search.report/1, with `legs` and `stopped` where there are several.
boost::json::object to_json(const NamedReport& named);
/// Errors: kInvalidArgument.
Result<NamedReport> report_from_json(const boost::json::object& object);

}  // namespace shoal::json
