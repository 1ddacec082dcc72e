// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "cli/config/config.h"
#include "proto/rpc/friend_url.h"
#include "proto/rpc/identity.h"
#include "proto/types/text.h"
#include "tests/cli/client/fake_daemon.h"

namespace shoal::client {
namespace {

std::string read(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

unsigned mode_of(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 0777U : 0U;
}

std::string url_of(unsigned char byte) { return "shoal://" + peer_text(byte) + "@127.0.0.1:7401"; }

TEST(Init, BesideADaemonThatRunsSaysThatItMustStartAnew) {
  FakeDaemon daemon;
  daemon.answer("GET", "/v1/status", R"({"pid":1})").start();
  const auto done = Shell(daemon).run({"init"});
  EXPECT_EQ(done.code, 0);
  EXPECT_TRUE(has(done.err, "next: shoal down, then shoal up")) << done.err;
}

TEST(Init, MakesAKeyAndAConfigurationThatTheDaemonUnderstands) {
  const FakeDaemon nobody;
  const std::string home = nobody.folder();
  const auto done =
      Shell(nobody).run({"init", "--name", "ana \"the\" fish", "--listen", "127.0.0.9",
                         "--directory", "http://127.0.0.1:7000", "--friend", url_of(1), "--friend",
                         url_of(2), "--friend", url_of(3)});
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(mode_of(home + "/data/identity.key"), 0600U);
  EXPECT_EQ(mode_of(home + "/shoal.yaml"), 0600U);
  const auto loaded = config::load_text(read(home + "/shoal.yaml"), "shoal.yaml");
  ASSERT_TRUE(loaded) << loaded.error().why;
  EXPECT_EQ(loaded->config.name, "ana \"the\" fish");
  EXPECT_EQ(loaded->config.listen_address, "127.0.0.9");
  EXPECT_EQ(loaded->config.directory_url, "http://127.0.0.1:7000");
  ASSERT_EQ(loaded->config.friends.size(), 3U);
  EXPECT_EQ(loaded->config.friends[0].role, Role::kPrimary);
  EXPECT_EQ(loaded->config.friends[1].role, Role::kSecondary);
  EXPECT_EQ(loaded->config.friends[2].role, Role::kFriend);
  EXPECT_EQ(to_text(loaded->config.friends[1].url), url_of(2));
  const auto key = rpc::Identity::load_or_create(home + "/data");
  ASSERT_TRUE(key);
  EXPECT_TRUE(has(done.out, "created key   ed25519 " + to_short_text(key->id()))) << done.out;
  EXPECT_TRUE(has(done.err, "next: shoal up"));
}

TEST(Init, TakesRolesInTheOrderOfTheFriends) {
  const FakeDaemon nobody;
  ASSERT_EQ(Shell(nobody)
                .run({"init", "--friend", url_of(1), "--role", "friend", "--friend", url_of(2),
                      "--role", "primary"})
                .code,
            0);
  const auto loaded = config::load_text(read(nobody.folder() + "/shoal.yaml"), "shoal.yaml");
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->config.friends.at(0).role, Role::kFriend);
  EXPECT_EQ(loaded->config.friends.at(1).role, Role::kPrimary);
}

TEST(Init, OverwritesNothing) {
  const FakeDaemon nobody;
  Shell shell(nobody);
  const auto first = shell.run({"init", "--name", "ana", "-q"});
  ASSERT_EQ(first.code, 0);
  const std::string before = read(nobody.folder() + "/shoal.yaml");
  const auto again = shell.run({"init", "--name", "eve"});
  EXPECT_EQ(again.code, 1);
  EXPECT_TRUE(has(again.err, "exists already")) << again.err;
  EXPECT_EQ(read(nobody.folder() + "/shoal.yaml"), before);
  std::filesystem::remove(nobody.folder() + "/shoal.yaml");
  const auto kept = shell.run({"init", "--name", "ana", "-q"});
  EXPECT_EQ(kept.out, first.out);
}

TEST(Init, MakesNothingFromBadWords) {
  const FakeDaemon nobody;
  const std::vector<std::vector<std::string>> wrong{
      {"init", "--friend", "http://x"},
      {"init", "--friend", url_of(1), "--role", "boss"},
      {"init", "--role", "primary"},
      {"init", "--name", "a\nb"},
      {"init", "--name", std::string(65, 'x')},
      {"init", "--friend", url_of(1), "--friend", url_of(1)},
      {"init", "--directory", "nonsense"},
      {"init", "--listen", "here\"\nname: eve"},
  };
  for (const auto& words : wrong) {
    EXPECT_NE(Shell(nobody).run(words).code, 0) << words.back();
    EXPECT_FALSE(std::filesystem::exists(nobody.folder() + "/shoal.yaml")) << words.back();
    EXPECT_FALSE(std::filesystem::exists(nobody.folder() + "/data")) << words.back();
  }
}

TEST(Config, ShowsValuesAndWhereTheyComeFrom) {
  const FakeDaemon nobody;
  Shell shell(nobody);
  ASSERT_EQ(shell.run({"init", "--name", "ana"}).code, 0);
  shell.with("SHOAL_SEARCH_TTL", "7");
  const auto all = shell.run({"config", "show", "--origin"});
  EXPECT_EQ(all.code, 0) << all.err;
  EXPECT_TRUE(has(all.out, "name\tana\t" + nobody.folder() + "/shoal.yaml:")) << all.out;
  EXPECT_TRUE(has(all.out, "search.ttl\t7\tSHOAL_SEARCH_TTL\n")) << all.out;
  EXPECT_EQ(shell.run({"config", "show", "search.ttl"}).out, "search.ttl\t7\n");
  EXPECT_EQ(shell.run({"config", "path"}).out, nobody.folder() + "/shoal.yaml\n");
  EXPECT_EQ(shell.run({"config", "check"}).code, 0);
  EXPECT_EQ(shell.run({"config", "show", "nosuch"}).code, 3);
  EXPECT_EQ(shell.run({"config", "paint"}).code, 2);
}

TEST(Config, ExitsWith9AndThePlaceWhenTheFileIsWrong) {
  const FakeDaemon nobody;
  std::ofstream(nobody.folder() + "/shoal.yaml") << "config_version: 1\nnaem: ana\n";
  const auto done = Shell(nobody).run({"config", "check"});
  EXPECT_EQ(done.code, 9);
  EXPECT_TRUE(has(done.err, "shoal.yaml:2:1")) << done.err;
}

}  // namespace
}  // namespace shoal::client
