// SPDX-License-Identifier: Apache-2.0
// Friends by http://host:port: met, pinned, and held to their key.
#include <csignal>
#include <filesystem>

#include "proto/asio.h"
#include "proto/json/base64.h"
#include "proto/rpc/card.h"
#include "tests/support/has.h"
#include "tests/wire/daemon/daemon_process.h"
#include "tests/wire/http_world.h"

namespace shoal::daemon {
namespace {

using tests::has;

namespace bj = boost::json;

std::string place_of(Peer& peer) {
  const std::string url = peer.url();
  return "http://" + url.substr(url.find('@') + 1);
}

// Something that answers GET /v1/peer with that.
class Impostor {
 public:
  explicit Impostor(http::Response answer)
      : world_(routes(std::move(answer))), url(world_.listen().to_text()) {}

 private:
  static http::Router routes(const http::Response& answer) {
    http::Router router;
    router.add("GET", "/v1/peer",
               [answer](const http::Request&) -> Result<http::Response> { return answer; });
    return router;
  }
  http::HttpWorld world_;

 public:
  const std::string url;
};

TEST(FirstContact, ByTheUrlOfThePortMakesAFriendOfWhoAnswers) {
  const Folder folder;
  Peer ana(folder, "ana");
  Peer luis(folder, "luis");
  const auto [code, words] = ana.shoal({"friends", "add", place_of(luis), "--role", "primary"});
  EXPECT_EQ(code, 0) << words;
  const auto [back, said] = luis.shoal({"friends", "add", place_of(ana) + "/"});
  EXPECT_EQ(back, 0) << said;
  EXPECT_TRUE(soon([&] { return ana.active_friends() == 1; })) << ana.trouble();
  EXPECT_EQ(ana.call("GET", "/v1/friends").at("items").at(0).at("id"), bj::value(luis.id()));
}

TEST(FirstContact, WithAnotherKeyLaterIsRefusedInWordsUntilTheFriendIsRemoved) {
  const Folder folder;
  Peer ana(folder, "ana");
  Peer luis(folder, "luis");
  const std::string place = place_of(luis);
  const std::string before = luis.id();
  EXPECT_EQ(ana.shoal({"friends", "add", place}).first, 0);
  EXPECT_EQ(luis.end(SIGTERM), 0);
  std::filesystem::remove(luis.home() + "/data/identity.key");
  luis.start();
  ASSERT_NE(luis.id(), before);
  ASSERT_EQ(place_of(luis), place);
  EXPECT_EQ(ana.end(SIGTERM), 0);
  ana.start();  // the pin is kept
  const auto [code, words] = ana.shoal({"friends", "add", place, "--role", "primary"});
  EXPECT_EQ(code, 4) << words;
  EXPECT_TRUE(has(words, "another key answers at")) << words;
  EXPECT_TRUE(has(words, "shoal friends remove " + before.substr(0, 8))) << words;
  EXPECT_EQ(ana.call("GET", "/v1/friends").at("items").as_array().size(), 1U);
  EXPECT_EQ(ana.shoal({"friends", "remove", before}).first, 0);
  const auto [again, fine] = ana.shoal({"friends", "add", place});
  EXPECT_EQ(again, 0) << fine;
  EXPECT_EQ(ana.call("GET", "/v1/friends").at("items").at(0).at("id"), bj::value(luis.id()));
}

TEST(FirstContact, ThatMadeNoFriendPinsNobody) {
  const Folder folder;
  Peer ana(folder, "ana");
  Peer luis(folder, "luis");
  Peer carla(folder, "carla");
  ASSERT_EQ(ana.shoal({"friends", "add", place_of(carla), "--role", "primary"}).first, 0);
  const std::string place = place_of(luis);
  const auto [code, words] = ana.shoal({"friends", "add", place, "--role", "primary"});
  EXPECT_EQ(code, 1) << words;
  EXPECT_TRUE(has(words, "there is a primary already")) << words;
  EXPECT_TRUE(has(words, "it is " + carla.id().substr(0, 8))) << words;
  EXPECT_EQ(luis.end(SIGTERM), 0);
  std::filesystem::remove(luis.home() + "/data/identity.key");
  luis.start();
  ASSERT_EQ(place_of(luis), place);
  const auto [again, fine] = ana.shoal({"friends", "add", place});
  EXPECT_EQ(again, 0) << fine;
}

TEST(FirstContact, WithNoPeerIsRefusedWithTheReason) {
  const Folder folder;
  Peer ana(folder, "ana");
  const auto refused = [&](const std::string& url) {
    auto [code, words] = ana.shoal({"friends", "add", url});
    EXPECT_TRUE(ana.call("GET", "/v1/friends").at("items").as_array().empty()) << url;
    return std::pair(code, std::move(words));
  };
  const auto [code, silent] = refused("http://127.0.0.1:1");
  EXPECT_EQ(code, 6) << silent;
  EXPECT_TRUE(has(silent, "cannot reach")) << silent;
  const auto [bad, words] = refused("http://127.0.0.1");
  EXPECT_EQ(bad, 2) << words;
  EXPECT_TRUE(has(words, "is no host:port")) << words;
  const auto [path, typo] = refused(place_of(ana) + "/typo");
  EXPECT_EQ(path, 2) << typo;
  EXPECT_TRUE(has(typo, "has a path behind host:port")) << typo;
  const auto [own, self] = refused(place_of(ana));
  EXPECT_EQ(own, 2) << self;
  EXPECT_TRUE(has(self, "the URL is its own")) << self;

  Impostor page({200, "<html>hello</html>", "text/html", {}});
  const auto [other, html] = refused(page.url);
  EXPECT_EQ(other, 7) << html;
  EXPECT_TRUE(has(html, "no peer answers at")) << html;
  EXPECT_TRUE(has(html, "it shows no card")) << html;
  Impostor lost({404, "nothing", "text/plain", {}});
  const auto [missing, nothing] = refused(lost.url);
  EXPECT_EQ(missing, 7) << nothing;
  EXPECT_TRUE(has(nothing, "what is there is something else")) << nothing;

  Peer luis(folder, "luis");
  std::string card =
      *json::from_base64(std::string(luis.call("GET", "/v1/peer").at("card").as_string()));
  card[card.size() / 2] = static_cast<char>(card[card.size() / 2] ^ 1);
  Impostor forger(http::Response::json(bj::serialize(bj::object{{"card", json::to_base64(card)}})));
  const auto [forged, why] = refused(forger.url);
  EXPECT_EQ(forged, 7) << why;
  EXPECT_TRUE(has(why, "its card: ")) << why;
}

TEST(FirstContact, OfTheConfigurationIsMadeOnceItAnswersAndPinned) {
  const Folder folder;
  Peer luis(folder, "luis");
  const std::string place = place_of(luis);
  EXPECT_EQ(luis.end(SIGTERM), 0);
  Peer ana(folder, "ana",
           {"--set", "friends=[{url: \"" + place + "\", role: primary, upload_rate: 1MiB}]"});
  EXPECT_TRUE(ana.call("GET", "/v1/friends").at("items").as_array().empty()) << "nobody was met";
  luis.start();
  EXPECT_TRUE(soon([&] { return !ana.call("GET", "/v1/friends").at("items").as_array().empty(); }));
  const auto met = ana.call("GET", "/v1/friends").at("items").at(0);
  EXPECT_EQ(met.at("id"), bj::value(luis.id()));
  EXPECT_EQ(met.at("role"), "primary");
  luis.befriend(ana);
  EXPECT_TRUE(soon([&] { return ana.active_friends() == 1; })) << ana.trouble();

  // Its rate holds from the first byte on, not from the next start.
  write_file(folder / "books/big book.bin", 3 << 20, 7);
  ana.lines("POST", "/v1/shares", {{"path", folder / "books"}});
  const auto content = ana.call("GET", "/v1/shares/files").at("items").at(0).at("content");
  // By a link he comes with his own key, not with that of a search.
  const auto begun =
      luis.call("POST", "/v1/transfers",
                {{"content", content}, {"sources", bj::array{bj::value(ana.url())}}});
  const auto done =
      luis.lines("GET", "/v1/transfers/" + std::string(begun.at("id").as_string()) + "/events");
  EXPECT_EQ(done.back().at("state"), "done");
  EXPECT_GE(done.back().at("busy_ms").to_number<std::int64_t>(), 1'000) << "nothing held it back";

  const std::string before = luis.id();
  EXPECT_EQ(luis.end(SIGTERM), 0);
  std::filesystem::remove(luis.home() + "/data/identity.key");
  luis.start();
  EXPECT_EQ(ana.end(SIGTERM), 0);
  ana.start();
  EXPECT_TRUE(ana.process().says("another key answers at")) << ana.process().output();
  EXPECT_EQ(ana.call("GET", "/v1/friends").at("items").at(0).at("id"), bj::value(before));
  EXPECT_EQ(ana.active_friends(), 0);
}

TEST(FirstContact, IsNotMadeWhereOnlyKeysAreTrusted) {
  const Folder folder;
  Peer luis(folder, "luis");
  Peer ana(folder, "ana", {"--set", "trust=pinned-only"});
  const auto [code, words] = ana.shoal({"friends", "add", place_of(luis)});
  EXPECT_EQ(code, 4) << words;
  EXPECT_TRUE(has(words, "trust: pinned-only")) << words;
  EXPECT_EQ(ana.shoal({"friends", "add", luis.url()}).first, 0);
}

}  // namespace
}  // namespace shoal::daemon
