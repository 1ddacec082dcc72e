// SPDX-License-Identifier: Apache-2.0
#include "tests/cli/client/fake_daemon.h"

#include <boost/json.hpp>

#include "proto/json/search.h"
#include "proto/types/text.h"

namespace shoal::client {

namespace bj = boost::json;

std::string peer_text(unsigned char byte) {
  PeerId id;
  id.bytes.fill(byte);
  return to_text(id);
}

std::string hit_line(const std::string& content, const std::string& name, unsigned char holder,
                     const std::string& holder_name, int hops, int t_ms) {
  json::SearchHit hit;
  hit.query = *parse_query_id(kQuery);
  hit.t_ms = t_ms;
  hit.content = *parse_content_id(content);
  hit.name = name;
  hit.holder.bytes.fill(holder);
  hit.holder_name = holder_name;
  hit.hops = static_cast<unsigned>(hops);
  return bj::serialize(json::to_json(hit));
}

std::string report_line(const std::vector<int>& peers, const std::vector<HopWords>& hops, int hits,
                        bool complete, const std::string& ended, int ttl) {
  bj::array by_hop;
  int asked = 0;
  for (const int count : peers) {
    by_hop.push_back(count);
    asked += count;
  }
  const int own = asked > 0 || !hops.empty() ? 1 : 0;  // one copy that came back
  bj::array first_hops;
  for (const auto& hop : hops) {
    first_hops.push_back({{"id", peer_text(static_cast<unsigned char>(hop.name[0]))},
                          {"name", hop.name},
                          {"role", hop.role},
                          {"state", hop.state},
                          {"since_ms", hop.since_ms < 0 ? bj::value() : bj::value(hop.since_ms)},
                          {"why", hop.why}});
  }
  const bj::object counts{{"first_hop", 1},
                          {"peers_by_hop", by_hop},
                          {"copies", asked + own},
                          {"duplicates", own},
                          {"refused", 0},
                          {"unanswered", 0},
                          {"dropped", 0},
                          {"cut_by_budget", 0},
                          {"unsearched", 0},
                          {"hits_dropped", 0},
                          {"spared", 0}};
  const bj::object report{{"schema", "shoal/search.report/1"},
                          {"query", kQuery},
                          {"via", "flood"},
                          {"ttl", ttl},
                          {"ended", ended},
                          {"complete", complete},
                          {"hits", hits},
                          {"took_ms", 41},
                          {"first_hit_ms", hits > 0 ? bj::value(12) : bj::value()},
                          {"counts", counts},
                          {"peers_asked", asked},
                          {"cut_by_ttl", 0},
                          {"first_hops", first_hops}};
  return bj::serialize(report);
}

}  // namespace shoal::client
