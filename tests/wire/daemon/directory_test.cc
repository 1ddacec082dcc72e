// SPDX-License-Identifier: Apache-2.0
// A first friend from the directory, and life without it.
#include <csignal>

#include "tests/wire/daemon/daemon_process.h"

namespace shoal::daemon {
namespace {

class Introduced : public testing::Test {
 protected:
  Introduced()
      : directory({SHOAL_DIRECTORY_PROGRAM, "--config", "/dev/null", "--listen", "127.0.0.1:0",
                   "--data", folder / "d"},
                  folder / "directory.log") {
    EXPECT_TRUE(directory.says(" up, pid ")) << directory.output();
    const std::string out = directory.output();
    const auto at = out.find("http://");
    url = out.substr(at, out.find('\n', at) - at);
  }

  const Folder folder;
  Process directory;
  std::string url;
};

TEST_F(Introduced, APeerWithoutFriendsGetsOneAndKeepsItWithoutTheDirectory) {
  Peer elena(folder, "elena", {"--directory", url});
  EXPECT_TRUE(elena.call("GET", "/v1/friends").at("items").as_array().empty())
      << "there was nobody yet";
  Peer dora(folder, "dora", {"--directory", url});
  const auto primary = dora.status().at("primary");
  ASSERT_TRUE(primary.is_object()) << dora.process().output();
  EXPECT_EQ(primary.at("id"), boost::json::value(elena.id()));
  EXPECT_TRUE(soon([&] { return dora.active_friends() == 1; })) << dora.process().output();
  const auto added = elena.shoal({"friends", "add", dora.url()}).second;
  EXPECT_NE(added.find("added dora ("), std::string::npos) << "it is known by its link: " << added;
  const auto peers = dora.call("GET", "/v1/directory/peers");
  EXPECT_EQ(peers.at("items").as_array().size(), 2U);

  directory.send(SIGKILL);
  directory.wait();
  EXPECT_EQ(dora.end(SIGTERM), 0);
  EXPECT_EQ(elena.end(SIGKILL), 128 + SIGKILL);
  elena.start();
  dora.start();
  EXPECT_TRUE(soon([&] { return dora.active_friends() == 1; })) << dora.process().output();
  write_file(folder / "books/far.txt", 100, 1);
  elena.lines("POST", "/v1/shares", {{"path", folder / "books"}});
  EXPECT_EQ(dora.search({{"terms", "far"}}).size(), 2U) << "one hit and the report";
  EXPECT_EQ(dora.call("GET", "/v1/directory").at("state"), "down");
}

TEST_F(Introduced, WhoHasNoLeaseIsNotLetIn) {
  Peer elena(folder, "elena", {"--directory", url});
  Peer stranger(folder, "stranger");
  stranger.befriend(elena, "primary");
  Peer dora(folder, "dora", {"--directory", url});
  dora.befriend(elena);  // nothing new: it may be there already
  EXPECT_TRUE(soon([&] { return dora.active_friends() == 1; })) << dora.process().output();
  EXPECT_EQ(stranger.active_friends(), 0);
  const auto friends = elena.call("GET", "/v1/friends").at("items").as_array();
  for (const auto& item : friends) EXPECT_NE(item.at("id"), boost::json::value(stranger.id()));
}

TEST_F(Introduced, WhoLeavesIsNoLongerListed) {
  Peer elena(folder, "elena", {"--directory", url});
  Peer dora(folder, "dora", {"--directory", url});
  EXPECT_EQ(elena.end(SIGTERM), 0);
  const auto peers = dora.call("GET", "/v1/directory/peers").at("items").as_array();
  ASSERT_EQ(peers.size(), 1U);
  EXPECT_EQ(peers[0].at("name"), "dora");
}

TEST_F(Introduced, AListeningPolicyOfListedNeedsNoDirectoryToRefuse) {
  Peer elena(folder, "elena", {"--directory", url, "--set", "accept=listed"});
  Peer dora(folder, "dora", {"--directory", url});
  EXPECT_TRUE(soon([&] {
    const auto friends = dora.call("GET", "/v1/friends").at("items").as_array();
    return friends.size() == 1 && !friends[0].at("last_error").as_string().empty();
  })) << dora.process().output();
  EXPECT_TRUE(elena.call("GET", "/v1/friends").at("items").as_array().empty());
}

}  // namespace
}  // namespace shoal::daemon
