// SPDX-License-Identifier: Apache-2.0
// Daemons of an open network that know one of them, and find their neighbours themselves.
#include "tests/wire/daemon/sharing.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;

std::vector<std::string> open_arguments(const std::string& join) {
  std::vector<std::string> arguments;
  for (const char* const setting : {"network.mode=open", "network.membership=hyparview",
                                    "network.active=3", "network.cycle=500ms"}) {
    arguments.insert(arguments.end(), {"--set", setting});
  }
  if (!join.empty()) arguments.insert(arguments.end(), {"--set", "network.join=[" + join + "]"});
  return arguments;
}

std::int64_t neighbours(Peer& peer) {
  const auto status = peer.status();
  return status.empty() ? -1 : status.at("neighbours").at("up").to_number<std::int64_t>();
}

// host:port of its public port, as somebody would be told who has no key.
std::string place(Peer& peer) { return text(peer.status(), "listen"); }

class OpenNetwork : public testing::Test {
 protected:
  static constexpr std::size_t kPeers = 12;

  OpenNetwork() {
    for (std::size_t i = 0; i < kPeers; ++i) {
      // By the URL of one that is there already, or only by its place.
      std::string join;
      if (i > 0) join = i % 2 == 0 ? "\"" + peer(i / 2).url() + "\"" : place(peer(i / 2));
      auto arguments = open_arguments(join);
      if (i + 1 == kPeers) arguments.insert(arguments.end(), {"--set", "record.file=" + record_});
      peers_.push_back(
          std::make_unique<Peer>(folder_, "peer" + std::to_string(i), std::move(arguments)));
    }
  }
  Peer& peer(std::size_t index) { return *peers_[index]; }
  void share(std::size_t at) {
    write_file(folder_ / "books/big book.bin", 300'000, 5);
    const auto shared = peer(at).lines("POST", "/v1/shares", {{"path", folder_ / "books"}});
    EXPECT_EQ(number(shared.back(), "files"), 1U);
  }
  // The hit, once there is one.
  bj::object finds(std::size_t at) {
    std::vector<bj::object> lines;
    const bool found = soon([&] {
      lines = peer(at).search({{"terms", "big book"}, {"ttl", 15}});
      return lines.size() == 2;
    });
    EXPECT_TRUE(found) << peer(at).process().output();
    return found ? lines.front() : bj::object();
  }

  const Folder folder_;
  const std::string record_ = folder_ / "record";
  std::vector<std::unique_ptr<Peer>> peers_;
};

TEST_F(OpenNetwork, IsSearchedThroughNeighboursThatPeersFoundAndOutlivesAThirdOfThem) {
  for (std::size_t i = 0; i < kPeers; ++i) {
    EXPECT_TRUE(soon([&] { return neighbours(peer(i)) >= 1; })) << i;
    EXPECT_LE(neighbours(peer(i)), 3) << i;
  }
  share(7);
  EXPECT_FALSE(finds(10).empty());

  for (const std::size_t gone : {0U, 2U, 3U, 5U}) EXPECT_EQ(peer(gone).end(SIGKILL), 128 + SIGKILL);
  const bj::object hit = finds(10);
  ASSERT_FALSE(hit.empty());
  const auto id = text(peer(10).call("POST", "/v1/transfers",
                                     {{"content", hit.at("content")}, {"search", hit.at("query")}}),
                       "id");
  const auto end = peer(10).lines("GET", "/v1/transfers/" + id + "/events").back();
  EXPECT_EQ(text(end, "state"), "done") << bj::serialize(end);

  // A friend stays one, and is shown apart from those who were found.
  peer(10).befriend(peer(7));
  peer(7).befriend(peer(10));
  const auto friends = [&](std::size_t at) {
    return number(peer(at).status().at("friends").as_object(), "up");
  };
  EXPECT_TRUE(soon([&] { return friends(10) == 1 && friends(7) == 1; }));
  EXPECT_TRUE(soon([&] { return neighbours(peer(10)) >= 1; }));
  const auto [code, shown] = peer(10).shoal({"friends"});
  EXPECT_EQ(code, 0);
  EXPECT_NE(shown.find("neighbour"), std::string::npos) << shown;
  EXPECT_LT(shown.find("\tfriend\t"), shown.find("\tneighbour\t")) << shown;
  const auto status = peer(10).shoal({"status"}).second;
  EXPECT_NE(status.find("neighbours.membership\thyparview"), std::string::npos) << status;
  EXPECT_NE(status.find("friends.total\t1"), std::string::npos) << status;

  // All that the last one's overlay went through can be replayed, neighbours included.
  peer(kPeers - 1).end(SIGKILL);
  Process replay({SHOAL_SIM_PROGRAM, "replay", record_}, folder_ / "replay.log");
  EXPECT_EQ(replay.wait(), 0) << replay.output();
  EXPECT_NE(replay.output().find("with equal effects"), std::string::npos) << replay.output();
}

TEST(OpenNetworkOf, TwoIsJoinedWhenTheFirstOneIsThere) {
  const Folder folder;
  Peer ana(folder, "ana", open_arguments(""));
  const std::string at = place(ana);
  ana.end(SIGTERM);
  Peer luis(folder, "luis", open_arguments(at));
  EXPECT_TRUE(luis.process().says("cannot join by " + at)) << luis.process().output();
  ana.start();
  EXPECT_TRUE(soon([&] { return neighbours(luis) == 1 && neighbours(ana) == 1; }))
      << luis.process().output();
  const auto report = luis.search({{"terms", "nothing"}}).back();
  const auto& asked = report.at("first_hops").as_array();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].at("name"), "ana") << "no friend, and yet its name is known";
}

TEST(OpenNetworkOf, ItsOwnWantsItsModeSaid) {
  const Folder folder;
  std::filesystem::create_directories(folder / "eva");
  for (const char* const setting : {"network.membership=hyparview", "network.join=[127.0.0.1:1]"}) {
    Process process({SHOALD_PROGRAM, "--home", folder / "eva", "--port", "0", "--set", setting},
                    folder / "log");
    EXPECT_NE(process.wait(), 0);
    EXPECT_NE(process.output().find("needs an open network"), std::string::npos)
        << process.output();
  }
}

}  // namespace
}  // namespace shoal::daemon
