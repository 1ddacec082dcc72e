// SPDX-License-Identifier: Apache-2.0
#include "sim/report/wave.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "proto/types/utf8.h"

#include "tests/sim/report/page_data.h"

namespace shoal::sim {
namespace {

Wave pair() {
  Wave wave;
  wave.title = "two";
  wave.peers = {"ana", "ben"};
  wave.links = {{0, 1}};
  wave.searches.push_back({});
  wave.until = Instant(Duration(30));
  WaveEvent asked;
  asked.at = Instant(Duration(20));
  asked.left = Instant(Duration(10));
  asked.kind = WaveKind::kAsked;
  asked.search = 0;
  asked.from = 0;
  asked.to = 1;
  wave.events.push_back(asked);
  return wave;
}

TEST(WavePage, HoldsItsDataAsJson) {
  const Wave wave = pair();
  const auto page = wave_html(wave);
  ASSERT_TRUE(page) << page.error().why;
  const auto data = data_of(*page);
  EXPECT_EQ(data, boost::json::value(wave_json(wave)));
  EXPECT_EQ(data.at("events").at(0),
            boost::json::parse(R"([20, 10, "asked", 0, 0, 1, null, 0, 0, 0])"));
  EXPECT_EQ(*page, *wave_html(wave));
}

TEST(WavePage, NeedsNothingElse) { expect_self_contained(*wave_html(pair())); }

TEST(WavePage, KeepsNamesThatAreMarkupAsText) {
  const std::vector<std::string> hostile{"</script><script>alert(1)</script>",
                                         "<img src=x onerror=alert(1)>",
                                         "\"'><b>&amp;",
                                         "<!-- <script>",
                                         "\xff\xfe bytes",
                                         "]]>\u2028\\u003c"};
  for (const std::string& name : hostile) {
    Wave wave = pair();
    const auto plain = *wave_html(wave);
    wave.title = wave.peers[0] = wave.searches[0].what = wave.command = name;
    wave.notes = {name};
    wave.facts = {{name, name}};
    wave.events[0].text = name;
    const auto page = wave_html(wave);
    ASSERT_TRUE(page);
    const auto data = data_of(*page);
    const boost::json::string text(scrub(name));
    EXPECT_EQ(data.at("title"), text);
    EXPECT_EQ(data.at("peers").at(0), text);
    EXPECT_EQ(data.at("notes").at(0), text);
    EXPECT_EQ(data.at("facts").at(0).at(1), text);
    EXPECT_EQ(data.at("events").at(0).at(10), text);
    // Not one tag more than the page of harmless names has.
    EXPECT_EQ(std::ranges::count(*page, '<'), std::ranges::count(plain, '<')) << name;
    EXPECT_EQ(page->find("<img"), std::string::npos);
  }
}

TEST(WavePage, LeavesOutWhatIsTooMuchAndSaysSo) {
  Wave wave = pair();
  wave.events.resize(kWaveEventsMax + 3, wave.events.front());
  const auto data = wave_json(wave);
  EXPECT_EQ(data.at("events").get_array().size(), kWaveEventsMax);
  EXPECT_EQ(data.at("left_out"), 3);
}

TEST(WavePage, RefusesWhatIsNoPicture) {
  const auto refused = [](auto spoil) {
    Wave wave = pair();
    spoil(wave);
    const auto page = wave_html(wave);
    EXPECT_FALSE(page);
    EXPECT_TRUE(page || page.error().code == Errc::kInvalidArgument);
    return page ? "" : page.error().why;
  };
  EXPECT_EQ(refused([](Wave& w) { w.peers.resize(501, "x"); }),
            "a picture holds 500 peers, and there are 501");
  EXPECT_EQ(refused([](Wave& w) { w = {}; }), "it has no peers");
  EXPECT_EQ(refused([](Wave& w) { w.links = {{0, 2}}; }), "a link has an end that is not there");
  EXPECT_EQ(refused([](Wave& w) { w.stalled = {{1, 1}}; }), "a link has an end that is not there");
  EXPECT_EQ(refused([](Wave& w) { w.events[0].to = 2; }),
            "an event names a peer that is not there");
  EXPECT_EQ(refused([](Wave& w) { w.events[0].search = 1; }),
            "an event names a search that is not there");
  EXPECT_EQ(refused([](Wave& w) { w.searches[0].holders = {7}; }),
            "a search names a peer that is not there");
  EXPECT_EQ(refused([](Wave& w) { w.events[0].left = Instant(Duration(21)); }),
            "its events are not in order");
  EXPECT_EQ(refused([](Wave& w) { w.from = Instant(Duration(21)); }),
            "its events are not in order");
}

}  // namespace
}  // namespace shoal::sim
