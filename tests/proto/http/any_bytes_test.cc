// SPDX-License-Identifier: Apache-2.0
// Any bytes, cut anywhere: the requests in them as a dumb parser reads them, or a refusal.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <optional>

#include "proto/http/ascii.h"
#include "proto/http/exchange.h"
#include "proto/http/request_front.h"

namespace shoal::http {
namespace {

constexpr std::size_t kBodyMax = 300;

/// What was understood.
struct Plain {
  std::string method;
  std::string path;  // decoded, as is all below
  Request::Pairs query;
  Request::Pairs headers;  // in any order
  std::string body;
  friend bool operator==(const Plain&, const Plain&) = default;
};

enum class Verdict : std::uint8_t { kRequest, kRefused, kMore };
struct Read {
  Verdict verdict = Verdict::kMore;
  Plain plain;
  std::size_t bytes = 0;
};

// ---- the dumb parser: all the bytes at once, rule by rule ----

std::vector<std::string> split(const std::string& text, const std::string& by) {
  std::vector<std::string> parts{""};
  for (std::size_t at = 0; at < text.size();) {
    if (text.compare(at, by.size(), by) == 0) {
      parts.emplace_back();
      at += by.size();
    } else {
      parts.back() += text[at++];
    }
  }
  return parts;
}

std::string lower_of(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.erase(0, 1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.pop_back();
  return text;
}

std::optional<std::string> decoded(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at];
      continue;
    }
    if (at + 2 >= text.size()) return std::nullopt;
    const std::string digits = text.substr(at + 1, 2);
    if (digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos)
      return std::nullopt;
    out += static_cast<char>(std::stoi(digits, nullptr, 16));
    at += 2;
  }
  return out;
}

bool only(const std::string& text, const std::string& allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string::npos;
}

const std::string kToken =
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

bool good_line(const std::string& line, Plain& to, std::string& target) {
  const auto parts = split(line, " ");
  if (parts.size() != 3 || parts[2] != "HTTP/1.1") return false;
  const std::vector<std::string> methods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
  to.method = parts[0];
  target = parts[1];
  return std::ranges::count(methods, parts[0]) == 1 && target.starts_with('/') &&
         std::ranges::all_of(target, [](char c) {
           return c > ' ' && c < 127 && std::string("\"<>#\\").find(c) == std::string::npos;
         });
}

// The headers that reach a handler; none: one that must not be.
std::optional<Request::Pairs> good_headers(const std::vector<std::string>& lines) {
  Request::Pairs out;
  for (const auto& line : lines) {
    const auto colon = line.find(':');
    if (colon == std::string::npos) return std::nullopt;
    const std::string name = line.substr(0, colon);
    const std::string value = trimmed(line.substr(colon + 1));
    if (!only(name, kToken)) return std::nullopt;
    for (const char c : line) {
      if ((c >= 0 && c < 32 && c != '\t') || c == 127) return std::nullopt;
    }
    out.emplace_back(lower_of(name), value);
  }
  return out;
}

// As the body of the request, or none when it must be refused.
std::optional<std::size_t> length_of(const Plain& plain) {
  const std::vector<std::string> never{
      "transfer-encoding", "content-encoding", "upgrade",    "remote_addr",
      "remote_port",       "local_addr",       "local_port", "expect"};
  std::map<std::string, std::vector<std::string>> by_name;
  for (const auto& [name, value] : plain.headers) by_name[name].push_back(value);
  for (const auto& name : never) {
    if (by_name.contains(name)) return std::nullopt;
  }
  for (const auto* const name : {"authorization", "content-type", "origin", "range"}) {
    if (by_name[name].size() > 1) return std::nullopt;
  }
  if (by_name["host"].size() != 1) return std::nullopt;
  for (const auto& type : by_name["content-type"]) {
    if (lower_of(type).starts_with("multipart/")) return std::nullopt;
  }
  const auto& lengths = by_name["content-length"];
  const bool takes = plain.method == "POST" || plain.method == "PUT" || plain.method == "PATCH";
  if (lengths.empty()) return takes ? std::nullopt : std::optional<std::size_t>(0);
  if (lengths.size() != 1 || !only(lengths[0], "0123456789") || lengths[0].size() > 15) {
    return std::nullopt;
  }
  const std::size_t length = std::stoull(lengths[0]);
  if (takes ? length > kBodyMax : length != 0) return std::nullopt;
  return length;
}

void take_target(const std::string& target, Plain& to) {
  const auto mark = target.find('?');
  to.path = decoded(target.substr(0, mark)).value_or("?");
  if (mark == std::string::npos) return;
  for (const auto& part : split(target.substr(mark + 1), "&")) {
    if (part.empty()) continue;
    std::string text = part;
    std::ranges::replace(text, '+', ' ');
    const auto is = text.find('=');
    to.query.emplace_back(
        decoded(text.substr(0, is)).value_or("?"),
        is == std::string::npos ? "" : decoded(text.substr(is + 1)).value_or("?"));
  }
}

Read dumb(const std::string& bytes) {
  Read read;
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string::npos) return read;
  read.verdict = Verdict::kRefused;
  auto lines = split(bytes.substr(0, end), "\r\n");
  std::string target;
  if (!good_line(lines[0], read.plain, target)) return read;
  lines.erase(lines.begin());
  auto headers = good_headers(lines);
  if (!headers) return read;
  read.plain.headers = std::move(*headers);
  const auto length = length_of(read.plain);
  if (!length || end + 4 > limits::kHttpHead || target.size() > limits::kHttpTarget ||
      lines.size() > limits::kHttpHeaders) {
    return read;
  }
  if (bytes.size() < end + 4 + *length) {
    read.verdict = Verdict::kMore;
    return read;
  }
  read.verdict = Verdict::kRequest;
  read.bytes = end + 4 + *length;
  read.plain.body = bytes.substr(end + 4, *length);
  take_target(target, read.plain);
  const std::vector<std::string> ours{"connection", "accept-encoding", "range"};
  std::erase_if(read.plain.headers,
                [&](const auto& each) { return std::ranges::count(ours, each.first) > 0; });
  std::ranges::sort(read.plain.headers);
  return read;
}

// ---- the real one ----

// A handler of everything, so that each request is seen.
struct Seen {
  Router router;
  Plain last;
  int times = 0;

  Seen() {
    for (const auto* const method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
      for (const auto* const path : {"/", "/{a}", "/{a}/{b}", "/{a}/"}) {
        router.add(method, path, [this](const Request& in) {
          last = {in.method, in.path, in.query, {}, in.body};
          for (const auto& [name, value] : in.headers) {
            if (!same_ignoring_case(name, "Range"))
              last.headers.emplace_back(lower_of(name), value);
          }
          std::ranges::sort(last.headers);
          ++times;
          return Result<Response>(Response::json("{}"));
        });
      }
    }
  }

  // The status of the answer to that complete request.
  int answer_to(RequestFront front) const {
    static const std::function<bool(std::string_view)> kNoToken;
    static const std::vector<std::string> kHosts;
    static const Peer kPeer{{}, 1000};
    const ExchangeContext context{router, kHosts, kNoToken, kPeer, ""};
    const auto outcome =
        exchange(context, {front.head(), front.take_body(), front.wants_close(), front.range()});
    RC_ASSERT(outcome.bytes.starts_with("HTTP/1.1 " + std::to_string(outcome.status) + " "));
    return outcome.status;
  }
};

// One connection: the requests one after the other until one is refused.
void play(const std::string& bytes, const std::vector<std::size_t>& cuts) {
  std::size_t at = 0;  // of the request
  std::size_t fed = 0;
  std::size_t round = 0;
  while (true) {
    RequestFront front([](auto, auto) { return RequestFront::BodyRule(kBodyMax); });
    fed = at;
    while (fed < bytes.size() && !front.complete() && front.refused() == 0) {
      const std::size_t size = cuts[round++ % cuts.size()];
      const std::string_view part = std::string_view(bytes).substr(fed, size);
      const std::size_t used = front.feed(part);
      RC_ASSERT(used <= part.size());
      RC_ASSERT(used == part.size() || front.complete() || front.refused() != 0);
      RC_ASSERT(front.memory() <= limits::kHttpHead + kBodyMax + 64);
      fed += used;
    }
    const Read wanted = dumb(bytes.substr(at));
    if (front.refused() != 0) {
      RC_ASSERT(front.refused() >= 400 && front.refused() < 600);
      RC_ASSERT(!front.why().empty());
      RC_ASSERT(wanted.verdict != Verdict::kRequest);
      RC_TAG(std::string("refused"));
      return;
    }
    if (!front.complete()) {
      RC_ASSERT(wanted.verdict == Verdict::kMore);
      RC_TAG(std::string("waits"));
      return;
    }
    RC_ASSERT(wanted.verdict == Verdict::kRequest);
    RC_ASSERT(fed - at == wanted.bytes);
    at = fed;
    Seen seen;
    const int status = seen.answer_to(std::move(front));
    RC_ASSERT(status == 200 || (status >= 400 && status < 500));
    RC_ASSERT(seen.times == (status == 200 ? 1 : 0));
    if (status != 200) continue;
    Plain expected = wanted.plain;
    if (expected.method == "HEAD") expected.method = "GET";
    RC_ASSERT(seen.last == expected);
    RC_TAG(std::string("answered"));
  }
}

std::vector<std::size_t> some_cuts() {
  return *rc::gen::nonEmpty(
              rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(1, 40)))
              .as("cuts");
}

rc::Gen<std::string> one_of(std::vector<std::string> words) {
  return rc::gen::elementOf(std::move(words));
}

rc::Gen<std::string> good_requests() {
  const auto target =
      one_of({"/", "/a", "/a/b", "/v1/x?q=1", "/a?x=1&x=2&b=3", "/a?q=a=b", "/a?a+b", "/%41/b%20c",
              "/a?%3d=%26&=x", "/a?q=%2B+%2b", "/a?&&a&", "/a/"});
  const auto header = one_of({"A: b", "X-Y:z", "Accept: */*", "a:", "A: c", "X: %41%0d%0aB: c",
                              "Authorization: Bearer a%62+c", "Range: bytes=0-1",
                              "Connection: close", "Accept-Encoding: gzip", "Cookie: a=b; c=d",
                              "x: \tb \t", "Connection: keep-alive, x"});
  return rc::gen::map(rc::gen::tuple(one_of({"GET", "HEAD", "DELETE", "POST", "PUT", "PATCH"}),
                                     target, rc::gen::container<std::vector<std::string>>(header),
                                     rc::gen::container<std::string>(rc::gen::arbitrary<char>())),
                      [](const auto& parts) {
                        const auto& [method, path, headers, all] = parts;
                        const std::string body = all.substr(0, kBodyMax);
                        const bool takes = method.starts_with('P');
                        std::string text = method + " " + path + " HTTP/1.1\r\nHost: x\r\n";
                        for (const auto& each : headers) text += each + "\r\n";
                        if (takes) {
                          text += "Content-Type: application/json\r\nContent-Length: " +
                                  std::to_string(body.size()) + "\r\n";
                        }
                        return text + "\r\n" + (takes ? body : "");
                      });
}

// Bytes changed, taken out, put in and repeated.
std::string damaged(std::string text) {
  static const std::vector<std::string> kBits{"\r\n",
                                              "\n",
                                              "\r",
                                              std::string(1, '\0'),
                                              ":",
                                              " ",
                                              "\t",
                                              "\r\n\r\n",
                                              "\x7f",
                                              "\xff",
                                              "%",
                                              "%0",
                                              "Host: y\r\n",
                                              "Content-Length: 3\r\n",
                                              "content-length: 2\r\n",
                                              "Transfer-Encoding: chunked\r\n",
                                              "GET / HTTP/1.1\r\n",
                                              "REMOTE_ADDR: 1\r\n",
                                              "#",
                                              "?",
                                              "&",
                                              "="};
  const auto times = *rc::gen::inRange(0, 4).as("damages");
  for (int i = 0; i < times && !text.empty(); ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size()).as("at");
    const auto kind = *rc::gen::inRange(0, 4).as("kind");
    if (kind == 0) text[at] = *rc::gen::arbitrary<char>().as("byte");
    if (kind == 1) text.erase(at, *rc::gen::inRange<std::size_t>(1, 9).as("gone"));
    if (kind == 2) text.insert(at, *rc::gen::elementOf(kBits).as("put in"));
    if (kind == 3)
      text.insert(at, text.substr(at, *rc::gen::inRange<std::size_t>(1, 60).as("again")));
  }
  return text;
}

RC_GTEST_PROP(AnyBytes, AreTheRequestsThatADumbParserReadsOrARefusal, ()) {
  const auto requests =
      *rc::gen::scale(0.3, rc::gen::container<std::vector<std::string>>(good_requests()))
           .as("requests");
  std::string bytes;
  for (const auto& each : requests) bytes += each;
  play(damaged(bytes), some_cuts());
}

RC_GTEST_PROP(AnyBytes, ThatAreNoRequestsAtAllAreRefused, ()) {
  const auto bytes = *rc::gen::arbitrary<std::string>().as("bytes");
  play(bytes, some_cuts());
  play(bytes + "\r\n\r\n", some_cuts());
}

RC_GTEST_PROP(AnyBytes, ThatAreGoodRequestsAreAllAnswered, ()) {
  const auto text = *rc::gen::scale(0.1, good_requests()).as("request");
  RC_PRE(std::ranges::count(text, '\n') < 60 && text.find("close\r\n") == std::string::npos);
  for (const auto* const once : {"\r\nRange: ", "\r\nAuthorization: ", "\r\nContent-Type: "}) {
    RC_PRE(text.find(once) == text.rfind(once));
  }
  RequestFront front([](auto, auto) { return RequestFront::BodyRule(kBodyMax); });
  RC_ASSERT(front.feed(text) == text.size());
  RC_ASSERT(front.complete());
  Seen seen;
  const bool part = front.range().has_value();  // which no route here knows
  RC_ASSERT(seen.answer_to(std::move(front)) == (part ? 416 : 200));
  RC_ASSERT(seen.times == (part ? 0 : 1));
}

}  // namespace
}  // namespace shoal::http
