// SPDX-License-Identifier: Apache-2.0
// Several directories on one PostgreSQL, as behind a balancer.
#include <gtest/gtest.h>

#include <csignal>
#include <future>

#include "tests/bootstrap/http/index_requests.h"
#include "tests/bootstrap/store/postgres_server.h"
#include "tests/wire/bootstrap/accounts.h"
#include "tests/wire/bootstrap/program.h"
#include "tests/wire/http_world.h"

namespace shoal::bootstrap {
namespace {

class SharedStore : public testing::Test {
 protected:
  void SetUp() override {
    if (!PostgresServer::available()) GTEST_SKIP() << "there is no PostgreSQL here";
    store = PostgresServer::shared().fresh_url();
  }
  [[nodiscard]] std::vector<std::string> arguments() const {
    return {"--listen", "127.0.0.1:0", "--store", store};
  }
  std::string store;
};

TEST_F(SharedStore, LetsEachDirectoryKnowWhatTheOthersAnswered) {
  Program first(arguments());
  Program second(arguments());
  const std::string one = first.url();
  const std::string two = second.url();
  ASSERT_NE(one, "");
  ASSERT_NE(two, "") << second.output();
  ASSERT_EQ(register_at(one, "ana"), 201);
  EXPECT_EQ(register_at(two, "ana"), 409);
  const std::string token = log_in_at(two, "ana");
  ASSERT_NE(token, "");
  EXPECT_EQ(session_at(one, token), 200);
  EXPECT_EQ(log_in_at(one, "ana", "secret", 7402), "");
  EXPECT_EQ(status_of(client_with(one, token).send("DELETE", "/v1/sessions")), 204);
  EXPECT_EQ(session_at(two, token), 401);

  const auto key = rpc::Identity::generate();
  ASSERT_EQ(put(client_of(one), key, 5)->status, 200);
  EXPECT_EQ(status_of(client_of(two).send("GET", path_of(key.id()))), 200);
  EXPECT_EQ(put(client_of(two), key, 5)->status, 409);  // used, at the other one
  EXPECT_EQ(put(client_of(two), key, 6)->status, 200);
  EXPECT_EQ(put(client_of(one), key, 6)->status, 409);
  const std::string goodbye = path_of(key.id()) + "?" + to_query(leave_of(key, 7));
  EXPECT_EQ(status_of(client_of(one).send("DELETE", goodbye)), 204);
  EXPECT_EQ(status_of(client_of(two).send("GET", path_of(key.id()))), 404);
  EXPECT_EQ(put(client_of(two), key, 7)->status, 409);
}

TEST_F(SharedStore, LetsEachDirectoryFindWhatWasPublishedAtAnother) {
  Program first(arguments());
  Program second(arguments());
  const auto one = client_of(first.url());
  const auto two = client_of(second.url());
  const auto ana = rpc::Identity::generate();
  ASSERT_EQ(put(one, ana, 5)->status, 200);
  const auto files = files_of(ana, 10, unix_now(), {entry(1, "shared book"), entry(2, "song")});
  ASSERT_EQ(status_of(one.send("PUT", "/v1/index", to_body(files))), 200);
  const auto found = [&](const http::RestClient& client, const std::string& query) {
    const auto body = client.call("GET", "/v1/search?" + query);
    return body ? boost::json::parse(*body).at("items").as_array().size() : std::size_t{99};
  };
  EXPECT_EQ(found(two, "q=book"), 1U);
  EXPECT_EQ(status_of(two.send("PUT", "/v1/index", to_body(files))), 409);
  const auto more = change_of(ana, 11, unix_now(), {entry(3, "more")}, {content(1)});
  EXPECT_EQ(status_of(two.send("PATCH", "/v1/index", to_body(more))), 200);
  EXPECT_EQ(found(one, "q=book"), 0U);
  EXPECT_EQ(found(one, "name=more"), 1U);
  first.send(SIGKILL);
  EXPECT_EQ(first.wait(), 128 + SIGKILL);
  EXPECT_EQ(found(two, "name=more"), 1U);
  const std::string goodbye = path_of(ana.id()) + "?" + to_query(leave_of(ana, 12));
  EXPECT_EQ(status_of(two.send("DELETE", goodbye)), 204);
  EXPECT_EQ(found(two, "name=more"), 0U);
}

TEST_F(SharedStore, OutlivesOneOfThemAndACrashOfTheServer) {
  Program second(arguments());
  const std::string two = second.url();
  std::string token;
  const auto key = rpc::Identity::generate();
  {
    Program first(arguments());
    const std::string one = first.url();
    ASSERT_EQ(register_at(one, "ana"), 201);
    token = log_in_at(one, "ana");
    ASSERT_EQ(put(client_of(one), key, 1)->status, 200);
    first.send(SIGKILL);
    first.wait();
  }
  EXPECT_EQ(session_at(two, token), 200);
  EXPECT_EQ(status_of(client_of(two).send("GET", path_of(key.id()))), 200);
  PostgresServer::shared().crash_and_restart();
  EXPECT_TRUE(soon([&] { return session_at(two, token) == 200; }));
  EXPECT_EQ(put(client_of(two), key, 2)->status, 200);
  EXPECT_EQ(register_at(two, "luis"), 201);
  Program third(arguments());
  const std::string three = third.url();
  EXPECT_EQ(session_at(three, token), 200);
  EXPECT_EQ(put(client_of(three), key, 2)->status, 409);
}

TEST_F(SharedStore, RegistersANameOnceHoweverManyAskAtOnce) {
  Program first(arguments());
  Program second(arguments());
  const std::string one = first.url();
  const std::string two = second.url();
  std::vector<std::future<int>> tries;
  for (int i = 0; i < 8; ++i) {
    tries.push_back(std::async(std::launch::async, [&, i] {
      return register_at(i % 2 == 0 ? one : two, "ana", "secret" + std::to_string(i));
    }));
  }
  int registered = 0;
  for (auto& each : tries) {
    const int status = each.get();
    EXPECT_TRUE(status == 201 || status == 409) << status;
    registered += status == 201 ? 1 : 0;
  }
  EXPECT_EQ(registered, 1);
}

TEST(NoStore, IsRefusedInWordsAtTheStart) {
  Program nobody({"--listen", "127.0.0.1:0", "--store", "postgresql://x:geheim@127.0.0.1:1/x"});
  EXPECT_EQ(nobody.url(), "");
#ifdef SHOAL_POSTGRESQL
  EXPECT_EQ(nobody.wait(), 6);
  EXPECT_NE(nobody.output().find("PostgreSQL runs"), std::string::npos) << nobody.output();
#else
  EXPECT_EQ(nobody.wait(), 2);
  EXPECT_NE(nobody.output().find("libpqxx"), std::string::npos) << nobody.output();
#endif
  EXPECT_EQ(nobody.output().find("geheim"), std::string::npos) << nobody.output();
  Program other({"--listen", "127.0.0.1:0", "--store", "mysql://x"});
  EXPECT_EQ(other.url(), "");
  EXPECT_EQ(other.wait(), 2);
}

}  // namespace
}  // namespace shoal::bootstrap
