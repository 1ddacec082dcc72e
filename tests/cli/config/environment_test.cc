// SPDX-License-Identifier: Apache-2.0
// Every setting can be given by the environment: SHOAL_ and its key.
#include <gtest/gtest.h>

#include "tests/cli/config/support.h"

namespace shoal::config {
namespace {

struct Given {
  std::string value;
  std::string shown = value;  ///< as `shoal config show` has it
};

// One that is not built in for each key, so that it shows.
std::map<std::string, Given> values() {
  const std::string peer = friend_url(1);
  return {{"config_version", {"1"}},
          {"name", {"marta"}},
          {"listen.address", {"0.0.0.0"}},
          {"listen.port", {"7999"}},
          {"listen.announce", {"[ana.example]", "[\"ana.example\"]"}},
          {"rest", {"off"}},
          {"rest.address", {"127.0.0.9"}},
          {"rest.port", {"7998"}},
          {"rest.public", {"on"}},
          {"network", {"village"}},
          {"network.name", {"town"}},
          {"network.mode", {"open"}},
          {"network.membership", {"hyparview"}},
          {"network.join", {"[\"" + peer + "\"]"}},
          {"network.active", {"7"}},
          {"network.passive", {"11"}},
          {"network.cycle", {"20s"}},
          {"network.overlays", {"[walk]", "[\"walk\"]"}},
          {"friends", {"[{url: \"" + peer + "\", role: primary}]"}},
          {"trust", {"pinned-only"}},
          {"accept", {"anyone"}},
          {"directory.url", {"http://192.0.2.1:7400"}},
          {"directory.index", {"true", "on"}},
          {"broker.url", {"amqp://u:secret@192.0.2.1:5672/v"}},
          {"search.via", {"ring"}},
          {"search.ttl", {"9"}},
          {"search.budget", {"11s"}},
          {"search.rule", {"classic"}},
          {"download.folder", {"/d"}},
          {"download.keep_free", {"1GiB"}},
          {"upload.rate", {"3MiB/s"}},
          {"upload.rate_per_friend", {"2MiB/s"}},
          {"upload.slots", {"3"}},
          {"upload.slots_per_friend", {"1"}},
          {"inbox.accept", {"share"}},
          {"inbox.folder", {"/i"}},
          {"inbox.quota", {"3GiB"}},
          {"inbox.friend_quota", {"1GiB"}},
          {"shares", {"[/a, /b]", "[\"/a\", \"/b\"]"}},
          {"rescan.interval", {"3m"}},
          {"record.file", {"/r"}},
          {"log.level", {"debug"}},
          {"log.format", {"json"}}};
}

Result<Loaded> load_with(const std::map<std::string, std::string>& variables) {
  LoadInputs inputs;
  inputs.environment = environment_of(variables);
  return load(inputs);
}

TEST(Environment, GivesEverySettingThatThereIs) {
  const auto built_in = load_with({});
  ASSERT_TRUE(built_in) << built_in.error().why;
  const auto given = values();
  for (const auto& setting : built_in->settings) {
    const auto found = given.find(setting.key);
    ASSERT_NE(found, given.end()) << setting.key << " is new: say a value of it here";
    const auto loaded = load_with({{variable_of(setting.key), found->second.value}});
    ASSERT_TRUE(loaded) << setting.key << ": " << loaded.error().why;
    const auto now = shown(*loaded, setting.key);
    EXPECT_EQ(now.origin, Origin::kEnvironment) << setting.key;
    if (setting.key == "friends") {
      EXPECT_EQ(loaded->config.friends.size(), 1U);
      continue;  // shown in words of its own
    }
    if (setting.key == "broker.url") {
      EXPECT_EQ(loaded->config.broker_url, found->second.value);
      EXPECT_EQ(now.value.find("secret"), std::string::npos) << "never with its password";
      continue;
    }
    EXPECT_EQ(now.value, found->second.shown) << setting.key;
    if (setting.key != "config_version") {
      EXPECT_NE(now.value, setting.value) << setting.key << " is built in so: nothing is shown";
    }
  }
  EXPECT_EQ(given.size(), built_in->settings.size()) << "a key here is no setting any more";
}

TEST(Environment, GivesAllOfThemAtOnce) {
  std::map<std::string, std::string> variables;
  for (const auto& [key, value] : values()) variables[variable_of(key)] = value.value;
  const auto loaded = load_with(variables);
  ASSERT_TRUE(loaded) << loaded.error().why;
  for (const auto& setting : loaded->settings) {
    EXPECT_EQ(setting.origin, Origin::kEnvironment) << setting.key;
  }
  EXPECT_EQ(loaded->config.upload_slots, 3U);
  EXPECT_EQ(loaded->config.shares.size(), 2U);
}

TEST(Environment, NamesTheVariableThatIsWrong) {
  const auto loaded = load_with({{"SHOAL_SEARCH_TTL", "99"}});
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, Errc::kConfig);
  EXPECT_NE((loaded.error().what + loaded.error().why).find("SHOAL_SEARCH_TTL"), std::string::npos)
      << loaded.error().what << ": " << loaded.error().why;
}

}  // namespace
}  // namespace shoal::config
