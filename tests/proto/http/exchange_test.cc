// SPDX-License-Identifier: Apache-2.0
// Requests through the front, the parser and the routes, without a socket.
#include "proto/http/exchange.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <stdexcept>

#include "proto/http/request_front.h"

namespace shoal::http {
namespace {

Router routes() {
  Router router;
  const auto say = [](std::string text) {
    return Response{200, std::move(text), "text/plain", {}};
  };
  router.add("GET", "/who",
             [=](const Request& in) -> Result<Response> { return say(in.peer.address); });
  router.add("POST", "/echo", [=](const Request& in) -> Result<Response> { return say(in.body); });
  router.add("GET", "/items/{id}", [=](const Request& in) -> Result<Response> {
    return say(in.param("id") + "|" + in.query_value("q").value_or("none"));
  });
  router.add("GET", "/fails", [](const Request&) -> Result<Response> {
    return fail(Errc::kNotFound, "no such thing", "it left", "look elsewhere");
  });
  router.add("GET", "/busy", [](const Request&) -> Result<Response> {
    return fail(Errc::kOverloaded, "too much");
  });
  router.add("GET", "/throws",
             [](const Request&) -> Result<Response> { throw std::runtime_error("oh"); });
  router.add("GET", "/throws-int", [](const Request&) -> Result<Response> { throw 42; });
  router.add("GET", "/huge", [=](const Request&) -> Result<Response> {
    return say(std::string(limits::kHttpAnswerBytes + 1, 'x'));
  });
  router.add("DELETE", "/items/{id}",
             [](const Request&) -> Result<Response> { return Response::nothing(); });
  router.add("GET", "/open", [=](const Request&) -> Result<Response> { return say("open"); },
             {.open = true});
  router.add_stream("GET", "/events",
                    [](const Request&, StreamWriter&) -> Result<void> { return {}; });
  router.add_stream("GET", "/content",
                    [](const Request&, StreamWriter&) -> Result<void> { return {}; },
                    {.content = true});
  return router;
}

struct World {
  Router router = routes();
  std::vector<std::string> hosts{"files.example"};
  std::function<bool(std::string_view)> token;
  Peer peer{"192.0.2.7", {}};

  // The status, or 0 when the front waits for more, or 1 for a stream.
  int play(std::string_view bytes) {
    RequestFront front([](auto, auto) { return limits::kHttpBody; });
    for (std::size_t at = 0; at < bytes.size() && !front.complete() && front.refused() == 0;) {
      at += front.feed(bytes.substr(at, 7));
    }
    if (front.refused() != 0) return front.refused();
    if (!front.complete()) return 0;
    const ExchangeContext context{router, hosts, token, peer, "198.51.100.1"};
    outcome =
        exchange(context, {front.head(), front.take_body(), front.wants_close(), front.range()});
    if (outcome.stream != nullptr) return 1;
    EXPECT_TRUE(outcome.bytes.starts_with("HTTP/1.1 " + std::to_string(outcome.status)));
    return outcome.status;
  }
  [[nodiscard]] std::string body() const {
    return outcome.bytes.substr(outcome.bytes.find("\r\n\r\n") + 4);
  }
  Outcome outcome;
};

std::string get(std::string_view target, std::string_view headers = "",
                std::string_view host = "localhost") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: " + std::string(host) + "\r\n" +
         std::string(headers) + "\r\n";
}

std::string post(std::string_view headers, std::string_view body) {
  return "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
         std::string(headers) + "\r\n" + std::string(body);
}

struct Hostile {
  const char* what;
  int status;
  std::string bytes;
};

TEST(Exchange, AnswersGoodAndHostileRequestsByTheTable) {
  std::string many = "GET /who HTTP/1.1\r\nHost: localhost\r\n";
  for (int i = 0; i < 100; ++i) many += "a: b\r\n";
  const std::string big(65 * 1024, 'x');
  const std::vector<Hostile> table = {
      {"plain", 200, get("/who")},
      {"body of the announced length", 200, post("Content-Length: 5\r\n", "hello")},
      {"unknown path", 404, get("/nope")},
      {"path with a NUL", 404, get("/items/a%00b")},
      {"path with half a percent", 404, get("/items/a%2")},
      {"known path, other method", 405, get("/echo")},
      {"handler fails", 404, get("/fails")},
      {"handler at a limit", 429, get("/busy")},
      {"handler throws", 500, get("/throws")},
      {"handler throws an int", 500, get("/throws-int")},
      {"answer over the limit", 500, get("/huge")},
      {"stream", 1, get("/events")},
      {"client asks for gzip", 200, get("/who", "Accept-Encoding: gzip, br\r\n")},
      {"body not complete yet", 0, post("Content-Length: 5\r\n", "hel")},
      {"header line without a newline", 431, get("/who", "a: " + big)},
      {"100 headers", 431, many + "\r\n"},
      {"3000-byte path", 414, get("/" + std::string(3000, 'a'))},
      {"request line without an end", 414, "GET /" + std::string(7000, 'a')},
      {"chunked body", 501, post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n")},
      {"gzip body", 415, post("Content-Encoding: gzip\r\nContent-Length: 5\r\n", ".....")},
      {"multipart body", 415,
       post("Content-Type: multipart/form-data\r\nContent-Length: 0\r\n", "")},
      {"body without a length", 411, post("", "hello")},
      {"body over the limit", 413, post("Content-Length: 65537\r\n", big)},
      {"length 2^64", 413, post("Content-Length: 18446744073709551616\r\n", "")},
      {"length -1", 400, post("Content-Length: -1\r\n", "")},
      {"length in hex", 400, post("Content-Length: 0x5\r\n", "hello")},
      {"two lengths", 400, post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello")},
      {"GET with a body", 400, get("/who", "Content-Length: 5\r\n") + "hello"},
      {"Range", 416, get("/who", "Range: bytes=0-1,0-1,0-1\r\n")},
      {"Range of a content", 1, get("/content", "Range: bytes=0-1,0-1,0-1\r\n")},
      {"two Ranges", 400, get("/content", "Range: bytes=0-1\r\nrange: bytes=0-1\r\n")},
      {"forged REMOTE_ADDR", 400, get("/who", "remote_addr: 9.9.9.9\r\n")},
      {"blank before the colon", 400, get("/who", "a : b\r\n")},
      {"folded header", 400, get("/who", "a: b\r\n c\r\n")},
      {"NUL in a header", 400, get("/who", std::string("a: \0b\r\n", 7))},
      {"bare LF", 400, "GET /who HTTP/1.1\nHost: localhost\n\n"},
      {"bare CR", 400, "GET /who HTTP/1.1\r\nHost: localhost\r\na: b\rc: d\r\n\r\n"},
      {"no Host", 400, "GET /who HTTP/1.1\r\n\r\n"},
      {"two Hosts", 400, get("/who", "Host: localhost\r\n")},
      {"HTTP/1.0", 505, "GET /who HTTP/1.0\r\nHost: localhost\r\n\r\n"},
      {"HTTP/2 preface", 501, "PRI * HTTP/2.0\r\n\r\n"},
      {"absolute target", 400, get("http://localhost/who")},
      {"TRACE", 501, "TRACE /who HTTP/1.1\r\nHost: localhost\r\n\r\n"},
      {"TLS hello on the plain port", 400, std::string("\x16\x03\x01\x02\x00\x01", 6)},
      {"another name for us", 421, get("/who", "", "evil.example")},
      {"a name that looks like loopback", 421, get("/who", "", "127.0.0.1.evil.example")},
      {"another address", 421, get("/who", "", "203.0.113.9")},
      {"our address", 200, get("/who", "", "198.51.100.1:7400")},
      {"a configured name", 200, get("/who", "", "Files.Example:80")},
      {"loopback by address", 200, get("/who", "", "127.0.0.2:7400")},
      {"loopback in IPv6", 200, get("/who", "", "[::1]:7400")},
      {"page of another site", 403, get("/who", "Origin: http://evil.example\r\n")},
      {"page without a site", 403, get("/who", "Origin: null\r\n")},
      {"page of ours", 200, get("/who", "Origin: http://localhost\r\n")},
      {"body that is not JSON", 415,
       "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: "
       "2\r\n\r\n{}"},
  };
  for (const auto& row : table) {
    World world;
    EXPECT_EQ(world.play(row.bytes), row.status) << row.what;
  }
}

TEST(Exchange, GivesHandlersTheDecodedParts) {
  World world;
  EXPECT_EQ(world.play(get("/items/a%2Fb%20c?q=%C3%A1+x&q=2")), 200);
  EXPECT_EQ(world.body(), "a/b c|á x");
  world.play(get("/who"));
  EXPECT_EQ(world.body(), "192.0.2.7");
  EXPECT_EQ(world.play(get("/items/x?q=a=b&r")), 200);
  EXPECT_EQ(world.body(), "x|a=b");
  EXPECT_EQ(world.play(get("/items/x?q=100%")), 400);
  EXPECT_NE(world.body().find("%25"), std::string::npos);
}

// A % means nothing there: what is decoded could forge a line, or another token.
TEST(Exchange, LeavesTheValuesOfHeadersAsTheyAre) {
  World world;
  world.play(get("/who", "X-A: %41%0d%0aX-B: c\r\nAuthorization: Bearer a%62\r\n"));
  EXPECT_EQ(world.outcome.request.header("X-A"), "%41%0d%0aX-B: c");
  EXPECT_EQ(world.outcome.request.header("X-B"), std::nullopt);
  EXPECT_EQ(world.outcome.request.header("Authorization"), "Bearer a%62");
}

TEST(Exchange, SaysWhatWentWrongAsAProblem) {
  World world;
  world.play(get("/fails"));
  EXPECT_NE(world.outcome.bytes.find("Content-Type: application/problem+json"), std::string::npos);
  const auto body = boost::json::parse(world.body()).as_object();
  EXPECT_EQ(body.at("title"), "no such thing");
  EXPECT_EQ(body.at("detail"), "it left");
  EXPECT_EQ(body.at("next"), "look elsewhere");
  EXPECT_EQ(body.at("code"), "not_found");
  EXPECT_EQ(body.at("status"), 404);
  EXPECT_EQ(body.at("instance"), "/fails");
  EXPECT_EQ(body.at("request_id").as_string(), world.outcome.request.request_id);
  world.play(get("/busy"));
  EXPECT_NE(world.outcome.bytes.find("Retry-After: "), std::string::npos);
  world.play(get("/echo"));
  EXPECT_NE(world.outcome.bytes.find("Allow: POST"), std::string::npos);
  EXPECT_EQ(world.play(get("/nope/%FF%22")), 404);
  EXPECT_EQ(boost::json::parse(world.body()).at("instance"), "/nope/%FF%22");
}

TEST(Exchange, AsksForATokenUnlessTheRouteIsOpen) {
  World world;
  world.token = [](std::string_view token) { return equal_in_constant_time(token, "secret"); };
  EXPECT_EQ(world.play(get("/who")), 401);
  EXPECT_NE(world.outcome.bytes.find("WWW-Authenticate: Bearer"), std::string::npos);
  EXPECT_EQ(world.play(get("/who", "Authorization: Bearer secre\r\n")), 401);
  EXPECT_EQ(world.play(get("/who", "Authorization: Basic secret\r\n")), 401);
  EXPECT_EQ(world.play(get("/who?token=secret")), 401);
  EXPECT_EQ(world.play(get("/who", "authorization: bearer secret\r\n")), 200);
  EXPECT_EQ(world.play(get("/events")), 401);
  EXPECT_EQ(world.play(get("/open")), 200);
  world.peer = {{}, 1000};  // a Unix socket: its user was checked
  EXPECT_EQ(world.play(get("/who", "", "anything")), 200);
}

TEST(Exchange, AnswersHeadByGetWithoutABody) {
  World world;
  EXPECT_EQ(world.play("HEAD /who HTTP/1.1\r\nHost: localhost\r\n\r\n"), 200);
  EXPECT_EQ(world.body(), "");
  EXPECT_NE(world.outcome.bytes.find("Content-Length: 9"), std::string::npos);
  EXPECT_EQ(world.play("HEAD /events HTTP/1.1\r\nHost: localhost\r\n\r\n"), 405);
}

TEST(Exchange, KeepsTheConnectionUnlessAskedToClose) {
  World world;
  world.play(get("/who"));
  EXPECT_EQ(world.outcome.bytes.find("Connection: close"), std::string::npos);
  EXPECT_NE(world.outcome.bytes.find("\r\nKeep-Alive: timeout=5\r\n"), std::string::npos)
      << "and has no number of requests: " << world.outcome.bytes;
  world.play(get("/who", "Connection: close\r\n"));
  EXPECT_NE(world.outcome.bytes.find("Connection: close"), std::string::npos);
}

}  // namespace
}  // namespace shoal::http
