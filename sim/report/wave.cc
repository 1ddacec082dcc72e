// SPDX-License-Identifier: Apache-2.0
#include "sim/report/wave.h"

#include <algorithm>
#include <array>

#include "proto/types/assert.h"
#include "proto/types/utf8.h"
#include "sim/report/layout.h"
#include "sim/report/page.h"

namespace shoal::sim {
namespace {

namespace json = boost::json;

json::value number_or_null(std::uint32_t number, std::uint32_t none) {
  if (number == none) return nullptr;
  return number;
}

json::array scrubbed(const std::vector<std::string>& texts) {
  json::array out;
  for (const std::string& text : texts) out.push_back(json::string(scrub(text)));
  return out;
}

json::array pairs(const std::vector<Edge>& edges) {
  json::array out;
  for (const auto& [first, second] : edges) out.push_back(json::array{first, second});
  return out;
}

json::object counts_of(const SearchReport& report) {
  const Counts& counts = report.counts;
  return {
      {"peers", report.peers_asked()},   {"cut_by_ttl", report.cut_by_ttl()},
      {"first_hop", counts.first_hop},   {"peers_by_hop", json::value_from(counts.peers_by_hop)},
      {"copies", counts.copies},         {"duplicates", counts.duplicates},
      {"refused", counts.refused},       {"unanswered", counts.unanswered},
      {"dropped", counts.dropped},       {"cut_by_budget", counts.cut_by_budget},
      {"unsearched", counts.unsearched}, {"hits_dropped", counts.hits_dropped}};
}

json::value report_of(const std::optional<SearchReport>& report) {
  if (!report) return nullptr;
  json::array hops;
  for (const FirstHop& hop : report->first_hops) {
    hops.push_back(json::array{hop.peer.value, to_text(hop.role), to_text(hop.state)});
  }
  json::object out{
      {"ended", to_text(report->ended)}, {"complete", report->complete}, {"hits", report->hits},
      {"took_us", report->took.count()}, {"first_hit_us", nullptr},      {"counts", nullptr},
      {"first_hops", std::move(hops)}};
  if (report->first_hit) out["first_hit_us"] = report->first_hit->count();
  if (report->counted) out["counts"] = counts_of(*report);
  return out;
}

constexpr std::array kColumns{"at",    "left",  "kind", "search", "from", "to",
                              "about", "count", "ttl",  "hop",    "text"};

json::array row_of(const WaveEvent& event, Instant from) {
  json::array row{(event.at - from).count(),
                  (event.left - from).count(),
                  to_text(event.kind),
                  number_or_null(event.search, kNoSearch),
                  number_or_null(event.from, kNoPeer.value),
                  number_or_null(event.to, kNoPeer.value),
                  number_or_null(event.about, kNoPeer.value),
                  event.count,
                  event.ttl,
                  event.hop};
  if (!event.text.empty()) row.push_back(json::string(scrub(event.text)));
  return row;
}

// What is wrong with a wave; empty: nothing.
std::string trouble_of(const Wave& wave) {
  const std::size_t peers = wave.peers.size();
  if (peers == 0) return "it has no peers";
  if (peers > kWavePeersMax) {
    return "a picture holds " + std::to_string(kWavePeersMax) + " peers, and there are " +
           std::to_string(peers);
  }
  const auto absent = [&](std::uint32_t peer) { return peer >= peers; };
  const auto wrong = [&](const Edge& edge) {
    return absent(edge.first) || absent(edge.second) || edge.first == edge.second;
  };
  for (const auto* const edges : {&wave.links, &wave.down_links, &wave.stalled}) {
    if (std::ranges::any_of(*edges, wrong)) return "a link has an end that is not there";
  }
  if (std::ranges::any_of(wave.down_peers, absent)) return "a peer that is down is not there";
  for (const WaveSearch& search : wave.searches) {
    if (absent(search.origin) || std::ranges::any_of(search.holders, absent)) {
      return "a search names a peer that is not there";
    }
  }
  Instant last = wave.from;
  for (const WaveEvent& event : wave.events) {
    for (const std::uint32_t peer : {event.from, event.to, event.about}) {
      if (absent(peer) && peer != kNoPeer.value) return "an event names a peer that is not there";
    }
    if (event.search >= wave.searches.size() && event.search != kNoSearch) {
      return "an event names a search that is not there";
    }
    if (event.at < last || event.left > event.at) return "its events are not in order";
    last = event.at;
  }
  return {};
}

}  // namespace

std::string_view to_text(WaveKind kind) {
  constexpr std::array<std::string_view, 23> kWords{
      "asked",       "deeper", "duplicate", "passes",    "refused", "rejected",
      "given_back",  "lost",   "echo",      "hit",       "cancel",  "other",
      "answer_lost", "found",  "finished",  "peer_down", "peer_up", "link_down",
      "link_up",     "stall",  "flow",      "note",      "alarm"};
  const auto index = static_cast<std::size_t>(kind);
  SHOAL_ASSERT(index < kWords.size());
  return kWords[index];
}

json::object wave_json(const Wave& wave) {
  std::vector<Edge> edges = wave.links;
  const auto graph = Graph::from_edges(static_cast<std::uint32_t>(wave.peers.size()), edges);
  json::array places;
  for (const Place& place : layout(graph)) places.push_back(json::array{place.x, place.y});
  json::array searches;
  for (const WaveSearch& search : wave.searches) {
    searches.push_back(json::object{{"origin", search.origin},
                                    {"started", (search.started - wave.from).count()},
                                    {"what", scrub(search.what)},
                                    {"ttl", search.ttl},
                                    {"echo", search.echo},
                                    {"holders", json::value_from(search.holders)},
                                    {"report", report_of(search.report)}});
  }
  json::array facts;
  for (const auto& [name, value] : wave.facts)
    facts.push_back(json::array{scrub(name), scrub(value)});
  json::array events;
  const std::size_t shown = std::min(wave.events.size(), kWaveEventsMax);
  for (std::size_t i = 0; i < shown; ++i) events.push_back(row_of(wave.events[i], wave.from));
  return {{"schema", "shoal/sim.wave/1"},         {"title", scrub(wave.title)},
          {"notes", scrubbed(wave.notes)},        {"facts", std::move(facts)},
          {"command", scrub(wave.command)},       {"until", (wave.until - wave.from).count()},
          {"peers", scrubbed(wave.peers)},        {"places", std::move(places)},
          {"links", pairs(wave.links)},           {"down_peers", json::value_from(wave.down_peers)},
          {"down_links", pairs(wave.down_links)}, {"stalled", pairs(wave.stalled)},
          {"searches", std::move(searches)},      {"columns", json::value_from(kColumns)},
          {"events", std::move(events)},          {"left_out", wave.events.size() - shown}};
}

Result<std::string> wave_html(const Wave& wave) {
  if (const std::string trouble = trouble_of(wave); !trouble.empty()) {
    return fail(Errc::kInvalidArgument, "there is no picture of this network", trouble);
  }
  PageParts parts;
  parts.title = wave.title;
  parts.css = page_files::kWaveCss;
  parts.body = page_files::kWaveHtml;
  parts.data = script_data(wave_json(wave));
  std::string js(page_files::kWaveModelJs);
  js += page_files::kWaveDrawJs;
  js += page_files::kWaveJs;
  parts.js = js;
  return page_of_parts(parts);
}

}  // namespace shoal::sim
