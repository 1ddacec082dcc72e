// SPDX-License-Identifier: Apache-2.0
// Each way a configuration can be wrong, with the words and the place that its owner gets.
#include <ostream>

#include "proto/types/limits.h"
#include "tests/cli/config/support.h"

namespace shoal::config {
namespace {

struct Wrong {
  std::string text;
  std::string place;  ///< "file:line:column"
  std::string why;    ///< part of it
  std::string next;   ///< part of it
};
void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.text.substr(0, 60); }

class Refusals : public testing::TestWithParam<Wrong> {};

TEST_P(Refusals, NamePlaceCauseAndCure) {
  const auto& wrong = GetParam();
  const auto loaded = load_text(wrong.text, "f.yaml");
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, Errc::kConfig);
  EXPECT_EQ(info(loaded.error().code).exit_code, 9);
  EXPECT_TRUE(loaded.error().why.starts_with(wrong.place + ":")) << loaded.error().why;
  EXPECT_NE(loaded.error().why.find(wrong.why), std::string::npos) << loaded.error().why;
  EXPECT_NE(loaded.error().next.find(wrong.next), std::string::npos) << loaded.error().next;
}

INSTANTIATE_TEST_SUITE_P(
    Names, Refusals,
    testing::Values(Wrong{"nmae: ana\n", "f.yaml:1:1", "no setting \"nmae\"", "did you mean name?"},
                    Wrong{"name: ana\nlisten:\n  prot: 1\n", "f.yaml:3:3", "\"listen.prot\"",
                          "mean port?"},
                    Wrong{"listen:\n  adress: ::1\n", "f.yaml:2:3", "no setting", "mean address?"},
                    Wrong{"ttl: 3\n", "f.yaml:1:1", "no setting \"ttl\"", "under search"},
                    Wrong{"zzzzzzzz: 3\n", "f.yaml:1:1", "no setting", "configs/peer.yaml"},
                    Wrong{"name: a\nname: b\n", "f.yaml:2:1", "set twice", ""},
                    Wrong{"search: {ttl: 1, ttl: 2}\n", "f.yaml:1:18", "set twice", ""},
                    Wrong{"listen: 7401\n", "f.yaml:1:9", "settings below it", ""},
                    Wrong{"name: {first: ana}\n", "f.yaml:1:7", "one value is expected", ""},
                    Wrong{"friends: {url: x}\n", "f.yaml:1:10", "a list is expected", ""}));

INSTANTIATE_TEST_SUITE_P(
    Values, Refusals,
    testing::Values(
        Wrong{"config_version: 2\n", "f.yaml:1:17", "config_version", ""},
        Wrong{"name:\n", "f.yaml:1:1", "name: it has no value", ""},
        Wrong{"name: \"\"\n", "f.yaml:1:7", "it is empty", ""},
        Wrong{"name: " + std::string(65, 'a') + "\n", "f.yaml:1:7", "longer than 64", ""},
        Wrong{"name: \"a\\nb\"\n", "f.yaml:1:7", "control characters", ""},
        Wrong{"name: \"\xff\"\n", "f.yaml:1:7", "without control", ""},
        Wrong{"listen: {port: 65536}\n", "f.yaml:1:16", "from 0 to 65535", ""},
        Wrong{"listen: {port: -1}\n", "f.yaml:1:16", "no whole number", ""},
        Wrong{"listen: {port: 7k}\n", "f.yaml:1:16", "no whole number", ""},
        Wrong{"listen: {address: localhost}\n", "f.yaml:1:19", "no numeric address", "0.0.0.0"},
        Wrong{"listen:\n  announce: [\"a b\"]\n", "f.yaml:2:14", "neither a host", ""},
        Wrong{"rest: of\n", "f.yaml:1:7", "none of on, off", ""},
        Wrong{"upload: {rate: fast}\n", "f.yaml:1:16", "is no rate from 10KB/s to 1TB/s", "2MB"},
        Wrong{"upload: {rate: 9KB/s}\n", "f.yaml:1:16", "no rate from 10KB/s", "0 is no limit"},
        Wrong{"upload: {slots: 0}\n", "f.yaml:1:17", "from 1 to 256", ""},
        Wrong{"accept: everyone\n", "f.yaml:1:9", "none of listed", "mean anyone?"},
        Wrong{"directory: {url: \"https://x:1\"}\n", "f.yaml:1:18", "no http://host:port", ""},
        Wrong{"broker: {url: \"http://x:1\"}\n", "f.yaml:1:15", "not begin with amqp://", "user:"},
        Wrong{"search: {ttl: 0}\n", "f.yaml:1:15", "from 1 to 15", ""},
        Wrong{"search: {ttl: 16}\n", "f.yaml:1:15", "from 1 to 15", ""},
        Wrong{"search: {budget: fast}\n", "f.yaml:1:18", "not a duration", "500ms"},
        Wrong{"search: {rule: deeper}\n", "f.yaml:1:16", "none of deepest", "mean deepest?"},
        Wrong{"download: {folder: here}\n", "f.yaml:1:20", "no absolute path", "~/"},
        Wrong{"shares:\n  - /a\n  - b\n", "f.yaml:3:5", "no absolute path", ""},
        Wrong{"log: {level: loud}\n", "f.yaml:1:14", "none of debug", ""}));

INSTANTIATE_TEST_SUITE_P(
    Friends, Refusals,
    testing::Values(
        Wrong{"friends:\n  - https://x:1\n", "f.yaml:2:5", "does not begin with shoal://", ""},
        Wrong{"friends:\n  - url: shoal://abc@x:1\n", "f.yaml:2:10", "not a friend's address", ""},
        Wrong{"friends:\n  - role: primary\n", "f.yaml:2:5", "has no url", ""},
        Wrong{"friends:\n  - url: " + friend_url(1) + "\n    rolle: friend\n", "f.yaml:3:5",
              "has no \"rolle\"", "url, role and"},
        Wrong{"friends:\n  - url: " + friend_url(1) + "\n    role: boss\n", "f.yaml:3:11",
              "none of primary", ""},
        Wrong{"friends:\n  - " + friend_url(1) + "\n  - " + friend_url(1) + "\n", "f.yaml:3:5",
              "listed twice", ""},
        Wrong{"friends:\n  - {url: \"" + friend_url(1) + "\", role: primary}\n  - {url: \"" +
                  friend_url(2) + "\", role: primary}\n",
              "f.yaml:3:5", "a primary already", ""}));

INSTANTIATE_TEST_SUITE_P(
    Documents, Refusals,
    testing::Values(Wrong{"a: [1, 2\n", "f.yaml:2:1", "no YAML", ""},
                    Wrong{"- name: ana\n", "f.yaml:1:1", "name: value", ""},
                    Wrong{"name: ana\n---\nname: luis\n", "f.yaml:3:1", "second document", ""},
                    Wrong{"name: &a ana\n", "f.yaml:1:7", "anchors", ""},
                    Wrong{"name: *a\n", "f.yaml:1:7", "", ""},
                    Wrong{"name: !!binary aGk=\n", "f.yaml:1:7", "tags", ""},
                    Wrong{"? [a, b]\n: c\n", "f.yaml:1:3", "a name is expected", ""},
                    Wrong{"shares: " + std::string(9, '[') + std::string(9, ']') + "\n",
                          "f.yaml:1:16", "nested too deeply", ""},
                    Wrong{"shares: " + std::string(60'000, '[') + "\n", "f.yaml:1", "", ""},
                    Wrong{std::string(limits::kConfigBytes + 1, '#'), "f.yaml",
                          "larger than 64 KiB", ""}));

TEST(Refusal, OfAliasesThatMultiplyComesBeforeTheyDo) {
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n";
  for (char name = 'b'; name < 'z'; ++name) {
    const std::string before(1, static_cast<char>(name - 1));
    bomb += std::string(1, name) + ": &" + name + " [*" + before + ",*" + before + ",*" + before +
            ",*" + before + "]\n";
  }
  const auto loaded = load_text(bomb, "bomb.yaml");
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().why, "bomb.yaml:1:4: anchors (&name) are not taken");
}

TEST(Refusal, OfAHugeFileDoesNotReadIt) {
  const Folder folder;
  LoadInputs inputs;
  inputs.environment = environment_of({});
  inputs.system_file = folder.path("none");
  inputs.places.config_file = folder.file("huge.yaml", std::string(10'000'000, 'x'));
  const auto loaded = load(inputs);
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().why.find("huge.yaml: it is larger than 64 KiB"), std::string::npos)
      << loaded.error().why;
}

TEST(Refusal, OfAFileThatWasNamedAndIsNotThere) {
  LoadInputs inputs;
  inputs.environment = environment_of({});
  inputs.system_file = "/nowhere/at/all";
  inputs.places.config_file = "/nowhere/at/all.yaml";
  EXPECT_TRUE(load(inputs)) << "nobody named it";
  inputs.places.config_given = true;
  const auto loaded = load(inputs);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, Errc::kConfig);
  inputs.places.config_file = "/tmp";
  EXPECT_FALSE(load(inputs)) << "a folder is no configuration";
}

TEST(Refusal, OfFlagsAndVariablesNamesThem) {
  LoadInputs inputs;
  inputs.system_file = "/nowhere/at/all";
  inputs.environment = environment_of({{"SHOAL_LISTEN_PORT", "many"}});
  const auto by_variable = load(inputs);
  ASSERT_FALSE(by_variable);
  EXPECT_NE(by_variable.error().why.find("SHOAL_LISTEN_PORT: listen.port: "), std::string::npos);
  inputs.environment = environment_of({});
  inputs.flags = {{"listen.prt", "1"}};
  const auto by_flag = load(inputs);
  ASSERT_FALSE(by_flag);
  EXPECT_EQ(by_flag.error().next, "did you mean listen.port?");
}

}  // namespace
}  // namespace shoal::config
