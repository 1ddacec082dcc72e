// SPDX-License-Identifier: Apache-2.0
// Friends that cannot be reached, are not who they were, or stand still.
#include <csignal>
#include <filesystem>

#include "tests/support/has.h"
#include "tests/wire/daemon/daemon_process.h"

namespace shoal::daemon {
namespace {

using tests::has;

TEST(Friendless, ASearchSaysSoAndExitsWithSix) {
  const Folder folder;
  Peer ana(folder, "ana");
  const auto [code, words] = ana.shoal({"search", "anything"});
  EXPECT_EQ(code, 6) << words;
  EXPECT_TRUE(has(words, "why:  you have no friends yet")) << words;
  EXPECT_TRUE(has(words, "next: shoal friends add URL")) << words;
}

TEST(Friendship, WithSomebodyUnreachableIsToldInWords) {
  const Folder folder;
  Peer ana(folder, "ana");
  Peer luis(folder, "luis");
  const std::string url = luis.url();
  EXPECT_EQ(luis.end(SIGKILL), 128 + SIGKILL);
  const auto [added, said] = ana.shoal({"friends", "add", url, "--role", "primary"});
  EXPECT_EQ(added, 0) << said;
  EXPECT_TRUE(soon([&] { return has(ana.trouble(), "unreachable: nobody listens there"); }))
      << ana.trouble();
  const auto [listed, friends] = ana.shoal({"friends"});
  EXPECT_EQ(listed, 0);
  EXPECT_TRUE(has(friends, "nobody listens there")) << friends;
  const auto [code, words] = ana.shoal({"search", "anything"});
  EXPECT_EQ(code, 6) << words;
  EXPECT_TRUE(has(words, "unreachable: nobody listens there")) << words;
  luis.start();
  EXPECT_TRUE(soon([&] { return has(ana.trouble(), "it does not know our key"); }))
      << ana.trouble();
  luis.befriend(ana);
  EXPECT_TRUE(soon([&] { return ana.active_friends() == 1; })) << ana.trouble();
}

TEST(Friendship, ByAWrongKeyIsToldAndNothingIsAsked) {
  const Folder folder;
  Peer ana(folder, "ana");
  Peer luis(folder, "luis");
  Peer marta(folder, "marta");
  luis.befriend(ana);
  const std::string place = luis.url().substr(luis.url().find('@'));
  ana.call("POST", "/v1/friends", {{"url", "shoal://" + marta.id() + place}, {"role", "primary"}});
  EXPECT_TRUE(soon([&] { return has(ana.trouble(), "another key than the friend's own"); }))
      << ana.trouble();
  const auto lines = ana.search({{"terms", "anything"}});
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].at("peers_asked"), 0);
  EXPECT_EQ(lines[0].at("first_hops").as_array().at(0).at("state"), "down");
  EXPECT_EQ(luis.active_friends(), 0) << "a key that Ana did not list got in";
}

TEST(Friendship, WithSomebodyWhoseKeyChangedIsRefusedUntilItIsMadeAnew) {
  const Folder folder;
  Peer ana(folder, "ana");
  Peer luis(folder, "luis");
  join(ana, luis, "primary");
  write_file(folder / "books/handbook.txt", 1000, 1);
  luis.lines("POST", "/v1/shares", {{"path", folder / "books"}});
  const std::string before = luis.id();
  EXPECT_EQ(luis.end(SIGTERM), 0);
  std::filesystem::remove(luis.home() + "/data/identity.key");
  luis.start();
  ASSERT_NE(luis.id(), before);
  EXPECT_TRUE(soon([&] { return has(ana.trouble(), "another key than the friend's own"); }))
      << ana.trouble();
  EXPECT_TRUE(has(ana.trouble(), "remove the old friend and add the new URL")) << ana.trouble();
  EXPECT_EQ(ana.active_friends(), 0);
  EXPECT_EQ(ana.call("GET", "/v1/friends").at("items").as_array().at(0).at("id"),
            boost::json::value(before))
      << "the new key was taken in by itself";
  const auto [removed, words] = ana.shoal({"friends", "remove", "luis"});
  EXPECT_EQ(removed, 0) << words;
  ana.befriend(luis, "primary");
  EXPECT_TRUE(soon([&] { return ana.active_friends() == 1; })) << ana.trouble();
  EXPECT_EQ(ana.search({{"terms", "handbook"}}).size(), 2U) << "a share was lost with the key";
}

TEST(Friendship, WithSomebodyWhoStandsStillCostsASearchNoMoreThanItsBudget) {
  const Folder folder;
  Peer ana(folder, "ana");
  Peer luis(folder, "luis");
  join(ana, luis, "primary");
  luis.process().send(SIGSTOP);
  const auto began = std::chrono::steady_clock::now();
  const auto [code, words] = ana.shoal({"search", "anything", "--budget", "900ms"});
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(4));
  EXPECT_EQ(code, 3) << words;
  EXPECT_TRUE(has(words, "not all answered in time")) << words;
  luis.process().send(SIGCONT);
  EXPECT_TRUE(soon([&] {
    return ana.search({{"terms", "anything"}}).at(0).at("complete") == true;
  })) << "it answers again";
}

}  // namespace
}  // namespace shoal::daemon
