// SPDX-License-Identifier: Apache-2.0
// The real program, asked over loopback.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <future>

#include "tests/wire/bootstrap/program.h"
#include "tests/wire/bootstrap/support.h"
#include "tests/wire/http_world.h"

namespace shoal::bootstrap {
namespace {

using std::chrono::milliseconds;

class ShoalDirectory : public testing::Test {
 protected:
  [[nodiscard]] std::vector<std::string> arguments() const {
    return {"--listen", "127.0.0.1:0", "--data", folder / "data"};
  }
  [[nodiscard]] std::string config(const std::string& text) const {
    std::ofstream(folder / "d.yaml") << text;
    return folder / "d.yaml";
  }
  const http::TempFolder folder;
};

TEST_F(ShoalDirectory, LetsFortyPeersOfOneAddressJoinAtOnce) {
  Program program(arguments());
  const auto client = client_of(program.url());
  const auto began = Program::Clock::now();
  std::vector<std::future<int>> joins;
  for (int i = 0; i < 40; ++i) {
    joins.push_back(std::async(std::launch::async, [&client] {
      const auto answer = put(client, rpc::Identity::generate(), 1);
      return answer ? answer->status : 0;
    }));
  }
  for (auto& join : joins) EXPECT_EQ(join.get(), 200);
  EXPECT_LT(Program::Clock::now() - began, std::chrono::seconds(60));
  EXPECT_EQ(peers_listed(client), 40);
}

TEST_F(ShoalDirectory, ListsPageByPageAndSuggestsOthers) {
  Program program(arguments());
  const auto client = client_of(program.url());
  const auto ana = rpc::Identity::generate();
  ASSERT_EQ(put(client, ana, 1)->status, 200);
  const std::string suggestion = path_of(ana.id()) + "/suggestion";
  EXPECT_EQ(client.send("GET", suggestion)->status, 404);
  std::vector<rpc::Identity> others;
  for (int i = 0; i < 4; ++i) {
    others.push_back(rpc::Identity::generate());
    ASSERT_EQ(put(client, others.back(), 1)->status, 200);
  }
  std::set<std::string> seen;
  std::string cursor;
  int pages = 0;
  do {
    const auto body = client.call("GET", "/v1/peers?limit=2" + cursor);
    ASSERT_TRUE(body);
    const auto page = boost::json::parse(*body).as_object();
    for (const auto& item : page.at("items").as_array()) {
      EXPECT_TRUE(seen.insert(std::string(item.at("id").as_string())).second);
    }
    const auto* const next = page.if_contains("next_cursor");
    cursor = next == nullptr ? "" : "&cursor=" + std::string(next->as_string());
    ++pages;
  } while (!cursor.empty());
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(seen.size(), 5U);
  std::string except;
  for (std::size_t i = 0; i < 3; ++i)
    except += (i == 0 ? "?" : "&") + ("except=" + to_text(others[i].id()));
  for (int i = 0; i < 5; ++i) {
    const auto body = client.call("GET", suggestion + except);
    ASSERT_TRUE(body);
    EXPECT_EQ(boost::json::parse(*body).at("id").as_string(), to_text(others[3].id()));
  }
}

TEST_F(ShoalDirectory, ForgetsAPeerThatCrashed) {
  Program program(
      {"--config", config("lease: 800ms\n"), "--listen", "127.0.0.1:0", "--data", folder / "data"});
  const auto client = client_of(program.url());
  const auto ana = rpc::Identity::generate();
  const auto luis = rpc::Identity::generate();
  ASSERT_EQ(put(client, ana, 1)->status, 200);  // and never again
  std::uint64_t stamp = 0;
  EXPECT_TRUE(soon([&] {
    EXPECT_EQ(put(client, luis, ++stamp)->status, 200);
    return client.send("GET", path_of(ana.id()))->status == 404;
  }));
  EXPECT_EQ(client.send("GET", path_of(luis.id()))->status, 200);
  EXPECT_EQ(put(client, ana, 1)->status, 409);  // nobody brings it back with what it said
  EXPECT_EQ(put(client, ana, 2)->status, 200);
}

TEST_F(ShoalDirectory, RefusesForgedAndUsedRequestsInWords) {
  Program program(arguments());
  const auto client = client_of(program.url());
  const auto ana = rpc::Identity::generate();
  const auto mallory = rpc::Identity::generate();
  ASSERT_EQ(put(client, ana, 7)->status, 200);
  auto forged = lease_of(ana, 8, unix_now());
  forged.signature = mallory.sign(rpc::context::kLease, lease_bytes(8, forged.card));
  const std::vector<std::pair<std::string, int>> table = {
      {to_body(forged), 403},
      {to_body(lease_of(mallory, 8, unix_now())), 403},
      {to_body(lease_of(ana, 7, unix_now())), 409},
      {to_body(lease_of(ana, 8, unix_now() - 8000)), 400},
      {"{\"card\":", 400},
      {std::string(9000, ' '), 413},
  };
  for (const auto& [body, status] : table) {
    const auto answer = client.send("PUT", path_of(ana.id()), body);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, status) << answer->body;
    EXPECT_EQ(answer->content_type, "application/problem+json");
    const auto problem = boost::json::parse(answer->body).as_object();
    EXPECT_FALSE(problem.at("title").as_string().empty());
    EXPECT_FALSE(problem.at("detail").as_string().empty());
    EXPECT_TRUE(status != 403 || !problem.at("next").as_string().empty());
    EXPECT_TRUE(status != 409 || problem.at("stamp").to_number<std::uint64_t>() == 7U);
  }
  const auto foreign =
      client.send("DELETE", path_of(ana.id()) + "?" + to_query(leave_of(mallory, 9)));
  EXPECT_EQ(foreign->status, 403);
  EXPECT_EQ(client.send("DELETE", path_of(ana.id()))->status, 400);
  EXPECT_EQ(client.send("GET", path_of(ana.id()))->status, 200);
}

TEST_F(ShoalDirectory, RemovesAPeerThatLeaves) {
  Program program(arguments());
  const auto client = client_of(program.url());
  const auto ana = rpc::Identity::generate();
  ASSERT_EQ(put(client, ana, 1)->status, 200);
  const std::string goodbye = path_of(ana.id()) + "?" + to_query(leave_of(ana, 2));
  EXPECT_EQ(client.send("DELETE", goodbye)->status, 204);
  EXPECT_EQ(client.send("GET", path_of(ana.id()))->status, 404);
  EXPECT_EQ(peers_listed(client), 0);
  EXPECT_EQ(client.send("DELETE", goodbye)->status, 404);
}

TEST_F(ShoalDirectory, StaysUpAmongGarbageAndRequestsThatNeverEnd) {
  Program program(arguments());
  const std::string url = program.url();
  const auto target = http::Target::parse(url);
  ASSERT_TRUE(target);
  http::RawClient endless(*target);
  const std::string path = path_of(rpc::Identity::generate().id());
  endless.say("PUT " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
              "Content-Length: 5000\r\n\r\n{");
  const auto began = Program::Clock::now();
  for (const std::string& garbage :
       {std::string("\x16\x03\x01\x02\x00 tls\r\n\r\n"), std::string("PUT / HTTP/9.9\r\n\r\n"),
        std::string(20'000, 'A'), std::string("\0\0\0\0\r\n\r\n", 8)}) {
    http::RawClient client(*target);
    client.say(garbage);
    const auto answer = client.hear();
    EXPECT_TRUE(client.closed);
    EXPECT_TRUE(answer.empty() || answer.starts_with("HTTP/1.1 4") ||
                answer.starts_with("HTTP/1.1 5"))
        << answer;
  }
  // It drips for ever; the server does not listen for ever.
  while (!endless.closed && Program::Clock::now() - began < std::chrono::seconds(40)) {
    endless.say(" ");
    endless.hear("\x01never", milliseconds(50));
  }
  EXPECT_TRUE(endless.closed);
  EXPECT_LT(Program::Clock::now() - began, std::chrono::seconds(30));
  EXPECT_EQ(put(client_of(url), rpc::Identity::generate(), 1)->status, 200);
}

TEST_F(ShoalDirectory, KeepsLeasesOverARestartAndEndsInTime) {
  const auto ana = rpc::Identity::generate();
  {
    Program program(arguments());
    ASSERT_EQ(put(client_of(program.url()), ana, 5)->status, 200);
    const auto began = Program::Clock::now();
    program.send(SIGTERM);
    EXPECT_EQ(program.wait(), 0);
    EXPECT_LT(Program::Clock::now() - began, std::chrono::seconds(5));
  }
  Program again(arguments());
  const auto client = client_of(again.url());
  EXPECT_EQ(client.send("GET", path_of(ana.id()))->status, 200);
  EXPECT_EQ(put(client, ana, 5)->status, 409);
  again.send(SIGINT);
  EXPECT_EQ(again.wait(), 0);
}

// What was answered with 200 is there after kill -9 in the middle of more, and the file is sound.
TEST_F(ShoalDirectory, LosesNothingItAnsweredToKillNine) {
  std::vector<rpc::Identity> answered;
  {
    Program program(arguments());
    const auto client = client_of(program.url());
    for (int i = 0; i < 10; ++i) {
      answered.push_back(rpc::Identity::generate());
      ASSERT_EQ(put(client, answered.back(), 1)->status, 200);
    }
    std::atomic<bool> go_on = true;
    auto more = std::async(std::launch::async, [&] {
      for (std::uint64_t stamp = 2; go_on; ++stamp) put(client, answered[0], stamp);
    });
    program.send(SIGKILL);
    EXPECT_EQ(program.wait(), 128 + SIGKILL);
    go_on = false;
  }
  {
    sqlite3* db = nullptr;
    ASSERT_EQ(::sqlite3_open((folder / "data/directory.db").c_str(), &db), SQLITE_OK);
    std::string verdict;
    const auto take = [](void* to, int, char** values, char**) {
      *static_cast<std::string*>(to) += values[0];
      return 0;
    };
    ::sqlite3_exec(db, "PRAGMA integrity_check", take, &verdict, nullptr);
    ::sqlite3_close(db);
    EXPECT_EQ(verdict, "ok");
  }
  Program again(arguments());
  const auto client = client_of(again.url());
  for (const auto& peer : answered) {
    EXPECT_EQ(client.send("GET", path_of(peer.id()))->status, 200);
  }
}

TEST_F(ShoalDirectory, TakesTheNextPortAndSaysWhichAndWantsItsStoreAlone) {
  Program first(arguments());
  const std::string url = first.url();
  const auto port = http::Target::parse(url)->port;
  const std::string same = "127.0.0.1:" + std::to_string(port);
  Program second({"--listen", same, "--data", folder / "other"});
  const auto next = http::Target::parse(second.url());
  ASSERT_TRUE(next);
  EXPECT_GT(next->port, port);
  EXPECT_EQ(client_of(second.url()).send("GET", "/healthz")->status, 200);
  Program third(arguments());
  EXPECT_EQ(third.url(), "");
  EXPECT_EQ(third.wait(), 1);
  EXPECT_NE(third.output().find("another process uses it"), std::string::npos) << third.output();
}

TEST_F(ShoalDirectory, RaisesItsDescriptorLimit) {
  Program program(arguments());  // started with 200
  ASSERT_NE(program.url(), "");
  rlimit hard{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &hard), 0);
  rlimit its{};
  ASSERT_EQ(::prlimit(program.pid(), RLIMIT_NOFILE, nullptr, &its), 0);
  EXPECT_EQ(its.rlim_cur, std::min<rlim_t>(hard.rlim_max, 65'536));
}

TEST_F(ShoalDirectory, TakesNothingBehindAnEqualsSignForNothing) {
  auto words = arguments();
  words.insert(words.begin(), "--store=");
  Program program(words);
  EXPECT_NE(program.url(), "") << program.output();
}

TEST_F(ShoalDirectory, IsToldByItsEnvironmentToo) {
  const auto started = [&](const std::vector<std::string>& arguments) {
    ::setenv("SHOAL_LISTEN", "127.0.0.1:0", 1);
    ::setenv("SHOAL_DATA", (folder / "by-variable").c_str(), 1);
    ::setenv("SHOAL_INDEX", "false", 1);
    Program program(arguments);
    for (const char* const name : {"SHOAL_LISTEN", "SHOAL_DATA", "SHOAL_INDEX"}) ::unsetenv(name);
    return client_of(program.url()).send("GET", "/v1/search?name=a");
  };
  EXPECT_EQ(started({})->status, 501);
  EXPECT_TRUE(std::filesystem::exists(folder / "by-variable/directory.db"));
  EXPECT_EQ(started({"--set", "index=true"})->status, 200);
  Program wrong({"--set", "indxe=true"});
  EXPECT_EQ(wrong.wait(), 9);
  EXPECT_NE(wrong.output().find("did you mean index?"), std::string::npos) << wrong.output();
}

TEST_F(ShoalDirectory, SaysWhatIsWrongWithItsConfigurationAndItsArguments) {
  Program unknown({"--config", config("listen: 127.0.0.1:0\nlisten_no: 1\n")});
  EXPECT_EQ(unknown.wait(), 9);
  EXPECT_NE(unknown.output().find("d.yaml:2:1:"), std::string::npos) << unknown.output();
  EXPECT_NE(unknown.output().find("listen_no"), std::string::npos);
  EXPECT_NE(unknown.output().find("next:"), std::string::npos);
  std::ofstream(folder / "big.yaml") << std::string(10'000'000, '#');
  Program big({"--config", folder / "big.yaml"});
  EXPECT_EQ(big.wait(), 9);
  Program flag({"--verbose"});
  EXPECT_EQ(flag.wait(), 2);
  Program listen({"--listen", "nowhere", "--data", folder / "data"});
  EXPECT_EQ(listen.wait(), 2);
  Program help({"--help"});
  EXPECT_EQ(help.wait(), 0);
  EXPECT_NE(help.output().find("Examples:"), std::string::npos);
  Program version({"--version"});
  EXPECT_EQ(version.wait(), 0);
  EXPECT_TRUE(version.output().starts_with("shoal-directory ")) << version.output();
}

}  // namespace
}  // namespace shoal::bootstrap
