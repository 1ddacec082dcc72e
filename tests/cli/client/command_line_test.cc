// SPDX-License-Identifier: Apache-2.0
#include "cli/client/command_line.h"

#include <gtest/gtest.h>

#include "cli/client/help.h"
#include "tests/cli/client/fake_daemon.h"

namespace shoal::client {
namespace {

TEST(CommandLine, TakesGlobalOptionsBeforeAndAfterTheVerb) {
  for (const auto& words : {std::vector<std::string>{"--home", "/h", "-q", "status"},
                            std::vector<std::string>{"status", "-q", "--home", "/h"}}) {
    const auto line = parse_command_line(words);
    ASSERT_TRUE(line);
    EXPECT_EQ(line->verb->name, "status");
    EXPECT_EQ(line->globals.home, "/h");
    EXPECT_TRUE(line->globals.quiet);
  }
}

TEST(CommandLine, JsonTakesFieldsOnlyAfterAnEqualsSign) {
  const auto all = parse_command_line({"search", "--json", "book"});
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->globals.json);
  EXPECT_TRUE(all->globals.json_fields.empty());
  EXPECT_EQ(all->arguments.words, (std::vector<std::string>{"book"}));
  const auto some = parse_command_line({"search", "book", "--json=name,size"});
  ASSERT_TRUE(some);
  EXPECT_EQ(some->globals.json_fields, (std::vector<std::string>{"name", "size"}));
}

TEST(CommandLine, WordsAfterADoubleDashAreNoOptions) {
  const auto line = parse_command_line({"search", "--", "--ttl", "-q"});
  ASSERT_TRUE(line);
  EXPECT_EQ(line->arguments.words, (std::vector<std::string>{"--ttl", "-q"}));
}

TEST(CommandLine, TakesOneWordForAnOptionAndLeavesTheNextToTheVerb) {
  const auto line = parse_command_line({"search", "--ttl", "3", "gpl", "--set", "a=1", "text"});
  ASSERT_TRUE(line);
  EXPECT_EQ(line->arguments.value("--ttl"), "3");
  EXPECT_EQ(line->arguments.all("--set"), (std::vector<std::string>{"a=1"}));
  EXPECT_EQ(line->arguments.words, (std::vector<std::string>{"gpl", "text"}));
  const auto dash = parse_command_line({"search", "--ttl", "3", "--", "-q"});
  ASSERT_TRUE(dash);
  EXPECT_EQ(dash->arguments.words, (std::vector<std::string>{"-q"}));
}

TEST(CommandLine, LeavesBracketsAndBracesAlone) {
  const auto line = parse_command_line({"search", "[a,b]", "--set", "[c,d]", "--via={}"});
  ASSERT_TRUE(line);
  EXPECT_EQ(line->arguments.words, (std::vector<std::string>{"[a,b]"}));
  EXPECT_EQ(line->arguments.all("--set"), (std::vector<std::string>{"[c,d]"}));
  EXPECT_EQ(line->arguments.value("--via"), "{}");
  const auto braces = parse_command_line({"search", "{}"});
  ASSERT_TRUE(braces);
  EXPECT_EQ(braces->arguments.words, (std::vector<std::string>{"{}"}));
}

TEST(CommandLine, TakesNothingBehindAnEqualsSignForNothing) {
  const auto line = parse_command_line({"--home=", "search", "--via=", "gpl", "--", "--ttl="});
  ASSERT_TRUE(line);
  EXPECT_EQ(line->globals.home, "");
  EXPECT_EQ(line->arguments.value("--via"), "");
  EXPECT_EQ(line->arguments.words, (std::vector<std::string>{"gpl", "--ttl="}));
}

TEST(CommandLine, RefusesWhatItDoesNotKnow) {
  const std::vector<std::vector<std::string>> wrong{
      {"search", "x", "--nosuch"},
      {"search", "x", "--ttl"},
      {"status", "extra"},
      {"get"},
      {"get", "1", "2"},
      {"status", "--color", "maybe"},
      {"status", "--progress", "loud"},
      {"status", "--timeout", "soon"},
      {"--nosuch"},
      {"frobnicate"},
  };
  for (const auto& words : wrong) {
    const auto line = parse_command_line(words);
    ASSERT_FALSE(line) << words.back();
    EXPECT_EQ(info(line.error().code).exit_code, 2) << words.back();
    EXPECT_FALSE(line.error().next.empty()) << words.back();
  }
}

TEST(CommandLine, RefusesNumbersThatAreNone) {
  const FakeDaemon nobody;
  for (const char* ttl : {"0", "16", "-1", "five", "5x", ""}) {
    const auto done = Shell(nobody).run({"search", "x", std::string("--ttl=") + ttl});
    EXPECT_EQ(done.code, 2) << ttl << done.err;
  }
  EXPECT_EQ(Shell(nobody).run({"search", "x", "--min-size", "9EiB"}).code, 2);
  EXPECT_EQ(Shell(nobody).run({"search", "x", "--budget", "99999999999999999999s"}).code, 2);
}

TEST(CommandLine, TakesNoValueOfAnOptionForTheVerb) {
  const auto wrong = parse_command_line({"--home", "/srv/ana", "-C", "x", "get", "1", "--detach"});
  ASSERT_FALSE(wrong);
  EXPECT_TRUE(has(wrong.error().why, "--detach")) << wrong.error().what;
  EXPECT_EQ(wrong.error().next, "shoal get --help");
  const auto none = parse_command_line({"--color", "never", "serch"});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().what, "shoal has no verb \"serch\"");
}

TEST(CommandLine, SuggestsTheNearestVerb) {
  EXPECT_EQ(nearest_verb("serch"), "search");
  EXPECT_EQ(nearest_verb("satus"), "status");
  EXPECT_EQ(nearest_verb("freinds"), "friends");
  EXPECT_EQ(nearest_verb("gte"), "get");
  EXPECT_EQ(nearest_verb("zzzzzzzz"), "");
  const FakeDaemon nobody;
  const auto done = Shell(nobody).run({"serch", "x"});
  EXPECT_EQ(done.code, 2);
  EXPECT_TRUE(has(done.err, "did you mean: shoal search")) << done.err;
}

TEST(Help, NamesEveryVerbInGroups) {
  const FakeDaemon nobody;
  const auto page = Shell(nobody).run({"help"});
  EXPECT_EQ(page.code, 0);
  EXPECT_LT(page.out.find("EXAMPLES"), page.out.find("START"));
  EXPECT_LT(page.out.find("START"), page.out.find("FILES"));
  EXPECT_LT(page.out.find("FILES"), page.out.find("PEOPLE"));
  for (const auto& verb : verbs()) {
    EXPECT_TRUE(has(page.out, "\n  " + std::string(verb.name) + " ")) << verb.name;
  }
}

TEST(Help, OfAVerbShowsExamplesFirstAndEachOption) {
  const FakeDaemon nobody;
  for (const auto& verb : verbs()) {
    const auto page = Shell(nobody).run({"help", std::string(verb.name)});
    EXPECT_EQ(page.code, 0);
    EXPECT_TRUE(has(page.out, "EXIT CODES"));
    const auto examples = page.out.find("EXAMPLES\n  shoal ");
    ASSERT_NE(examples, std::string::npos) << verb.name;
    EXPECT_LT(examples, page.out.find("OPTIONS OF EVERY VERB\n")) << verb.name;
    EXPECT_TRUE(has(page.out, std::string(verb.notes.substr(0, verb.notes.find('\n')))));
    for (const auto& flag : verb.flags) EXPECT_TRUE(has(page.out, std::string(flag.help)));
    if (verb.name == "daemon" || verb.name == "sim") continue;  // these hand --help on
    const auto same = Shell(nobody).run({std::string(verb.name), "--help"});
    EXPECT_EQ(same.out, page.out) << verb.name;
  }
}

TEST(Help, ExamplesAreCommandsThatParse) {
  for (const auto& verb : verbs()) {
    std::istringstream lines{std::string(verb.examples)};
    for (std::string line; std::getline(lines, line);) {
      std::istringstream in(line);
      std::vector<std::string> words;
      for (std::string word; in >> word;) words.push_back(word);
      ASSERT_EQ(words.front(), "shoal");
      words.erase(words.begin());
      const auto parsed = parse_command_line(words);
      EXPECT_TRUE(parsed) << line << ": " << parsed.error().why;
    }
  }
}

TEST(Color, IsNeverInPipesAndHonoursNoColor) {
  FakeDaemon daemon;
  daemon.answer("GET", "/v1/friends", R"({"items":[{"id":"a","name":"b"}]})").start();
  const auto colored = [&](Shell& shell, Where where, const std::string& flag) {
    return has(shell.run({"friends", flag}, where).out, "\x1b[");
  };
  Shell shell(daemon);
  shell.with("TERM", "xterm");
  EXPECT_TRUE(colored(shell, Where::kTerminal, "--color=auto"));
  EXPECT_FALSE(colored(shell, Where::kTerminal, "--color=never"));
  EXPECT_FALSE(colored(shell, Where::kPipe, "--color=auto"));
  shell.with("NO_COLOR", "1");
  EXPECT_FALSE(colored(shell, Where::kTerminal, "--color=auto"));
  Shell dumb(daemon);
  dumb.with("TERM", "dumb");
  EXPECT_FALSE(colored(dumb, Where::kTerminal, "--color=auto"));
}

}  // namespace
}  // namespace shoal::client
