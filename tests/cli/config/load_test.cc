// SPDX-License-Identifier: Apache-2.0
#include "tests/cli/config/support.h"

namespace shoal::config {
namespace {

TEST(Examples, PeerYamlIsTheBuiltInConfiguration) {
  std::ifstream file("configs/peer.yaml");
  ASSERT_TRUE(file) << "run this in the repository's root";
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto loaded = load_text(text, "configs/peer.yaml");
  ASSERT_TRUE(loaded) << loaded.error().why;
  Config built_in;
  built_in.name = "ana";
  built_in.download_folder = "~/Downloads/shoal";
  built_in.inbox_folder = "~/Downloads/shoal/inbox";
  EXPECT_EQ(loaded->config, built_in);
  for (const auto& setting : loaded->settings) {
    // `rest` is the switch of the group that the file writes out, `network` the short form of one.
    if (setting.key != "rest" && setting.key != "network") {
      EXPECT_EQ(setting.origin, Origin::kFile) << setting.key << " is not in the example";
    }
  }
}

TEST(Examples, TheStarterFileLoadsWhateverTheName) {
  for (const std::string name : {"ana", "O\"Neill \\ #1", "José: the 2nd"}) {
    const auto loaded = load_text(starter_file(name, "127.0.0.1"), "shoal.yaml");
    ASSERT_TRUE(loaded) << loaded.error().why;
    EXPECT_EQ(loaded->config.name, name);
  }
}

TEST(Configuration, ReadsAnOpenNetworkInItsLongFormAndANameInItsShortOne) {
  const auto loaded =
      load_text("network:\n  name: town\n  mode: open\n  overlays: [kademlia, flood]\n", "f");
  ASSERT_TRUE(loaded) << loaded.error().why;
  EXPECT_EQ(loaded->config.network, "town");
  EXPECT_TRUE(loaded->config.open);
  EXPECT_EQ(loaded->config.overlays, (std::vector<std::string>{"kademlia", "flood"}));
  const auto brief = load_text("network: village\n", "f");
  ASSERT_TRUE(brief) << brief.error().why;
  EXPECT_EQ(brief->config.network, "village");
  EXPECT_FALSE(brief->config.open);
  EXPECT_FALSE(load_text("network:\n  mode: maybe\n", "f"));
}

TEST(Configuration, ReadsByWhomAnOpenNetworkIsJoined) {
  const auto loaded =
      load_text("network:\n  mode: open\n  membership: hyparview\n  join:\n    - " + friend_url(1) +
                    "\n    - http://host.example:7401/\n    - 192.0.2.7:7401\n"
                    "  active: 7\n  passive: 12\n  cycle: 2s\n",
                "f");
  ASSERT_TRUE(loaded) << loaded.error().why;
  const Config& config = loaded->config;
  EXPECT_EQ(config.membership, MembershipChoice::kHyParView);
  EXPECT_EQ(config.active, 7U);
  EXPECT_EQ(config.passive, 12U);
  EXPECT_EQ(config.cycle, std::chrono::seconds(2));
  ASSERT_EQ(config.join.size(), 3U);
  EXPECT_EQ(rpc::to_text(config.join[0].url.value()), friend_url(1));
  EXPECT_EQ(config.join[1].place, "host.example:7401");
  EXPECT_EQ(config.join[2].place, "192.0.2.7:7401");
  const auto refused = [](const std::string& lines) {
    const auto wrong = load_text("network:\n" + lines, "f");
    return wrong ? "" : wrong.error().why;
  };
  EXPECT_NE(refused("  join: [nobody]\n").find("neither a peer's URL nor host:port"),
            std::string::npos);
  EXPECT_NE(refused("  join: [a:1, http://a:1]\n").find("it is listed twice"), std::string::npos);
  EXPECT_NE(refused("  join: host:1\n").find("a list is expected"), std::string::npos);
  EXPECT_NE(refused("  cycle: 5ms\n").find("shorter than 100ms"), std::string::npos);
  EXPECT_NE(refused("  active: 0\n"), "");
  EXPECT_NE(refused("  membership: enemies\n"), "");
}

TEST(Configuration, ReadsFriendsWithRoles) {
  const auto loaded = load_text(
      "friends:\n  - url: " + friend_url(1) + "\n    role: primary\n  - " + friend_url(2) + "\n",
      "f");
  ASSERT_TRUE(loaded) << loaded.error().why;
  ASSERT_EQ(loaded->config.friends.size(), 2U);
  EXPECT_EQ(loaded->config.friends[0].role, Role::kPrimary);
  EXPECT_EQ(rpc::to_text(loaded->config.friends[1].url), friend_url(2));
  EXPECT_EQ(loaded->config.friends[1].role, Role::kFriend);
}

TEST(Configuration, ReadsFriendsByPlace) {
  const auto loaded = load_text(
      "friends: [{url: \"http://192.0.2.7:7401/\", role: secondary}]\ntrust: pinned-only\n", "f");
  ASSERT_TRUE(loaded) << loaded.error().why;
  ASSERT_EQ(loaded->config.friends.size(), 1U);
  EXPECT_EQ(loaded->config.friends[0].place, "192.0.2.7:7401");
  EXPECT_EQ(loaded->config.friends[0].role, Role::kSecondary);
  EXPECT_TRUE(loaded->config.pinned_only);
  const auto twice = load_text("friends: [\"http://a:1\", \"http://a:1/\"]\n", "f");
  ASSERT_FALSE(twice);
  EXPECT_NE(twice.error().why.find("listed twice"), std::string::npos) << twice.error().why;
  const auto path = load_text("friends: [\"http://a:1/typo\"]\n", "f");
  ASSERT_FALSE(path);
  EXPECT_NE(path.error().why.find("is no http://host:port"), std::string::npos) << path.error().why;
  const auto bare = load_text("friends: [\"http://a\"]\n", "f");
  ASSERT_FALSE(bare);
  EXPECT_NE(bare.error().why.find("is no http://host:port"), std::string::npos) << bare.error().why;
}

TEST(Configuration, OpensThePortByOnOrTrue) {
  for (const char* word : {"on", "true"}) {
    const auto loaded = load_text(std::string("rest: {public: ") + word + "}\n", "f");
    ASSERT_TRUE(loaded) << loaded.error().why;
    EXPECT_TRUE(loaded->config.rest_public);
  }
  EXPECT_FALSE(load_text("rest: {public: yes}\n", "f"));
  EXPECT_FALSE(Config().rest_public);
}

TEST(Configuration, TurnsRestOffByOneWord) {
  const auto loaded = load_text("rest: off\n", "f");
  ASSERT_TRUE(loaded) << loaded.error().why;
  EXPECT_FALSE(loaded->config.rest_on);
}

TEST(Configuration, AcceptsByTheDirectoryOnceThereIsOne) {
  const auto with = load_text("directory: {url: \"http://127.0.0.1:7400/\"}\n", "f");
  ASSERT_TRUE(with) << with.error().why;
  EXPECT_EQ(with->config.accept, AcceptPolicy::kDirectory);
  EXPECT_EQ(with->config.directory_url, "http://127.0.0.1:7400");
  const auto told = load_text("directory: {url: \"http://127.0.0.1:7400\"}\naccept: listed\n", "f");
  ASSERT_TRUE(told);
  EXPECT_EQ(told->config.accept, AcceptPolicy::kListed);
}

TEST(Configuration, ShowsABrokerWithoutItsPassword) {
  const auto loaded = load_text("broker: {url: \"amqp://ana:sesame@[::1]/lab\"}\n", "f");
  ASSERT_TRUE(loaded) << loaded.error().why;
  EXPECT_EQ(loaded->config.broker_url, "amqp://ana:sesame@[::1]/lab");
  EXPECT_EQ(shown(*loaded, "broker.url").value, "amqp://[::1]:5672/lab");
}

TEST(Configuration, MayBeEmptyOrCommentedOut) {
  for (const char* text : {"", "# nothing\n", "friends:\nlisten:\nshares:\n"}) {
    const auto loaded = load_text(text, "f");
    ASSERT_TRUE(loaded) << text << loaded.error().why;
    EXPECT_EQ(loaded->config, Config());
  }
}

TEST(Configuration, SaysWhereEachValueComesFrom) {
  const Folder folder;
  const auto file = folder.file("shoal.yaml", "name: ana\nlisten:\n  port: 7000\n");
  LoadInputs inputs;
  inputs.places.config_file = file;
  inputs.environment = environment_of({{"SHOAL_SEARCH_TTL", "7"}, {"HOME", "/home/ana"}});
  inputs.flags = {{"log.level", "debug"}, {"shares", "[~/Books, /srv/music]"}};
  inputs.system_file = folder.path("none.yaml");
  const auto loaded = load(inputs);
  ASSERT_TRUE(loaded) << loaded.error().why;
  EXPECT_EQ(shown(*loaded, "listen.port").where, file + ":3:3");
  EXPECT_EQ(shown(*loaded, "listen.port").value, "7000");
  EXPECT_EQ(shown(*loaded, "search.ttl").where, "SHOAL_SEARCH_TTL");
  EXPECT_EQ(shown(*loaded, "log.level").where, "--set log.level");
  EXPECT_EQ(shown(*loaded, "network").where, "built-in");
  EXPECT_EQ(loaded->config.shares, (std::vector<std::string>{"/home/ana/Books", "/srv/music"}));
}

}  // namespace
}  // namespace shoal::config
