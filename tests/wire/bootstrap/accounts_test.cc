// SPDX-License-Identifier: Apache-2.0
// Users and sessions of the real program.
#include "tests/wire/bootstrap/accounts.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <csignal>
#include <fstream>
#include <future>
#include <map>
#include <sstream>

#include "tests/wire/bootstrap/program.h"
#include "tests/wire/http_world.h"

namespace shoal::bootstrap {
namespace {

class DirectoryAccounts : public testing::Test {
 protected:
  [[nodiscard]] std::vector<std::string> arguments() const {
    return {"--listen", "127.0.0.1:0", "--data", folder / "data"};
  }
  const http::TempFolder folder;
};

TEST_F(DirectoryAccounts, AnswersEachMistakeWithItsStatusAndNamesIt) {
  Program program(arguments());
  const std::string url = program.url();
  ASSERT_EQ(register_at(url, "ana"), 201);
  ASSERT_EQ(register_at(url, "luis"), 201);
  const std::string ana = log_in_at(url, "ana");
  ASSERT_NE(ana, "");
  struct Row {
    std::string method;
    std::string path;
    std::string body;
    std::string token;
    int status;
    std::string words;
  };
  const std::string junk = "sdt_" + std::string(43, 'A');
  const std::vector<Row> table = {
      {"POST", "/v1/users", R"({"password":"secret"})", "", 400, "name"},
      {"POST", "/v1/users", R"({"name":"eva"})", "", 400, "password"},
      {"POST", "/v1/users", R"({"name":"eva","password":"secret","x":1})", "", 400, "x"},
      {"POST", "/v1/users", R"({"name":"eva","pass)", "", 400, ""},
      {"POST", "/v1/users", "{\"name\":\"" + std::string(9000, 'x') + "\"}", "", 413, ""},
      {"POST", "/v1/users", user_body("ANA", "other"), "", 409, "ana"},
      {"POST", "/v1/sessions", R"({"name":"ana"})", "", 400, "password"},
      {"POST", "/v1/sessions", user_body("ana", "wrong"), "", 401, ""},
      {"POST", "/v1/sessions", user_body("eva", "wrong"), "", 401, ""},
      {"POST", "/v1/sessions", user_body("ana", "secret", 7402), "", 409, "127.0.0.1:7401"},
      {"GET", "/v1/sessions", "", "", 401, ""},
      {"GET", "/v1/sessions", "", junk, 401, ""},
      {"DELETE", "/v1/sessions", "", "", 401, ""},
      {"DELETE", "/v1/sessions", "", junk, 401, ""},
      {"DELETE", "/v1/sessions?user=luis", "", ana, 403, ""},
      {"DELETE", "/v1/sessions?name=ana", "", ana, 400, "name"},
      {"GET", "/v1/users/ana", "", "", 401, ""},
      {"GET", "/v1/users/eva", "", ana, 404, ""},
      {"PUT", "/v1/sessions", "{}", "", 405, ""},
  };
  for (const auto& row : table) {
    const auto answer = client_with(url, row.token).send(row.method, row.path, row.body);
    ASSERT_TRUE(answer) << row.path;
    const std::string where = row.method + " " + row.path + ": " + answer->body;
    EXPECT_EQ(answer->status, row.status) << where;
    EXPECT_EQ(answer->content_type, "application/problem+json") << where;
    const auto problem = boost::json::parse(answer->body).as_object();
    EXPECT_FALSE(problem.at("title").as_string().empty());
    EXPECT_NE(std::string(problem.at("detail").as_string()).find(row.words), std::string::npos)
        << where;
  }
  EXPECT_EQ(session_at(url, ana), 200);  // none of that ended it
  EXPECT_EQ(status_of(client_with(url, ana).send("GET", "/v1/users/luis")), 200);
}

TEST_F(DirectoryAccounts, ShowsAUserWithoutWhatIsSecret) {
  Program program(arguments());
  const std::string url = program.url();
  const auto key = rpc::Identity::generate();
  UserRequest request;
  request.name = "Ana María";
  request.password = "hunter2";
  request.port = 7401;
  request.peer = key.id();
  ASSERT_EQ(status_of(client_of(url).send("POST", "/v1/users", to_body(request))), 201);
  const auto session = client_of(url).call("POST", "/v1/sessions", to_body(request));
  ASSERT_TRUE(session);
  const std::string token(boost::json::parse(*session).at("token").as_string());
  const auto body = client_with(url, token).call("GET", "/v1/users/ana%20Mar%C3%ADa");
  ASSERT_TRUE(body) << body.error().why;
  EXPECT_EQ(boost::json::parse(*body), (boost::json::value{{"schema", "shoal/directory.user/1"},
                                                           {"name", "Ana María"},
                                                           {"peer_id", to_text(key.id())},
                                                           {"address", "127.0.0.1"},
                                                           {"port", 7401},
                                                           {"online", true}}));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(status_of(client_with(url, token).send("DELETE", "/v1/sessions")), 204);
  }
  EXPECT_EQ(session_at(url, token), 401);
  // Neither the password nor the token is in the files.
  program.send(SIGTERM);
  program.wait();
  for (const auto& entry : std::filesystem::directory_iterator(folder / "data")) {
    std::ifstream in(entry.path(), std::ios::binary);
    std::stringstream bytes;
    bytes << in.rdbuf();
    EXPECT_EQ(bytes.str().find("hunter2"), std::string::npos) << entry.path();
    EXPECT_EQ(bytes.str().find(token), std::string::npos) << entry.path();
  }
  EXPECT_EQ(program.output().find(token), std::string::npos);
}

TEST_F(DirectoryAccounts, LetsAPeerBackInAfterBothWereKilled) {
  std::string token;
  {
    Program program(arguments());
    const std::string url = program.url();
    ASSERT_EQ(register_at(url, "ana"), 201);
    token = log_in_at(url, "ana");
    ASSERT_NE(token, "");
    program.send(SIGKILL);
    program.wait();
  }
  Program program(arguments());
  const std::string url = program.url();
  EXPECT_EQ(session_at(url, token), 200);
  EXPECT_EQ(log_in_at(url, "ana", "secret", 7499), "");  // another peer
  const std::string again = log_in_at(url, "ana");       // the same, which lost its token
  EXPECT_NE(again, "");
  EXPECT_EQ(session_at(url, token), 401);
  EXPECT_EQ(session_at(url, again), 200);
}

TEST_F(DirectoryAccounts, LogsAPeerInByItsKeyOnceForEachStatement) {
  Program program(arguments());
  const std::string url = program.url();
  const std::string host = url.substr(std::string("http://").size());
  const auto key = rpc::Identity::generate();
  const auto now = [] { return static_cast<std::uint64_t>(unix_now()) * 1'000'000; };
  const auto send = [&](rpc::StatementKind kind, std::uint64_t stamp,
                        const std::string& directory) {
    UserRequest request;
    request.name = "ana";
    request.statement = rpc::make_statement(key, kind, directory, "ana", stamp);
    const bool login = kind == rpc::StatementKind::kLogin;
    return client_of(url).send("POST", login ? "/v1/sessions" : "/v1/users", to_body(request));
  };
  const std::uint64_t first = now();
  EXPECT_EQ(status_of(send(rpc::StatementKind::kRegister, first, host)), 201);
  EXPECT_EQ(status_of(send(rpc::StatementKind::kLogin, first + 1, host)), 201);
  EXPECT_EQ(status_of(send(rpc::StatementKind::kLogin, first + 1, host)), 401);
  EXPECT_EQ(status_of(send(rpc::StatementKind::kLogin, first + 2, "evil.example:1")), 401);
  const auto early = send(rpc::StatementKind::kLogin, first - 3'600'000'000, host);
  ASSERT_EQ(status_of(early), 401);
  // A peer whose clock is wrong is told the time.
  const auto told = boost::json::parse(early->body).at("now").to_number<std::uint64_t>();
  EXPECT_EQ(status_of(send(rpc::StatementKind::kLogin, told, host)), 201);
}

TEST_F(DirectoryAccounts, KnowsWhomABalancerAsksFor) {
  std::ofstream(folder / "d.yaml") << "proxies: [127.0.0.1]\n";
  Program program(
      {"--config", folder / "d.yaml", "--listen", "127.0.0.1:0", "--data", folder / "data"});
  const std::string url = program.url();
  const auto target = http::Target::parse(url);
  ASSERT_TRUE(target);
  const auto log_in = [&](const std::string& address) {
    http::RawClient balancer(*target);
    const std::string body = user_body("ana", "wrong");
    balancer.say(
        "POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        "X-Forwarded-For: 10.9.8.7, " +
        address +
        "\r\n"
        "Content-Type: application/json\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body);
    return balancer.hear().substr(9, 3);
  };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(log_in("203.0.113.1"), "401");
  EXPECT_EQ(log_in("203.0.113.1"), "429");
  EXPECT_EQ(log_in("203.0.113.2"), "401");
}

TEST_F(DirectoryAccounts, AnswersOthersWhilePasswordsAreHashedAndRefusesTooMany) {
  Program program(arguments());
  const std::string url = program.url();
  ASSERT_EQ(register_at(url, "ana"), 201);
  std::vector<std::future<Result<http::Answer>>> logins;
  for (int i = 0; i < 60; ++i) {
    logins.push_back(std::async(std::launch::async, [&url, i] {
      return client_of(url).send("POST", "/v1/sessions",
                                 user_body("user" + std::to_string(i), "wrong"));
    }));
  }
  const auto ana = rpc::Identity::generate();
  EXPECT_EQ(put(client_of(url), ana, 1)->status, 200);
  std::map<int, int> statuses;
  for (auto& login : logins) ++statuses[status_of(login.get())];
  EXPECT_EQ(statuses[401] + statuses[429], 60);
  EXPECT_GT(statuses[429], 0);
  EXPECT_LE(statuses[401], static_cast<int>(limits::kLoginFailuresBurst));
}

}  // namespace
}  // namespace shoal::bootstrap
