// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/config.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdlib>
#include <fstream>
#include <regex>

namespace shoal::bootstrap {
namespace {

std::string error_of(const std::string& text) {
  const auto config = parse_config(text, "d.yaml");
  if (config) return "";
  EXPECT_EQ(config.error().code, Errc::kConfig);
  EXPECT_FALSE(config.error().next.empty());
  return config.error().what + " " + config.error().why;
}

TEST(DirectoryConfig, ExampleSaysTheBuiltInValues) {
  const auto config = load_config("configs/directory.yaml");
  ASSERT_TRUE(config) << config.error().what << config.error().why;
  const Config built_in;
  EXPECT_EQ(config->listen, built_in.listen);
  EXPECT_EQ(config->data, built_in.data);
  EXPECT_EQ(config->hosts, built_in.hosts);
  EXPECT_EQ(config->store, built_in.store);
  EXPECT_EQ(config->proxies, built_in.proxies);
  EXPECT_EQ(config->lease, built_in.lease);
  EXPECT_EQ(config->index, built_in.index);
  EXPECT_EQ(config->log, built_in.log);
}

// What the example has as comments must be right, too: each "# key: value" line is taken for real.
TEST(DirectoryConfig, ExampleLoadsWithEveryKeyThatItExplains) {
  std::ifstream in("configs/directory.yaml");
  std::string text;
  int uncommented = 0;
  for (std::string line; std::getline(in, line);) {
    for (const std::string key : {"# data: ", "# hosts: ", "# store: ", "# proxies: "}) {
      if (!line.starts_with(key)) continue;
      line.erase(0, 2);
      ++uncommented;
    }
    text += line + "\n";
  }
  EXPECT_EQ(uncommented, 4);
  ::setenv("HOME", "/home/ana", 1);
  const auto config = parse_config(text, "d.yaml");
  ASSERT_TRUE(config) << config.error().what << config.error().why;
  EXPECT_EQ(config->data, "/home/ana/.local/share/shoal-directory");
  EXPECT_EQ(config->hosts, std::vector<std::string>{"directory.example.org"});
  EXPECT_EQ(config->proxies, std::vector<std::string>{"192.0.2.10"});
  EXPECT_EQ(config->store, "postgresql://shoal@db.example.org/shoal");
}

TEST(DirectoryConfig, NamesThePlaceOfWhatIsWrong) {
  EXPECT_EQ(error_of("listen: 127.0.0.1:0\nlog: warn\n"), "");
  EXPECT_EQ(error_of(""), "");
  const std::vector<std::pair<std::string, std::string>> table = {
      {"log: info\n  \n\nlisten_on: x\n", "d.yaml:4:1: .*unknown key \"listen_on\""},
      {"log: loud\n", "d.yaml:1:6: .*log: it is none of"},
      {"log: [info]\n", "d.yaml:1:6: .*log: a value is missing"},
      {"log:\n", "d.yaml:1:.*log: a value is missing"},
      {"log: info\nlog: warn\n", "d.yaml:2:1: .*stands twice"},
      {"listen: localhost:7400\n", "d.yaml:1:9: .*no numeric address"},
      {"listen: 127.0.0.1:70000\n", "d.yaml:1:9: .*65535"},
      {"lease: 91s\n", "d.yaml:1:8: .*lease"},
      {"lease: 100ms\n", "d.yaml:1:8: .*lease"},
      {"lease: 90\n", "d.yaml:1:8: .*lease"},
      {"index: maybe\n", "d.yaml:1:8: .*index"},
      {"store: mysql://x\n", "d.yaml:1:8: .*store: it is no postgresql"},
      {"proxies: [balancer]\n", "d.yaml:1:10: .*numeric"},
      {"hosts: example.org\n", "d.yaml:1:8: .*hosts"},
      {"hosts: [[a]]\n", "d.yaml:1:8: .*hosts"},
      {"- log\n", "d.yaml:1:1: .*no mapping"},
      {"log: info\n  bad: [\n", "d.yaml:2:"},
      {"log: *nobody\n", "d.yaml:1:"},
      {std::string(65 * 1024, '#'), "d.yaml: .*longer than 65536"},
  };
  for (const auto& [text, pattern] : table) {
    EXPECT_TRUE(std::regex_search(error_of(text), std::regex(pattern))) << error_of(text);
  }
}

TEST(DirectoryConfig, RefusesFilesThatAreNoneInWords) {
  for (const std::string file : {"/nonexistent/d.yaml", "/tmp", "/dev/zero"}) {
    const auto config = load_config(file);
    ASSERT_FALSE(config) << file;
    EXPECT_EQ(config.error().code, Errc::kConfig) << file;
    EXPECT_NE(config.error().what.find(file), std::string::npos) << config.error().what;
    EXPECT_FALSE(config.error().why.empty()) << file;
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
  const auto config = parse_config(text, "d.yaml");
  RC_ASSERT((config.has_value() || config.error().what.starts_with("d.yaml:")));
}

}  // namespace
}  // namespace shoal::bootstrap
