// SPDX-License-Identifier: Apache-2.0
// `shoal friends rate` between real programs. Nothing here depends on how long anything takes but
// this: at the lowest rate a file of 64 MiB takes two hours.
#include "proto/types/limits_transfer.h"
#include "tests/wire/daemon/sharing.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;

constexpr std::size_t kBytes = 64 << 20;
const std::string kSlow = std::to_string(limits::kRateMin) + "B/s";

class FriendRate : public Sharing {
 protected:
  // Ana fetches what Luis shares by his link, so with her own key.
  std::string fetch_by_link(const bj::object& hit) {
    return text(ana.call("POST", "/v1/transfers",
                         {{"content", hit.at("content")}, {"sources", bj::array{luis.url()}}}),
                "id");
  }
  void rate(Peer& giver, const std::string& taker, const std::string& how) {
    const auto [code, words] = giver.shoal({"friends", "rate", taker, how});
    EXPECT_EQ(code, 0) << words;
  }
  static std::string row_of(Peer& peer) {
    return peer.shoal({"friends", "--json=upload_rate,upload_rate_told"}).second;
  }
  static bool says(const std::string& words, const std::string& part) {
    return words.find(part) != std::string::npos;
  }
};

TEST_F(FriendRate, HoldsAtOnceForWhatHeFetchesAndOverARestart) {
  const auto hit = found(kBytes);
  rate(luis, "ana", kSlow);
  EXPECT_TRUE(says(row_of(luis), R"("upload_rate":10000,"upload_rate_told":true)")) << row_of(luis);
  const auto id = fetch_by_link(hit);
  // What the bucket gives at once, and then next to nothing.
  ASSERT_TRUE(soon([&] { return bytes_done(id) >= limits::kRangeBytes; }));
  EXPECT_EQ(luis.end(SIGTERM), 0);
  luis.start();
  EXPECT_TRUE(says(row_of(luis), R"("upload_rate":10000,"upload_rate_told":true)")) << row_of(luis);
  ASSERT_TRUE(soon([&] { return bytes_done(id) >= 2 * limits::kRangeBytes; }));
  EXPECT_LT(bytes_done(id), kBytes / 4) << "the rate was forgotten";
  EXPECT_EQ(text(transfer(id), "state"), "fetching");
  rate(luis, "ana", "usual");
  EXPECT_TRUE(says(row_of(luis), R"("upload_rate":0,"upload_rate_told":false)")) << row_of(luis);
  EXPECT_EQ(text(done(id), "state"), "done");
}

TEST_F(FriendRate, HoldsForWhatHisSearchFound) {
  const auto hit = found(kBytes);
  rate(luis, "ana", kSlow);
  const auto id = fetch(hit);
  ASSERT_TRUE(soon([&] { return bytes_done(id) > 0; }));
  EXPECT_LT(bytes_done(id), kBytes / 4);
  EXPECT_EQ(text(transfer(id), "state"), "fetching");
  rate(luis, "ana", "0");
  EXPECT_EQ(text(done(id), "state"), "done");
}

TEST_F(FriendRate, HoldsForWhatIsFetchedWithTheKeyOfASearchThatCameThroughHim) {
  const auto hit = found(kBytes);
  rate(luis, "ana", kSlow);
  // Without a link she is no friend that comes: only her search's key says that she may.
  EXPECT_EQ(ana.shoal({"friends", "remove", luis.id()}).first, 0);
  ASSERT_TRUE(soon([&] {
    const auto known = luis.call("GET", "/v1/friends").at("items").as_array().at(0).as_object();
    return text(known, "state") == "down";
  }));
  const auto id = fetch(hit);
  // Another friend gets all of it meanwhile.
  Peer rosa(folder, "rosa");
  join(rosa, luis, "primary");
  const auto whole =
      text(rosa.call("POST", "/v1/transfers",
                     {{"content", hit.at("content")}, {"sources", boost::json::array{luis.url()}}}),
           "id");
  const auto end = rosa.lines("GET", "/v1/transfers/" + whole + "/events").back();
  EXPECT_EQ(text(end, "state"), "done");
  EXPECT_LT(bytes_done(id), kBytes / 4);
  EXPECT_EQ(text(transfer(id), "state"), "fetching");
  rate(luis, "ana", "0");
  EXPECT_EQ(text(done(id), "state"), "done");
}

TEST_F(FriendRate, HoldsForWhatIsPutToHimAndEndsWithTheFriendship) {
  join(ana, luis, "primary");
  rate(ana, "luis", kSlow);
  write_file(folder / "film.mkv", kBytes, 1);
  const auto put =
      text(ana.call("POST", "/v1/puts", {{"path", folder / "film.mkv"}, {"to", luis.id()}}), "id");
  const auto sent = [&] { return number(ana.call("GET", "/v1/puts/" + put), "bytes_done"); };
  const auto state = [&] { return text(ana.call("GET", "/v1/puts/" + put), "state"); };
  ASSERT_TRUE(soon([&] { return state() == "sending" && sent() > 0; }));
  EXPECT_LT(sent(), kBytes / 4);
  rate(ana, "luis", "0");
  EXPECT_EQ(text(ana.lines("GET", "/v1/puts/" + put + "/events").back(), "state"), "done");
  // Who is befriended again is a new friend.
  rate(ana, "luis", "1MB/s");
  const std::string url = luis.url();
  EXPECT_EQ(ana.shoal({"friends", "remove", luis.id()}).first, 0);
  EXPECT_EQ(ana.shoal({"friends", "rate", luis.id(), "1MB/s"}).first, 3);
  EXPECT_EQ(ana.shoal({"friends", "add", url}).first, 0);
  EXPECT_TRUE(says(row_of(ana), R"("upload_rate":0,"upload_rate_told":false)")) << row_of(ana);
}

}  // namespace
}  // namespace shoal::daemon
