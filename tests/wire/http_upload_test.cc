// SPDX-License-Identifier: Apache-2.0
// Bodies of any length, read as they come.
#include <gtest/gtest.h>

#include <atomic>

#include "tests/wire/http_world.h"

namespace shoal::http {
namespace {

using std::chrono::milliseconds;

// Counts and sums what it reads, up to `most` bytes of it.
struct Uploads {
  std::atomic<std::uint64_t> bytes = 0;
  std::atomic<std::uint64_t> sum = 0;
  std::atomic<int> ended = 0;
  std::atomic<Errc> error = Errc::kInternal;

  Router router() {
    Router router;
    router.add_upload("POST", "/up",
                      [this](const Request& in, BodyReader& body) -> Result<Response> {
                        std::vector<std::uint8_t> buffer(10'000);
                        EXPECT_TRUE(in.body.empty());
                        while (true) {
                          const auto got = body.read(buffer);
                          if (!got) {
                            error = got.error().code;
                            ++ended;
                            return tl::unexpected(got.error());
                          }
                          if (*got == 0) break;
                          bytes += *got;
                          for (std::size_t at = 0; at < *got; ++at) sum += buffer[at];
                        }
                        ++ended;
                        return Response::json(std::to_string(body.length()), 201);
                      },
                      {.body_max = std::uint64_t{4} << 40});
    router.add_upload("POST", "/no",
                      [](const Request&, BodyReader&) -> Result<Response> {
                        return fail(Errc::kNoSpace, "it does not fit", "the quota is used up");
                      },
                      {.body_max = std::uint64_t{4} << 40});
    router.add_upload(
        "POST", "/small",
        [](const Request&, BodyReader&) -> Result<Response> { return Response::nothing(); },
        {.body_max = 10});
    router.add("GET", "/get",
               [](const Request&) -> Result<Response> { return Response::json("{}"); });
    return router;
  }
};

std::string head(const std::string& path, const std::string& length,
                 const std::string& more = "Content-Type: application/octet-stream\r\n") {
  return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\n" + more + "Content-Length: " + length +
         "\r\n\r\n";
}

TEST(HttpUpload, IsReadWholeHoweverItIsCut) {
  Uploads uploads;
  HttpWorld world(uploads.router());
  const auto target = world.listen();
  std::uint64_t expected = 0;
  for (const std::size_t size : {0U, 1U, 9'000U, 1'000'000U}) {
    std::string body(size, '\0');
    for (std::size_t at = 0; at < size; ++at) {
      body[at] = static_cast<char>(at % 251);
      expected += at % 251;
    }
    RawClient client(target);
    const std::string all = head("/up", std::to_string(size)) + body;
    for (std::size_t at = 0; at < all.size(); at += 70'001) client.say(all.substr(at, 70'001));
    const auto answer = client.hear();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 201 ")) << answer;
    EXPECT_TRUE(answer.ends_with("\r\n\r\n" + std::to_string(size))) << answer;
    EXPECT_EQ(uploads.sum, expected);
  }
  EXPECT_EQ(uploads.bytes, 1'009'001U);
}

TEST(HttpUpload, TellsAClientThatWaitsToSend) {
  Uploads uploads;
  HttpWorld world(uploads.router());
  const auto target = world.listen();
  const std::string expects = "Content-Type: application/octet-stream\r\nExpect: 100-continue\r\n";
  RawClient client(target);
  client.say(head("/up", "5", expects));
  EXPECT_EQ(client.hear("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.say("hello");
  EXPECT_TRUE(client.hear().starts_with("HTTP/1.1 201 "));
  // Who is refused need not send a byte.
  RawClient refused(target);
  refused.say(head("/no", "4000000000000", expects));
  const auto answer = refused.hear("used up");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 507 ")) << answer;
  RawClient elsewhere(target);
  elsewhere.say("GET /get HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(elsewhere.hear().starts_with("HTTP/1.1 417 "));
}

TEST(HttpUpload, RefusesWhatItsRouteDoesNotTake) {
  Uploads uploads;
  ServerOptions options;
  options.token = [](std::string_view token) { return token == "right"; };
  HttpWorld world(uploads.router(), options);
  const auto target = world.listen();
  const std::string bytes = "Content-Type: application/octet-stream\r\n";
  const auto status = [&](const std::string& request) {
    RawClient client(target);
    client.say(request);
    const auto answer = client.hear();
    EXPECT_TRUE(client.closed);
    return answer.substr(9, 3);
  };
  const std::string right = bytes + "Authorization: Bearer right\r\n";
  EXPECT_EQ(status(head("/small", "10", right) + "0123456789"), "204");
  EXPECT_EQ(status(head("/small", "11", right)), "413");
  EXPECT_EQ(status(head("/up", "4398046511105", right)), "413");
  EXPECT_EQ(status(head("/up", "99999999999999999999", right)), "413");
  EXPECT_EQ(status(head("/up", "5", bytes)), "401");
  EXPECT_EQ(status(head("/up", "5", bytes + "Authorization: Bearer wrong\r\n")), "401");
  EXPECT_EQ(status(head("/up", "5", "Authorization: Bearer right\r\n")), "415");
  EXPECT_EQ(status(head("/up", "5", right + "Origin: http://evil.example\r\n")), "403");
  EXPECT_EQ(status("POST /up HTTP/1.1\r\nHost: localhost\r\n" + right +
                   "Transfer-Encoding: chunked\r\n\r\n"),
            "501");
  EXPECT_EQ(status("POST /up HTTP/1.1\r\nHost: localhost\r\n" + right + "\r\n"), "411");
  EXPECT_EQ(uploads.bytes, 0U);
}

TEST(HttpUpload, IsNotTakenForTheNextRequest) {
  Uploads uploads;
  HttpWorld world(uploads.router());
  RawClient client(world.listen());
  // A body that looks like a request, behind one that is refused.
  client.say(head("/no", "100") + "GET /get HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto answer = client.hear();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 507 ")) << answer;
  EXPECT_EQ(answer.find("200 OK"), std::string::npos) << answer;
}

TEST(HttpUpload, EndsWhenItsClientGoesOrTheServerStops) {
  Uploads uploads;
  auto world = std::make_unique<HttpWorld>(uploads.router());
  const auto target = world->listen();
  {
    RawClient client(target);
    client.say(head("/up", "1000000") + "only this");
    for (int i = 0; i < 2000 && uploads.bytes < 9; ++i) {
      std::this_thread::sleep_for(milliseconds(2));
    }
  }
  for (int i = 0; i < 2000 && uploads.ended < 1; ++i) std::this_thread::sleep_for(milliseconds(2));
  EXPECT_EQ(uploads.ended, 1);
  EXPECT_EQ(uploads.error, Errc::kUnreachable);
  RawClient holder(target);
  holder.say(head("/up", "1000000") + "and this");
  for (int i = 0; i < 2000 && uploads.bytes < 17; ++i) {
    std::this_thread::sleep_for(milliseconds(2));
  }
  EXPECT_TRUE(world->server.stop());
  EXPECT_EQ(uploads.ended, 2);
}

}  // namespace
}  // namespace shoal::http
