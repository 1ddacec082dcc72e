// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/config.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <map>
#include <regex>
#include <thread>

#include "tests/support/temp_folder.h"

namespace shoal::bootstrap {
namespace {

using std::chrono::milliseconds;
using Variables = std::map<std::string, std::string>;

Environment environment_of(Variables variables) {
  return [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

std::string words_of(const Result<Config>& config) {
  if (config) return "";
  EXPECT_EQ(config.error().code, Errc::kConfig);
  EXPECT_FALSE(config.error().next.empty());
  return config.error().why + "; " + config.error().next;
}

std::string error_of(const std::string& text) { return words_of(load_text(text, "d.yaml")); }

std::string text_of(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// All settings, each in other words than the built-in ones.
const Variables kAll{{"listen", "127.0.0.9:7500"},
                     {"data", "/srv/d"},
                     {"store", "postgresql://db/x"},
                     {"hosts", "[one.example, two.example]"},
                     {"proxies", "[192.0.2.10, \"2001:db8::1\"]"},
                     {"lease", "30s"},
                     {"index", "false"},
                     {"log", "debug"}};

Config all_of_it() {
  return {{"127.0.0.9", 7500},
          "/srv/d",
          "postgresql://db/x",
          {"one.example", "two.example"},
          {"192.0.2.10", "2001:db8::1"},
          milliseconds(30'000),
          false,
          "debug"};
}

TEST(DirectoryConfig, ExampleSaysTheBuiltInValues) {
  const auto config = load_text(text_of("configs/directory.yaml"), "directory.yaml");
  ASSERT_TRUE(config) << words_of(config);
  EXPECT_EQ(*config, Config());
}

// What the example has as comments must be right, too: each "# key: value" line is taken for real.
TEST(DirectoryConfig, ExampleLoadsWithEveryKeyThatItExplains) {
  std::ifstream in("configs/directory.yaml");
  std::string text;
  for (std::string line; std::getline(in, line);) {
    for (const std::string key : {"# data: ", "# hosts: ", "# store: ", "# proxies: "}) {
      if (line.starts_with(key)) line.erase(0, 2);
    }
    text += line + "\n";
  }
  for (const auto& key : keys()) {
    EXPECT_NE(text.find("\n" + key + ": "), std::string::npos) << key << " is not explained";
  }
  const auto config = load_text(text, "d.yaml");
  ASSERT_TRUE(config) << words_of(config);
  EXPECT_EQ(config->data, "~/.local/share/shoal-directory");
  EXPECT_EQ(config->hosts, std::vector<std::string>{"directory.example.org"});
  EXPECT_EQ(config->proxies, std::vector<std::string>{"192.0.2.10"});
  EXPECT_EQ(config->store, "postgresql://shoal@db.example.org/shoal");
}

TEST(DirectoryConfig, TakesEverySettingFromTheFileTheEnvironmentAndFlags) {
  ASSERT_EQ(kAll.size(), keys().size());
  const tests::TempFolder folder;
  LoadInputs by_file{folder / "d.yaml", environment_of({}), {}, ""};
  LoadInputs by_environment{"", nullptr, {}, ""};
  LoadInputs by_flags{"", environment_of({}), {}, ""};
  Variables variables;
  {
    std::ofstream out(folder / "d.yaml");
    for (const auto& [key, value] : kAll) {
      out << key << ": " << value << "\n";
      variables[variable_of(key)] = value;
      by_flags.flags.emplace_back(key, value);
    }
  }
  by_environment.environment = environment_of(variables);
  for (const auto& inputs : {by_file, by_environment, by_flags}) {
    const auto config = load(inputs);
    ASSERT_TRUE(config) << words_of(config);
    EXPECT_EQ(*config, all_of_it());
  }
  EXPECT_EQ(variable_of("listen"), "SHOAL_LISTEN");
}

TEST(DirectoryConfig, PrefersFlagsToTheEnvironmentToTheUsersFileToTheSystems) {
  const tests::TempFolder folder;
  std::filesystem::create_directories(folder / "home/.config/shoal");
  std::ofstream(folder / "etc.yaml") << "log: trace\nlease: 10s\nhosts: [a]\nindex: false\n";
  std::ofstream(folder / "home/.config/shoal/directory.yaml")
      << "log: debug\nlease: 20s\nhosts: [b]\n";
  LoadInputs inputs{"", nullptr, {{"log", "error"}}, folder / "etc.yaml"};
  inputs.environment =
      environment_of({{"HOME", folder / "home"}, {"SHOAL_LOG", "warn"}, {"SHOAL_LEASE", "30s"}});
  const auto config = load(inputs);
  ASSERT_TRUE(config) << words_of(config);
  EXPECT_EQ(config->log, "error");
  EXPECT_EQ(config->lease, milliseconds(30'000));
  EXPECT_EQ(config->hosts, std::vector<std::string>{"b"});
  EXPECT_FALSE(config->index);
  EXPECT_EQ(config->data, folder / "home/.local/share/shoal-directory");
  // A file that is named stands for the user's own, and must be there.
  std::ofstream(folder / "named.yaml") << "hosts: [c]\n";
  const auto named = [&](const std::string& flag, const std::string& variable) {
    inputs.file = flag;
    inputs.environment =
        environment_of({{"HOME", folder / "home"}, {"SHOAL_DIRECTORY_CONFIG", variable}});
    return load(inputs);
  };
  EXPECT_EQ(named("", folder / "named.yaml")->hosts, std::vector<std::string>{"c"});
  EXPECT_EQ(named(folder / "named.yaml", "/none")->hosts, std::vector<std::string>{"c"});
  EXPECT_NE(words_of(named("", "/none")).find("/none"), std::string::npos);
}

TEST(DirectoryConfig, TakesAnEmptyFlagForTheBuiltInValueWhateverAVariableSays) {
  const Variables set{{"HOME", "/home/ana"},
                      {"SHOAL_DATA", "/srv/d"},
                      {"SHOAL_STORE", "postgresql://db/x"},
                      {"SHOAL_HOSTS", "[one.example]"},
                      {"SHOAL_PROXIES", "[192.0.2.10]"}};
  LoadInputs inputs{"", environment_of(set), {}, ""};
  for (const std::string key : {"data", "store", "hosts", "proxies"}) {
    inputs.flags.emplace_back(key, "");
  }
  Config built_in;
  built_in.data = "/home/ana/.local/share/shoal-directory";
  const auto config = load(inputs);
  ASSERT_TRUE(config) << words_of(config);
  EXPECT_EQ(*config, built_in);
}

TEST(DirectoryConfig, TakesAnEmptyVariableForTheBuiltInValueWhateverAFileSays) {
  const tests::TempFolder folder;
  std::ofstream(folder / "d.yaml") << "data: /d\nstore: postgresql://db/x\nhosts: [a]\n";
  const Variables variables{
      {"HOME", "/home/ana"}, {"SHOAL_DATA", ""}, {"SHOAL_STORE", ""}, {"SHOAL_HOSTS", ""}};
  Config built_in;
  built_in.data = "/home/ana/.local/share/shoal-directory";
  const auto config = load({folder / "d.yaml", environment_of(variables), {}, ""});
  ASSERT_TRUE(config) << words_of(config);
  EXPECT_EQ(*config, built_in);
}

TEST(DirectoryConfig, ReadsWhatIsNoFolderAsAFile) {
  const auto config = load({"/dev/null", environment_of({}), {}, ""});
  ASSERT_TRUE(config) << words_of(config);
  EXPECT_EQ(*config, Config());
  const tests::TempFolder folder;
  EXPECT_NE(words_of(load({folder.path(), environment_of({}), {}, ""})).find("directory"),
            std::string::npos);
}

// As a shell's <(..) names them: what is written comes late.
TEST(DirectoryConfig, ReadsAPipeToItsEnd) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  std::jthread writer([&] {
    EXPECT_EQ(::write(ends[1], "log: ", 5), 5);
    std::this_thread::yield();
    EXPECT_EQ(::write(ends[1], "debug\n", 6), 6);
    ::close(ends[1]);
  });
  const auto config = load({"/dev/fd/" + std::to_string(ends[0]), environment_of({}), {}, ""});
  ASSERT_TRUE(config) << words_of(config);
  EXPECT_EQ(config->log, "debug");
  ::close(ends[0]);
}

TEST(DirectoryConfig, NamesTheVariableOrTheFlagThatIsWrong) {
  LoadInputs inputs{"", environment_of({{"SHOAL_LEASE", "soon"}}), {}, ""};
  EXPECT_TRUE(words_of(load(inputs)).starts_with("SHOAL_LEASE: lease: ")) << words_of(load(inputs));
  inputs.environment = environment_of({{"SHOAL_HOSTS", "[a"}});
  EXPECT_TRUE(words_of(load(inputs)).starts_with("SHOAL_HOSTS:1:")) << words_of(load(inputs));
  inputs.environment = environment_of({});
  inputs.flags = {{"log", "loud"}};
  EXPECT_TRUE(words_of(load(inputs)).starts_with("--set log: log: ")) << words_of(load(inputs));
  inputs.flags = {{"lgo", "info"}};
  EXPECT_EQ(words_of(load(inputs)), "--set: there is no setting \"lgo\"; did you mean log?");
  inputs.flags = {{"data", "~/d"}};
  EXPECT_NE(words_of(load(inputs)).find("HOME is not set"), std::string::npos);
}

TEST(DirectoryConfig, NamesThePlaceOfWhatIsWrong) {
  EXPECT_EQ(error_of("listen: 127.0.0.1:0\nlog: warn\n"), "");
  EXPECT_EQ(error_of(""), "");
  EXPECT_EQ(error_of("hosts:\n"), "");
  const std::vector<std::pair<std::string, std::string>> table = {
      {"log: info\n  \n\nlisten_on: x\n", "d.yaml:4:1: .*no setting \"listen_on\".*listen"},
      {"idnex: true\n", "d.yaml:1:1: .*did you mean index"},
      {"log: loud\n", "d.yaml:1:6: .*log: it is none of"},
      {"log: [info]\n", "d.yaml:1:6: .*log: "},
      {"log:\n", "d.yaml:1:1: .*log: a value is missing"},
      {"log: info\nlog: warn\n", "d.yaml:2:1: .*twice"},
      {"listen: localhost:7400\n", "d.yaml:1:9: .*no numeric address"},
      {"listen: 127.0.0.1:70000\n", "d.yaml:1:9: .*65535"},
      {"lease: 91s\n", "d.yaml:1:8: .*lease"},
      {"lease: 100ms\n", "d.yaml:1:8: .*lease"},
      {"lease: 90\n", "d.yaml:1:8: .*lease"},
      {"index: maybe\n", "d.yaml:1:8: .*index"},
      {"store: mysql://x\n", "d.yaml:1:8: .*store: it is no postgresql"},
      {"proxies: [balancer]\n", "d.yaml:1:11: .*numeric"},
      {"hosts: example.org\n", "d.yaml:1:8: .*hosts"},
      {"hosts: [[a]]\n", "d.yaml:1:9: .*hosts"},
      {"- log\n", "d.yaml:1:1: .*name: value"},
      {"log: info\n  bad: [\n", "d.yaml:2:"},
      {"log: *nobody\n", "d.yaml:1:"},
      {std::string(65 * 1024, '#'), "d.yaml: .*longer than 65536"},
  };
  for (const auto& [text, pattern] : table) {
    EXPECT_TRUE(std::regex_search(error_of(text), std::regex(pattern))) << pattern << "\n"
                                                                        << error_of(text);
  }
}

TEST(DirectoryConfig, RefusesFilesThatAreNoneInWords) {
  for (const std::string file : {"/nonexistent/d.yaml", "/tmp", "/dev/zero"}) {
    const auto config = load({file, environment_of({}), {}, ""});
    ASSERT_FALSE(config) << file;
    EXPECT_NE(words_of(config).find(file), std::string::npos) << words_of(config);
  }
}

TEST(DirectoryConfig, ReadsEndpoints) {
  EXPECT_EQ(parse_listen("127.0.0.2:0"), (Listen{"127.0.0.2", 0}));
  EXPECT_EQ(parse_listen("[::1]:7400"), (Listen{"::1", 7400}));
  for (const auto* text : {"", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:-1", "127.0.0.1:65536",
                           "127.0.0.1:1x", "::1:7400", "[127.0.0.1]:1", "host:1"}) {
    EXPECT_FALSE(parse_listen(text)) << text;
  }
}

RC_GTEST_PROP(DirectoryConfig, AnswersAnyTextWithAValueOrAnErrorWithAPlace, ()) {
  const auto alphabet = rc::gen::elementOf(std::string("listendaghoe: \n-[]{}&*'\"#|>%@,0917.~s"));
  const auto text = *rc::gen::container<std::string>(alphabet).as("text");
  const auto config = load_text(text, "d.yaml");
  RC_ASSERT((config.has_value() || config.error().why.starts_with("d.yaml:")));
}

}  // namespace
}  // namespace shoal::bootstrap
