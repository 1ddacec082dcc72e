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

struct NamedReport {
  SearchReport report;  ///< peers of first_hops are kNoPeer, `via` is 0
  ReportNames names;
};
/// Errors: kInvalidArgument.
Result<NamedReport> report_from_json(const boost::json::object& object);

}  // namespace shoal::json
