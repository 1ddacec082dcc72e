// SPDX-License-Identifier: Apache-2.0
#include "sim/report/wave.h"

#include <gtest/gtest.h>

#include "proto/json/reader.h"

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

// The JSON in a page.
std::string data_of(const std::string& page) {
  const std::string begin = "<script type=\"application/json\" id=\"data\">";
  const std::size_t at = page.find(begin) + begin.size();
  return page.substr(at, page.find("</script>", at) - at);
}

TEST(WavePage, HoldsItsDataAsJson) {
  const Wave wave = pair();
  const auto page = wave_html(wave);
  ASSERT_TRUE(page) << page.error().why;
  const auto data = json::parse(data_of(*page));
  ASSERT_TRUE(data) << data.error().why;
  EXPECT_EQ(*data, boost::json::value(wave_json(wave)));
  EXPECT_EQ(data->at("events").at(0),
            boost::json::parse(R"([20, 10, "asked", 0, 0, 1, null, 0, 0, 0])"));
  EXPECT_EQ(*page, *wave_html(wave));
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
