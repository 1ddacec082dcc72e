// SPDX-License-Identifier: Apache-2.0
#include "proto/json/search.h"

#include <array>
#include <chrono>
#include <limits>
#include <optional>

#include "proto/json/reader.h"
#include "proto/json/schema.h"
#include "proto/types/assert.h"
#include "proto/types/text.h"
#include "proto/types/utf8.h"

namespace shoal::json {

namespace bj = boost::json;

namespace {

constexpr std::uint64_t kCountMax = std::numeric_limits<std::uint32_t>::max();
constexpr auto kTimeMax = static_cast<std::uint64_t>(to_ms(Duration::max()));

// The enumerator of that text, by the same table that writes it.
template <class Enum>
std::optional<Enum> from_text(std::string_view text, Enum last) {
  for (int value = 0; value <= static_cast<int>(last); ++value) {
    if (to_text(static_cast<Enum>(value)) == text) return static_cast<Enum>(value);
  }
  return std::nullopt;
}

tl::unexpected<Error> bad(std::string_view what, std::string_view name) {
  return fail(Errc::kInvalidArgument, std::string(what) + " is not understood",
              "\"" + std::string(name) + "\" has a value that is not known");
}

struct CountRow {
  const char* name;
  std::uint32_t Counts::*member;
};
constexpr std::array kCounts{
    CountRow{"copies", &Counts::copies},         CountRow{"duplicates", &Counts::duplicates},
    CountRow{"refused", &Counts::refused},       CountRow{"unanswered", &Counts::unanswered},
    CountRow{"dropped", &Counts::dropped},       CountRow{"cut_by_budget", &Counts::cut_by_budget},
    CountRow{"unsearched", &Counts::unsearched}, CountRow{"hits_dropped", &Counts::hits_dropped},
    CountRow{"spared", &Counts::spared},
};

bj::object counts_to_json(const Counts& counts) {
  bj::array hops;
  for (const auto peers : counts.peers_by_hop) hops.push_back(peers);
  bj::object out{{"first_hop", counts.first_hop}, {"peers_by_hop", std::move(hops)}};
  for (const auto& row : kCounts) out[row.name] = counts.*row.member;
  return out;
}

Result<Counts> counts_from_json(const bj::object& object) {
  Counts counts;
  std::uint64_t first_hop = 0;
  const bj::array* hops = nullptr;
  ObjectReader in(object, "counts of the report");
  in.required("first_hop", first_hop, 0, 255).required("peers_by_hop", hops);
  for (const auto& row : kCounts) {
    std::uint64_t value = 0;
    in.required(row.name, value, 0, kCountMax);
    counts.*row.member = static_cast<std::uint32_t>(value);
  }
  if (auto done = in.ignore_others().finish(); !done) return tl::unexpected(done.error());
  counts.first_hop = static_cast<std::uint8_t>(first_hop);
  for (const auto& peers : *hops) {
    bj::error_code error;
    counts.peers_by_hop.push_back(peers.to_number<std::int32_t>(error));
    if (error) return bad("the report", "peers_by_hop");
  }
  return counts;
}

bj::array hops_to_json(const SearchReport& report, const ReportNames& names) {
  bj::array out;
  for (std::size_t at = 0; at < report.first_hops.size(); ++at) {
    const auto& hop = report.first_hops[at];
    const HopTrouble& trouble = names.troubles[at];
    bj::object row{{"id", names.ids[at]},       {"name", scrub(names.names[at])},
                   {"role", to_text(hop.role)}, {"state", to_text(hop.state)},
                   {"since_ms", nullptr},       {"why", scrub(trouble.why)}};
    if (trouble.since_ms) row["since_ms"] = *trouble.since_ms;
    out.push_back(std::move(row));
  }
  return out;
}

Result<void> read_hops(const bj::array& hops, NamedReport& into) {
  for (const auto& value : hops) {
    std::string id;
    std::string name;
    std::string role_text;
    std::string state_text;
    std::optional<std::uint64_t> since;
    HopTrouble trouble;
    ObjectReader in(value, "a first hop of the report");
    in.required("id", id).required("name", name);
    in.required("role", role_text).required("state", state_text);
    in.optional("since_ms", since, 0, kTimeMax).optional("why", trouble.why);
    if (auto done = in.ignore_others().finish(); !done) return tl::unexpected(done.error());
    const auto role = from_text(role_text, Role::kAccepted);
    const auto state = from_text(state_text, FirstHopState::kNotNeeded);
    if (!role) return bad("the report", "role");
    if (!state) return bad("the report", "state");
    into.report.first_hops.push_back({kNoPeer, *role, *state});
    into.names.ids.push_back(std::move(id));
    into.names.names.push_back(std::move(name));
    if (since) trouble.since_ms = static_cast<std::int64_t>(*since);
    into.names.troubles.push_back(std::move(trouble));
  }
  return {};
}

Duration from_ms(std::uint64_t ms) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(ms));
}

}  // namespace

bj::object to_json(const SearchHit& hit) {
  return {{"schema", schema::kSearchHit},
          {"query", to_text(hit.query)},
          {"t_ms", hit.t_ms},
          {"content", to_text(hit.content)},
          {"name", scrub(hit.name)},
          {"size", hit.content.length},
          {"holder", {{"id", to_text(hit.holder)}, {"name", scrub(hit.holder_name)}}},
          {"hops", hit.hops}};
}

Result<SearchHit> hit_from_json(const bj::object& object) {
  SearchHit hit;
  std::string query_text;
  std::string content_text;
  std::string holder_text;
  std::uint64_t hops = 0;
  const bj::object* holder = nullptr;
  ObjectReader in(object, "the hit");
  in.schema(schema::kSearchHit).required("query", query_text).required("t_ms", hit.t_ms);
  in.required("content", content_text).required("name", hit.name).required("holder", holder);
  in.required("hops", hops, 0, 255).ignore_others();
  if (auto done = in.finish(); !done) return tl::unexpected(done.error());
  ObjectReader in_holder(*holder, "the holder of the hit");
  in_holder.required("id", holder_text).required("name", hit.holder_name).ignore_others();
  if (auto done = in_holder.finish(); !done) return tl::unexpected(done.error());
  const auto query = parse_query_id(query_text);
  if (!query) return bad("the hit", "query");
  auto content = parse_content_id(content_text);
  if (!content) return tl::unexpected(content.error());
  auto id = parse_peer_id(holder_text);
  if (!id) return tl::unexpected(id.error());
  hit.query = *query;
  hit.content = *content;
  hit.holder = *id;
  hit.hops = static_cast<unsigned>(hops);
  return hit;
}

bj::object to_json(const SearchReport& report, const ReportNames& names) {
  SHOAL_ASSERT(names.ids.size() == report.first_hops.size());
  SHOAL_ASSERT(names.names.size() == report.first_hops.size());
  SHOAL_ASSERT(names.troubles.size() == report.first_hops.size());
  bj::object out{{"schema", schema::kSearchReport},
                 {"query", to_text(report.query)},
                 {"via", names.via},
                 {"ttl", report.ttl},
                 {"ended", to_text(report.ended)},
                 {"complete", report.complete},
                 {"hits", report.hits},
                 {"took_ms", to_ms(report.took)},
                 {"first_hit_ms", nullptr},
                 {"counts", nullptr},
                 {"peers_asked", nullptr},
                 {"cut_by_ttl", nullptr},
                 {"first_hops", hops_to_json(report, names)}};
  if (report.first_hit) out["first_hit_ms"] = to_ms(*report.first_hit);
  if (report.counted) {
    out["counts"] = counts_to_json(report.counts);
    out["peers_asked"] = report.peers_asked();
    out["cut_by_ttl"] = report.cut_by_ttl();
  }
  if (!report.notes.empty()) {
    bj::array notes;
    for (const ReportNote& note : report.notes) {
      notes.push_back(bj::object{{"what", note.what}, {"count", note.count}});
    }
    out["notes"] = std::move(notes);
  }
  return out;
}

namespace {

bj::object side_to_json(const SideReport& side) {
  return {{"asked", scrub(side.asked)},
          {"files", side.files},
          {"holders", side.holders},
          {"refused", side.refused},
          {"more", side.more}};
}

Result<void> read_side(const bj::object& object, SideReport& side) {
  ObjectReader in(object, "a route of the report");
  in.required("asked", side.asked).required("files", side.files, 0, kCountMax);
  in.required("holders", side.holders, 0, kCountMax);
  in.required("refused", side.refused, 0, kCountMax).required("more", side.more).ignore_others();
  return in.finish();
}

}  // namespace

bj::object to_json(const NamedReport& named) {
  bj::object out = to_json(named.report, named.names);
  if (named.legs.empty()) return out;
  bj::array legs;
  for (const NamedLeg& leg : named.legs) {
    bj::object row = to_json(leg.report);
    row["why"] = leg.why;
    row["error"] = leg.error;
    if (leg.beside) row["route"] = leg.side ? bj::value(side_to_json(*leg.side)) : bj::value();
    legs.push_back(std::move(row));
  }
  out["legs"] = std::move(legs);
  out["stopped"] = named.stopped;
  return out;
}

namespace {

Result<void> read_legs(const bj::array& legs, NamedReport& into) {
  for (const bj::value& value : legs) {
    if (!value.is_object()) return bad("the report", "legs");
    NamedLeg leg;
    ObjectReader in(value, "a leg of the report");
    const bj::object* side = nullptr;
    in.optional("why", leg.why).optional("error", leg.error).optional("route", side);
    if (auto done = in.ignore_others().finish(); !done) return tl::unexpected(done.error());
    leg.beside = value.get_object().contains("route");
    if (side != nullptr) {
      if (auto read = read_side(*side, leg.side.emplace()); !read) return read;
    }
    bj::object inner = value.get_object();
    inner.erase("legs");  // one level, whatever is sent
    auto report = report_from_json(inner);
    if (!report) return tl::unexpected(report.error());
    leg.report = std::move(*report);
    into.legs.push_back(std::move(leg));
  }
  return {};
}

}  // namespace

namespace {

Result<void> read_notes(const bj::array& notes, SearchReport& into) {
  for (const bj::value& value : notes) {
    if (!value.is_object()) return bad("the report", "notes");
    ReportNote note;
    std::uint64_t count = 0;
    ObjectReader in(value, "a note of the report");
    in.required("what", note.what).required("count", count, 0, kCountMax).ignore_others();
    if (auto done = in.finish(); !done) return tl::unexpected(done.error());
    note.count = static_cast<std::uint32_t>(count);
    into.notes.push_back(std::move(note));
  }
  return {};
}

}  // namespace

Result<NamedReport> report_from_json(const bj::object& object) {
  NamedReport named;
  SearchReport& report = named.report;
  std::string query_text;
  std::string ended_text;
  std::uint64_t ttl = 0;
  std::uint64_t hits = 0;
  std::uint64_t took = 0;
  std::optional<std::uint64_t> first_hit;
  const bj::object* counts = nullptr;
  const bj::array* hops = nullptr;
  const bj::array* legs = nullptr;
  const bj::array* notes = nullptr;
  ObjectReader in(object, "the report");
  in.schema(schema::kSearchReport).required("query", query_text).required("via", named.names.via);
  in.required("ttl", ttl, 0, 255).required("ended", ended_text);
  in.required("complete", report.complete).required("hits", hits, 0, kCountMax);
  in.required("took_ms", took, 0, kTimeMax).optional("first_hit_ms", first_hit, 0, kTimeMax);
  in.optional("counts", counts).required("first_hops", hops);
  in.optional("notes", notes)
      .optional("legs", legs)
      .optional("stopped", named.stopped)
      .ignore_others();
  if (auto done = in.finish(); !done) return tl::unexpected(done.error());
  const auto query = parse_query_id(query_text);
  if (!query) return bad("the report", "query");
  const auto ended = from_text(ended_text, EndReason::kNobody);
  if (!ended) return bad("the report", "ended");
  report.query = *query;
  report.ended = *ended;
  report.ttl = static_cast<std::uint8_t>(ttl);
  report.hits = static_cast<std::uint32_t>(hits);
  report.took = from_ms(took);
  if (first_hit) report.first_hit = from_ms(*first_hit);
  report.counted = counts != nullptr;
  if (counts != nullptr) {
    auto read = counts_from_json(*counts);
    if (!read) return tl::unexpected(read.error());
    report.counts = std::move(*read);
  }
  if (auto read = read_hops(*hops, named); !read) return tl::unexpected(read.error());
  if (notes != nullptr) {
    if (auto read = read_notes(*notes, report); !read) return tl::unexpected(read.error());
  }
  if (legs != nullptr) {
    if (auto read = read_legs(*legs, named); !read) return tl::unexpected(read.error());
  }
  return named;
}

}  // namespace shoal::json
