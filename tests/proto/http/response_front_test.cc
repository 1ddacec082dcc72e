// SPDX-License-Identifier: Apache-2.0
#include "proto/http/response_front.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "proto/http/rest_client.h"

namespace shoal::http {
namespace {

struct Seen {
  std::optional<Errc> error;
  bool complete = false;
  int status = 0;
  std::string body;
  friend bool operator==(const Seen&, const Seen&) = default;
};

Seen play(std::string_view bytes, std::size_t cut, bool ends = true) {
  ResponseFront front;
  Seen seen;
  while (!bytes.empty() && !seen.error && !front.complete()) {
    const auto part = bytes.substr(0, cut);
    bytes.remove_prefix(part.size());
    if (auto fed = front.feed(part); !fed) seen.error = fed.error().code;
    seen.body += front.take_body();
  }
  if (!seen.error && ends) {
    if (auto end = front.end(); !end) seen.error = end.error().code;
  }
  seen.complete = front.complete();
  if (front.head_complete()) seen.status = front.status();
  return seen;
}

TEST(ResponseFront, ReadsTheThreeKindsOfBodies) {
  const Seen hello{{}, true, 200, "hello"};
  EXPECT_EQ(play("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello!", 3), hello);
  EXPECT_EQ(play("HTTP/1.1 200\r\nTransfer-Encoding: "
                 "chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nt: v\r\n\r\n",
                 4),
            hello);
  EXPECT_EQ(play("HTTP/1.0 200 OK\r\n\r\nhello", 2), hello);
  EXPECT_EQ(play("HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 5),
            hello);
  EXPECT_EQ(play("HTTP/1.1 204 No Content\r\n\r\n", 100, false).complete, true);
}

TEST(ResponseFront, TellsABrokenAnswerFromAWholeOne) {
  EXPECT_EQ(play("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", 100).error,
            Errc::kUnreachable);
  EXPECT_EQ(play("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", 100).error,
            Errc::kUnreachable);
  EXPECT_EQ(play("", 1).error, Errc::kUnreachable);
}

TEST(ResponseFront, RefusesWhatIsNotHttpOrTooLong) {
  for (const char* bytes :
       {"SSH-2.0-x\r\n", "HTTP/1.1 abc\r\n", "HTTP/1.1 2000\r\n", "HTTP/2 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"}) {
    EXPECT_EQ(play(bytes, 7).error, Errc::kIntegrity) << bytes;
  }
  EXPECT_EQ(play("HTTP/1.1 200 OK\r\n" + std::string(20'000, 'a'), 999).error, Errc::kTooLarge);
}

RC_GTEST_PROP(ResponseFront, SaysTheSameHoweverTheBytesAreSplit, ()) {
  const auto chunks = *rc::gen::arbitrary<std::vector<std::string>>().as("chunks");
  const auto junk = *rc::gen::arbitrary<std::string>().as("junk");
  const auto cut = *rc::gen::inRange<std::size_t>(1, 9).as("cut");
  std::string bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::string body;
  for (const auto& chunk : chunks) {
    if (chunk.empty()) continue;
    std::array<char, 24> size{};
    std::snprintf(size.data(), size.size(), "%zx", chunk.size());
    bytes += std::string(size.data()) + "\r\n" + chunk + "\r\n";
    body += chunk;
  }
  const Seen whole = play(bytes + "0\r\n\r\n", SIZE_MAX);
  RC_ASSERT(whole == (Seen{{}, true, 200, body}));
  RC_ASSERT(play(bytes + "0\r\n\r\n", cut) == whole);
  RC_ASSERT(play(bytes + junk, cut) == play(bytes + junk, SIZE_MAX));
}

TEST(Target, IsAnHttpUrlOrASocket) {
  const auto target = [](const char* text) {
    const auto parsed = Target::parse(text);
    return parsed ? parsed->to_text() : "no";
  };
  EXPECT_EQ(target("http://127.0.0.1:7400"), "http://127.0.0.1:7400");
  EXPECT_EQ(target("http://example.org/"), "http://example.org:80");
  EXPECT_EQ(target("http://[::1]:7400"), "http://[::1]:7400");
  EXPECT_EQ(target("unix:/run/x.sock"), "unix:/run/x.sock");
  EXPECT_EQ(target("/run/x.sock"), "unix:/run/x.sock");
  for (const char* text :
       {"", "https://x", "http://", "http://x/y", "http://u@x", "http://x:0", "http://x:70000",
        "http://x:", "http://[::1", "unix:x", "http://a b", "http://a\r\nb"}) {
    EXPECT_EQ(target(text), "no") << text;
  }
}

}  // namespace
}  // namespace shoal::http
