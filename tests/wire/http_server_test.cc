// SPDX-License-Identifier: Apache-2.0
#include "proto/http/server.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <future>
#include <map>

#include "tests/wire/http_world.h"

namespace shoal::http {
namespace {

using std::chrono::milliseconds;

Router routes() {
  Router router;
  router.add("GET", "/hello", [](const Request& in) -> Result<Response> {
    return Response{200, in.peer.uid ? "unix" : in.peer.address, "text/plain", {}};
  });
  router.add("POST", "/echo",
             [](const Request& in) -> Result<Response> { return Response::json(in.body); });
  return router;
}

ServerOptions impatient() {
  ServerOptions options;
  options.head_time = milliseconds(200);
  options.request_time = milliseconds(400);
  options.idle_time = milliseconds(300);
  return options;
}

constexpr std::string_view kHello = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";

TEST(HttpServer, AnswersSeveralRequestsOnOneConnection) {
  HttpWorld world(routes());
  RawClient client(world.listen());
  for (int i = 0; i < 3; ++i) {
    client.say(kHello);
    EXPECT_NE(client.hear("127.0.0.1").find("200 OK"), std::string::npos);
  }
  client.say(std::string(kHello) + std::string(kHello));  // both at once
  std::string heard = client.hear("127.0.0.1");
  if (heard.find("127.0.0.1") == heard.rfind("127.0.0.1")) heard += client.hear("127.0.0.1");
  EXPECT_EQ(world.server.stats().requests, 5U);
  EXPECT_FALSE(client.closed);
}

TEST(HttpServer, CutsAHeadThatDripsAtItsDeadline) {
  HttpWorld world(routes(), impatient());
  RawClient client(world.listen());
  const auto began = RawClient::Clock::now();
  std::string heard;
  for (int i = 0; i < 100 && !client.closed; ++i) {
    client.say("G");
    heard += client.hear("never", milliseconds(20));
  }
  EXPECT_TRUE(client.closed);
  EXPECT_LT(RawClient::Clock::now() - began, std::chrono::seconds(2));
  EXPECT_EQ(world.server.stats().cut_by_deadline, 1U);
}

TEST(HttpServer, CutsABodyThatDripsAtItsDeadline) {
  HttpWorld world(routes(), impatient());
  RawClient client(world.listen());
  const auto began = RawClient::Clock::now();
  client.say("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n");
  for (int i = 0; i < 100 && !client.closed; ++i) {
    client.say("x");
    client.hear("never", milliseconds(20));
  }
  EXPECT_TRUE(client.closed);
  EXPECT_GE(RawClient::Clock::now() - began, milliseconds(350));
  EXPECT_EQ(world.server.stats().cut_by_deadline, 1U);
}

TEST(HttpServer, CutsTheSilentAndTheIdle) {
  HttpWorld world(routes(), impatient());
  const auto target = world.listen();
  RawClient silent(target);
  RawClient idle(target);
  idle.say(kHello);
  idle.hear("127.0.0.1");
  EXPECT_EQ(silent.hear(), "");
  EXPECT_TRUE(silent.closed);
  EXPECT_EQ(idle.hear(), "");
  EXPECT_TRUE(idle.closed);
}

TEST(HttpServer, RefusesInWordsThatArriveEvenIfMoreWasSent) {
  HttpWorld world(routes());
  const auto target = world.listen();
  const std::vector<std::pair<std::string, std::string>> table = {
      {"GET /hello HTTP/1.1\r\nHost: evil.example\r\n\r\n", "421 "},
      {"GET /hello HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n\r\n", "403 "},
      {"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 70000\r\n\r\n" +
           std::string(70'000, 'x'),
       "413 "},
      {"GET /hello HTTP/1.1\r\nHost: localhost\r\na: " + std::string(100'000, 'x'), "431 "},
  };
  for (const auto& [bytes, status] : table) {
    RawClient client(target);
    client.say(bytes);
    const auto answer = client.hear("}");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + status)) << answer;
    EXPECT_NE(answer.find("application/problem+json"), std::string::npos) << answer;
  }
}

// Handlers that wait until they are let go on.
struct Gate {
  Router routes() {
    Router router = http::routes();
    router.add("GET", "/slow", [this](const Request&) -> Result<Response> {
      ++inside;
      gone_on.wait();
      return Response::json("{}");
    });
    return router;
  }
  std::atomic<int> inside = 0;
  std::promise<void> go_on;
  std::shared_future<void> gone_on = go_on.get_future().share();
};

TEST(HttpServer, TurnsAwayConnectionsOverItsLimit) {
  ServerOptions options;
  options.connections_max = 2;
  Gate gate;
  HttpWorld world(gate.routes(), options);
  const auto target = world.listen();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 2; ++i) {
    clients.push_back(std::make_unique<RawClient>(target));
    clients.back()->say("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  ASSERT_TRUE(soon([&] { return gate.inside == 2; }));
  RawClient third(target);
  EXPECT_TRUE(third.hear("}").starts_with("HTTP/1.1 503 "));
  third.say("x");  // and stays, which is nobody else's business
  EXPECT_EQ(world.server.stats().refused_connections, 1U);
  EXPECT_EQ(world.server.stats().gave_way, 0U);
  gate.go_on.set_value();
  for (auto& client : clients) EXPECT_TRUE(client->hear("}").starts_with("HTTP/1.1 200 "));
  clients.clear();
  EXPECT_TRUE(soon([&] { return world.server.stats().connections == 0; }));
  RawClient later(target);
  later.say(kHello);
  EXPECT_TRUE(later.hear("127.0.0.1").starts_with("HTTP/1.1 200 "));
}

// So many silent ones leave no place for others, were it not so.
TEST(HttpServer, LetsWhoWaitsLongestGiveWayToANewcomer) {
  ServerOptions options;
  options.connections_max = 3;
  HttpWorld world(routes(), options);
  const auto target = world.listen();
  const auto are_in = [&](std::size_t connections) {
    return soon([&] { return world.server.stats().connections == connections; });
  };
  RawClient used(target);  // the eldest, but it has had an answer since the others came
  RawClient silent(target);
  ASSERT_TRUE(are_in(2));  // or whoever has said something would be let in before them
  RawClient begun(target);
  begun.say("GET /hello HT");
  ASSERT_TRUE(are_in(3));
  used.say(kHello);
  EXPECT_TRUE(used.hear("127.0.0.1").starts_with("HTTP/1.1 200 "));
  RawClient fourth(target);
  fourth.say(kHello);
  EXPECT_TRUE(fourth.hear("127.0.0.1").starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(silent.hear(), "");
  EXPECT_TRUE(silent.closed);
  begun.say("TP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(begun.hear("127.0.0.1").starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(world.server.stats().gave_way, 1U);
  EXPECT_EQ(world.server.stats().refused_connections, 0U);
  EXPECT_EQ(world.server.stats().connections, 3U);
}

TEST(HttpServer, TakesTheNextPortWhenOneIsTaken) {
  HttpWorld world(routes());
  const auto first = world.server.listen_tcp("127.0.0.1", 0);
  ASSERT_TRUE(first);
  const auto second = world.server.listen_tcp("127.0.0.1", *first);
  ASSERT_TRUE(second);
  EXPECT_GT(*second, *first);
  const auto none = world.server.listen_tcp("127.0.0.1", *first, 1);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::kConflict);
  EXPECT_EQ(world.server.listen_tcp("localhost", 0).error().code, Errc::kInvalidArgument);
  EXPECT_EQ(world.server.listen_tcp("192.0.2.1", 0).error().code, Errc::kIo);
}

TEST(HttpServer, ServesASocketThatWasAcceptedElsewhereWithBytesInIt) {
  HttpWorld world(routes());
  boost::asio::io_context other;
  boost::asio::ip::tcp::acceptor acceptor(other, {boost::asio::ip::address_v4::loopback(), 0});
  RawClient client(Target{"127.0.0.1", acceptor.local_endpoint().port(), {}});
  client.say(kHello);
  auto socket = acceptor.accept();
  socket.wait(boost::asio::ip::tcp::socket::wait_read);
  world.server.serve(std::move(socket));
  EXPECT_TRUE(client.hear("127.0.0.1").starts_with("HTTP/1.1 200 "));
}

TEST(HttpServer, ListensOnAUnixSocketOfItsUserOnly) {
  const TempFolder folder;
  const std::string path = folder / "run/shoald.sock";
  HttpWorld world(routes());
  ASSERT_TRUE(world.server.listen_unix(path));
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  ASSERT_EQ(::stat((folder / "run").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
  EXPECT_EQ(RestClient(Target{{}, 0, path}).call("GET", "/hello"), "unix");
  HttpWorld second(routes());
  EXPECT_EQ(second.server.listen_unix(path).error().code, Errc::kConflict);
  world.server.stop();
  EXPECT_NE(::stat(path.c_str(), &status), 0);
  EXPECT_TRUE(second.server.listen_unix(path));
}

TEST(HttpServer, TurnsAnotherUsersProcessAway) {
  const TempFolder folder;
  ServerOptions options;
  options.uid = ::geteuid() + 1;
  HttpWorld world(routes(), options);
  ASSERT_TRUE(world.server.listen_unix(folder / "run/s.sock"));
  const auto answer = RestClient(Target{{}, 0, folder / "run/s.sock"}).call("GET", "/hello");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::kDenied);
}

TEST(HttpServer, ReplacesASocketThatNobodyAnswersAndNothingElse) {
  const TempFolder folder;
  const std::string path = folder / "s.sock";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int left_over = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(left_over, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(left_over, 1), 0);
  HttpWorld world(routes());
  EXPECT_EQ(world.server.listen_unix(path).error().code, Errc::kConflict);  // somebody answers
  ::close(left_over);                                                       // a crash
  EXPECT_TRUE(world.server.listen_unix(path));
  const std::string file = folder / "file";
  std::ofstream(file) << "precious";
  EXPECT_EQ(world.server.listen_unix(file).error().code, Errc::kConflict);
  EXPECT_TRUE(std::filesystem::exists(file));
  std::filesystem::create_directory(folder / "open");
  std::filesystem::permissions(folder / "open", std::filesystem::perms(0755));
  EXPECT_EQ(world.server.listen_unix(folder / "open/s").error().code, Errc::kDenied);
  EXPECT_EQ(world.server.listen_unix("/tmp/" + std::string(200, 'x')).error().code,
            Errc::kInvalidArgument);
}

// Requests that compute for long take no worker from others; too many are refused in words.
TEST(HttpServer, KeepsHeavyRoutesApartAndBoundsWhoWaitsForThem) {
  std::promise<void> go_on;
  const auto gone_on = go_on.get_future().share();
  std::atomic<int> inside = 0;
  Router router = routes();
  router.add("POST", "/heavy",
             [&](const Request&) -> Result<Response> {
               ++inside;
               gone_on.wait();
               return Response::json("{}");
             },
             {.heavy = true});
  boost::asio::thread_pool heavy(2);
  ServerOptions options;
  options.heavy = heavy.get_executor();
  options.heavy_max = 5;
  {
    HttpWorld world(std::move(router), options);
    const RestClient client(world.listen());
    std::vector<std::future<int>> waiting;
    const auto ask = [&client] {
      const auto answer = client.send("POST", "/heavy", "{}");
      return answer ? answer->status : 0;
    };
    for (int i = 0; i < 8; ++i) waiting.push_back(std::async(std::launch::async, ask));
    EXPECT_TRUE(soon([&] { return world.server.stats().requests >= 3 && inside == 2; }));
    RawClient one_more(client.target());
    one_more.say(
        "POST /heavy HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Content-Length: 2\r\n\r\n{}");
    const auto heard = one_more.hear();
    EXPECT_TRUE(heard.starts_with("HTTP/1.1 429 ")) << heard;
    EXPECT_NE(heard.find("Retry-After: "), std::string::npos) << heard;
    EXPECT_NE(heard.find("\"code\":\"overloaded\""), std::string::npos) << heard;
    // More than there are workers, and yet:
    EXPECT_TRUE(client.call("GET", "/hello"));
    EXPECT_EQ(inside, 2);
    go_on.set_value();
    std::map<int, int> statuses;
    for (auto& each : waiting) ++statuses[each.get()];
    EXPECT_EQ(statuses, (std::map<int, int>{{200, 5}, {429, 3}}));
    EXPECT_EQ(ask(), 200);  // there is room again
  }
  heavy.join();
}

TEST(HttpServer, StopsWhileClientsWaitAndWaitsForHandlers) {
  std::promise<void> entered;
  std::promise<void> go_on;
  bool left = false;
  Router router = routes();
  router.add("GET", "/slow", [&](const Request&) -> Result<Response> {
    entered.set_value();
    go_on.get_future().wait();
    left = true;
    return Response::nothing();
  });
  HttpWorld world(std::move(router));
  const auto target = world.listen();
  RawClient idle(target);
  RawClient slow(target);
  slow.say("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
  entered.get_future().wait();
  auto stopped = std::async(std::launch::async, [&] { return world.server.stop(); });
  EXPECT_EQ(stopped.wait_for(milliseconds(50)), std::future_status::timeout);
  go_on.set_value();
  EXPECT_TRUE(stopped.get());
  EXPECT_TRUE(left);
  idle.hear();
  EXPECT_TRUE(idle.closed);
  EXPECT_FALSE(RestClient(target).call("GET", "/hello"));
}

}  // namespace
}  // namespace shoal::http
