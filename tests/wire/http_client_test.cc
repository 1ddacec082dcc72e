// SPDX-License-Identifier: Apache-2.0
// The REST client against servers that misbehave.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/wire/http_world.h"

namespace shoal::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Accepts one connection, sends `bytes` and then `tail` over and over, until the client goes.
class RudeServer {
 public:
  RudeServer(std::string bytes, std::string tail, bool hang)
      : acceptor_(io_, {boost::asio::ip::address_v4::loopback(), 0}),
        thread_([this, bytes = std::move(bytes), tail = std::move(tail), hang] {
          boost::system::error_code error;
          auto socket = acceptor_.accept(error);
          if (error) return;
          std::array<char, 4096> ignored{};
          socket.read_some(boost::asio::buffer(ignored), error);
          boost::asio::write(socket, boost::asio::buffer(bytes), error);
          while (!error && !tail.empty()) {
            boost::asio::write(socket, boost::asio::buffer(tail), error);
          }
          while (!error && hang) socket.read_some(boost::asio::buffer(ignored), error);
        }) {}
  ~RudeServer() { thread_.join(); }
  [[nodiscard]] Target target() const {
    return {"127.0.0.1", acceptor_.local_endpoint().port(), {}};
  }

 private:
  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::thread thread_;
};

ClientOptions impatient() {
  ClientOptions options;
  options.answer_time = milliseconds(300);
  options.silence_time = milliseconds(300);
  options.answer_max = 100'000;
  return options;
}

Errc code_of(const RudeServer& server) {
  const auto answer = RestClient(server.target(), impatient()).call("GET", "/");
  return answer ? Errc::kPartial : answer.error().code;
}

TEST(RestClient, BoundsWhatAServerSends) {
  EXPECT_EQ(code_of(RudeServer("HTTP/1.1 200 OK\r\n", "a: b\r\n", false)), Errc::kTooLarge);
  EXPECT_EQ(code_of(RudeServer("HTTP/1.1 200 OK\r\n\r\n", "xxxxxxxx", false)), Errc::kTooLarge);
  EXPECT_EQ(code_of(RudeServer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                               "4\r\nabcd\r\n", false)),
            Errc::kTooLarge);
  EXPECT_EQ(code_of(RudeServer("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", "", false)),
            Errc::kIntegrity);
  EXPECT_EQ(code_of(RudeServer("220 smtp ready\r\n", "", true)), Errc::kIntegrity);
}

TEST(RestClient, WaitsNoLongerThanToldTo) {
  const auto began = RawClient::Clock::now();
  EXPECT_EQ(code_of(RudeServer("", "", true)), Errc::kTimeout);
  EXPECT_EQ(code_of(RudeServer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "", true)),
            Errc::kTimeout);
  EXPECT_EQ(code_of(RudeServer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "", false)),
            Errc::kUnreachable);
  EXPECT_LT(RawClient::Clock::now() - began, seconds(5));
}

TEST(RestClient, StreamsEndAtSilenceLongLinesAndOnRequest) {
  const auto stream = [](const RudeServer& server, const RestClient::OnLine& on_line) {
    const auto done = RestClient(server.target(), impatient()).stream("GET", "/", {}, on_line);
    return done ? Errc::kPartial : done.error().code;
  };
  const std::string head = "HTTP/1.1 200 OK\r\n\r\n";
  const auto all = [](std::string_view) { return true; };
  EXPECT_EQ(stream(RudeServer(head + "{}\n", "", true), all), Errc::kTimeout);
  EXPECT_EQ(stream(RudeServer(head, std::string(10'000, 'x'), false), all), Errc::kTooLarge);
  int lines = 0;
  EXPECT_EQ(stream(RudeServer(head, "{}\n", false), [&](std::string_view) { return ++lines < 3; }),
            Errc::kPartial);
  EXPECT_EQ(lines, 3);
}

TEST(RestClient, SaysWhenNobodyListens) {
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor acceptor(io, {boost::asio::ip::address_v4::loopback(), 0});
  const Target target{"127.0.0.1", acceptor.local_endpoint().port(), {}};
  acceptor.close();
  EXPECT_EQ(RestClient(target).call("GET", "/").error().code, Errc::kUnreachable);
  EXPECT_EQ(RestClient(Target{{}, 0, "/nonexistent/s"}).call("GET", "/").error().code,
            Errc::kUnreachable);
}

TEST(RestClient, EndsSoonWhenCancelled) {
  const RudeServer server("", "", true);
  std::atomic<bool> cancel = false;
  ClientOptions options;
  options.cancel = &cancel;
  std::thread canceller([&] {
    std::this_thread::sleep_for(milliseconds(50));
    cancel = true;
  });
  const auto began = RawClient::Clock::now();
  EXPECT_EQ(RestClient(server.target(), options).call("GET", "/").error().code, Errc::kCancelled);
  EXPECT_LT(RawClient::Clock::now() - began, seconds(2));
  canceller.join();
}

TEST(RestClient, SendsItsTokenAndBodyAndKeepsTheProblemsWords) {
  Router router;
  router.add("PUT", "/x", [](const Request& in) -> Result<Response> {
    if (in.body != R"({"a":1})") return fail(Errc::kConflict, "what", "why", "next");
    return Response::json(in.body, 201);
  });
  ServerOptions options;
  options.token = [](std::string_view token) { return equal_in_constant_time(token, "t0k"); };
  HttpWorld world(std::move(router), options);
  const auto target = world.listen();
  EXPECT_EQ(RestClient(target).call("PUT", "/x").error().code, Errc::kUnauthenticated);
  ClientOptions with_token;
  with_token.token = "t0k";
  const RestClient client(target, with_token);
  EXPECT_EQ(client.call("PUT", "/x", R"({"a":1})"), R"({"a":1})");
  const auto error = client.call("PUT", "/x", "{}").error();
  EXPECT_EQ(error.code, Errc::kConflict);
  EXPECT_EQ(error.what, "what");
  EXPECT_EQ(error.why, "why");
  EXPECT_EQ(error.next, "next");
}

}  // namespace
}  // namespace shoal::http
