// SPDX-License-Identifier: Apache-2.0
#include "proto/json/search.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "proto/types/text.h"
#include "proto/types/utf8.h"

namespace shoal::json {
namespace {

template <class T>
T number(const char* name, T max) {
  return static_cast<T>(*rc::gen::inRange<std::uint64_t>(0, std::uint64_t{max} + 1).as(name));
}

PeerId any_peer() {
  PeerId id;
  for (auto& byte : id.bytes) byte = *rc::gen::arbitrary<std::uint8_t>();
  return id;
}

SearchReport any_report() {
  SearchReport report;
  report.query = {*rc::gen::arbitrary<std::uint64_t>(), *rc::gen::arbitrary<std::uint64_t>()};
  report.ttl = number<std::uint8_t>("ttl", 255);
  report.ended = static_cast<EndReason>(number<std::uint8_t>("ended", 4));
  report.complete = *rc::gen::arbitrary<bool>().as("complete");
  report.counted = *rc::gen::arbitrary<bool>().as("counted");
  report.hits = number<std::uint32_t>("hits", UINT32_MAX);
  report.took = std::chrono::milliseconds(number<std::uint32_t>("took", UINT32_MAX));
  if (*rc::gen::arbitrary<bool>().as("has a hit")) {
    report.first_hit = std::chrono::milliseconds(number<std::uint32_t>("first hit", UINT32_MAX));
  }
  for (auto left = number<std::uint8_t>("notes", 3); left > 0; --left) {
    report.notes.push_back({"walkers \"so\"", number<std::uint32_t>("walkers", UINT32_MAX)});
  }
  if (!report.counted) return report;
  Counts& counts = report.counts;
  counts.first_hop = number<std::uint8_t>("first hop", 255);
  counts.peers_by_hop = *rc::gen::arbitrary<std::vector<std::int32_t>>().as("peers by hop");
  for (auto* count :
       {&counts.copies, &counts.duplicates, &counts.refused, &counts.unanswered, &counts.dropped,
        &counts.cut_by_budget, &counts.unsearched, &counts.hits_dropped, &counts.spared}) {
    *count = *rc::gen::arbitrary<std::uint32_t>();
  }
  return report;
}

RC_GTEST_PROP(Report, IsReadAsItWasWritten, ()) {
  SearchReport report = any_report();
  ReportNames names{"flood", {}, {}, {}};
  for (auto left = number<std::uint8_t>("links", 4); left > 0; --left) {
    report.first_hops.push_back({kNoPeer, static_cast<Role>(number<std::uint8_t>("role", 3)),
                                 static_cast<FirstHopState>(number<std::uint8_t>("state", 9))});
    names.ids.push_back(to_text(any_peer()));
    names.names.push_back("luis " + std::to_string(left));
    HopTrouble trouble{{}, *rc::gen::element<std::string>("", "nobody listens").as("why")};
    if (*rc::gen::arbitrary<bool>().as("since when is known")) {
      trouble.since_ms = number<std::uint32_t>("since", UINT32_MAX);
    }
    names.troubles.push_back(trouble);
  }
  const auto read = report_from_json(to_json(report, names));
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->report.query == report.query);
  RC_ASSERT(read->report.ttl == report.ttl);
  RC_ASSERT(read->report.ended == report.ended);
  RC_ASSERT(read->report.complete == report.complete);
  RC_ASSERT(read->report.counted == report.counted);
  RC_ASSERT(read->report.hits == report.hits);
  RC_ASSERT(read->report.took == report.took);
  RC_ASSERT(read->report.first_hit == report.first_hit);
  RC_ASSERT(read->report.counts == report.counts);
  RC_ASSERT(read->report.notes == report.notes);
  RC_ASSERT(read->names.via == names.via);
  RC_ASSERT(read->names.ids == names.ids);
  RC_ASSERT(read->names.names == names.names);
  RC_ASSERT(read->names.troubles == names.troubles);
  RC_ASSERT(read->report.first_hops.size() == report.first_hops.size());
  for (std::size_t at = 0; at < report.first_hops.size(); ++at) {
    RC_ASSERT(read->report.first_hops[at].role == report.first_hops[at].role);
    RC_ASSERT(read->report.first_hops[at].state == report.first_hops[at].state);
  }
}

RC_GTEST_PROP(Report, OfSeveralWaysIsReadAsItWasWritten, ()) {
  NamedReport sum{any_report(), {"auto", {}, {}, {}}, {}, {}};
  sum.stopped = *rc::gen::element<std::string>("", "enough was found").as("stopped");
  for (auto left = 1 + number<std::uint8_t>("legs", 3); left > 0; --left) {
    NamedLeg leg{{any_report(), {"walk", {}, {}, {}}, {}, {}}, "near first", {}, false, {}};
    leg.beside = *rc::gen::arbitrary<bool>().as("beside");
    if (leg.beside && *rc::gen::arbitrary<bool>().as("answered")) {
      leg.side = SideReport{"http://192.0.2.1:7400", number<std::uint32_t>("files", UINT32_MAX),
                            number<std::uint32_t>("holders", UINT32_MAX),
                            number<std::uint32_t>("refused", UINT32_MAX),
                            *rc::gen::arbitrary<bool>().as("more")};
    }
    if (*rc::gen::arbitrary<bool>().as("failed")) leg.error = "too many searches";
    sum.legs.push_back(std::move(leg));
  }
  const auto read = report_from_json(to_json(sum));
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->names.via == sum.names.via);
  RC_ASSERT(read->stopped == sum.stopped);
  RC_ASSERT(read->legs.size() == sum.legs.size());
  for (std::size_t at = 0; at < sum.legs.size(); ++at) {
    const NamedLeg& leg = read->legs[at];
    RC_ASSERT(leg.why == sum.legs[at].why);
    RC_ASSERT(leg.error == sum.legs[at].error);
    RC_ASSERT(leg.beside == sum.legs[at].beside);
    RC_ASSERT(leg.side == sum.legs[at].side);
    RC_ASSERT(leg.report.report.counts == sum.legs[at].report.report.counts);
    RC_ASSERT(leg.report.report.query == sum.legs[at].report.report.query);
  }
}

// A daemon that nests them would else be read by recursion without end.
TEST(Report, HasLegsOnOneLevelOnly) {
  NamedReport inner{SearchReport{}, {"walk", {}, {}, {}}, {}, {}};
  inner.legs.push_back({NamedReport{SearchReport{}, {"ring", {}, {}, {}}, {}, {}}, {}, {}});
  NamedReport outer{SearchReport{}, {"auto", {}, {}, {}}, {}, {}};
  outer.legs.push_back({inner, {}, {}});
  const auto read = report_from_json(to_json(outer));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->legs.size(), 1U);
  EXPECT_TRUE(read->legs[0].report.legs.empty());
}

RC_GTEST_PROP(Hit, IsReadAsItWasWritten, ()) {
  SearchHit hit;
  hit.query = {*rc::gen::arbitrary<std::uint64_t>(), *rc::gen::arbitrary<std::uint64_t>()};
  hit.t_ms = number<std::uint32_t>("t", UINT32_MAX);
  hit.content.length = *rc::gen::arbitrary<std::uint64_t>().as("length");
  hit.name = scrub(*rc::gen::arbitrary<std::string>().as("name"));
  hit.holder = any_peer();
  hit.holder_name = "marta";
  hit.hops = number<std::uint8_t>("hops", 255);
  const auto read = hit_from_json(to_json(hit));
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == hit);
}

RC_GTEST_PROP(Report, WithAMemberTakenOutOrChangedIsNoReportOrHasADefault, ()) {
  SearchReport report = any_report();
  auto object = to_json(report, {"flood", {}, {}});
  const auto at = *rc::gen::inRange<std::size_t>(0, object.size()).as("member");
  const std::string name = (object.begin() + at)->key();
  object[name] = boost::json::array{boost::json::object{}};
  const bool derived = name == "peers_asked" || name == "cut_by_ttl";  // not read back
  RC_ASSERT(report_from_json(object).has_value() == derived);
}

TEST(Hit, WithNamesThatAreNoUtf8IsStillJson) {
  SearchHit hit;
  hit.name = "caf\xe9";
  const auto text = boost::json::serialize(to_json(hit));
  EXPECT_TRUE(is_utf8(text));
  EXPECT_NE(text.find("caf\xef\xbf\xbd"), std::string::npos);
}

}  // namespace
}  // namespace shoal::json
