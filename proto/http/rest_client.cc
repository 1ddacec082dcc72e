// SPDX-License-Identifier: Apache-2.0
#include "proto/http/rest_client.h"

#include <array>
#include <charconv>
#include <utility>

#include "proto/http/plain_socket.h"
#include "proto/http/response_front.h"
#include "proto/json/problem.h"
#include "proto/json/reader.h"
#include "proto/json/schema.h"

namespace shoal::http {
namespace {

using Clock = std::chrono::steady_clock;

tl::unexpected<Error> bad_url(std::string_view text, std::string why) {
  return fail(Errc::kInvalidArgument, "\"" + std::string(text) + "\" is no address of a server",
              std::move(why), "for example http://127.0.0.1:7400 or unix:/run/shoal.sock");
}

std::string authority(const Target& target) {
  if (!target.socket_path.empty()) return "localhost";
  const bool v6 = target.host.find(':') != std::string::npos;
  return (v6 ? "[" + target.host + "]" : target.host) + ":" + std::to_string(target.port);
}

std::string request_bytes(const Target& target, const std::string& token, std::string_view method,
                          std::string_view path, std::string_view json) {
  std::string out = std::string(method) + " " + std::string(path) +
                    " HTTP/1.1\r\nHost: " + authority(target) +
                    "\r\nConnection: close\r\nAccept: application/json\r\n";
  if (!token.empty()) out += "Authorization: Bearer " + token + "\r\n";
  if (!json.empty()) out += "Content-Type: application/json\r\n";
  const bool body = method == "POST" || method == "PUT" || method == "PATCH";
  if (body) out += "Content-Length: " + std::to_string(json.size()) + "\r\n";
  return out + "\r\n" + std::string(json);
}

// One call on its way.
class Call {
 public:
  Call(const Target& target, const ClientOptions& options, bool head_only)
      : target_(target), options_(options), front(head_only) {}

  Result<void> begin(std::string_view method, std::string_view path, std::string_view json) {
    auto socket =
        PlainSocket::connect(target_, Clock::now() + options_.connect_time, options_.cancel);
    if (!socket) return tl::unexpected(socket.error());
    socket_.emplace(std::move(*socket));
    answer_by_ = Clock::now() + options_.answer_time;
    return socket_->write(request_bytes(target_, options_.token, method, path, json), answer_by_);
  }

  // More of the answer.
  Result<void> read(Clock::time_point deadline) {
    auto count = socket_->read(buffer_.data(), buffer_.size(), deadline);
    if (!count) return tl::unexpected(count.error());
    return *count == 0 ? front.end() : front.feed({buffer_.data(), *count});
  }

  // The whole of a small answer.
  Result<Answer> finish() {
    std::string body;
    while (true) {
      body += front.take_body();
      if (body.size() > options_.answer_max) {
        return fail(Errc::kTooLarge, "the server's answer is too long",
                    "more than " + std::to_string(options_.answer_max) + " bytes", "ask for less");
      }
      if (front.complete()) return Answer{front.status(), front.content_type(), std::move(body)};
      if (auto more = read(answer_by_); !more) return tl::unexpected(more.error());
    }
  }

  Result<void> read_head() {
    while (!front.head_complete()) {
      if (auto more = read(answer_by_); !more) return more;
    }
    return {};
  }

 private:
  const Target& target_;
  const ClientOptions& options_;
  std::optional<PlainSocket> socket_;
  Clock::time_point answer_by_;
  std::array<char, 16 * 1024> buffer_{};

 public:
  ResponseFront front;
};

bool good(int status) { return status >= 200 && status < 300; }

// The error that a line of a stream says, if it says one.
std::optional<Error> error_line(std::string_view line) {
  if (line.find(json::schema::kError) == std::string_view::npos) return std::nullopt;
  const auto value = json::parse(line);
  if (!value || !value->is_object()) return std::nullopt;
  auto error = json::error_from_json(value->get_object());
  if (!error) return std::nullopt;
  return std::move(*error);
}

}  // namespace

Result<Target> Target::parse(std::string_view text) {
  Target target;
  if (text.starts_with("unix:") || text.starts_with('/')) {
    target.socket_path = text.starts_with('/') ? text : text.substr(5);
    if (!target.socket_path.starts_with('/')) return bad_url(text, "a socket path is absolute");
    return target;
  }
  constexpr std::string_view kScheme = "http://";
  if (!text.starts_with(kScheme)) return bad_url(text, "it does not start with http://");
  std::string_view rest = text.substr(kScheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#@ \r\n\t\"<>\\") != std::string_view::npos) {
    return bad_url(text, "it has more than a host and a port");
  }
  std::string_view host = rest;
  std::string_view port = "80";
  const auto close = rest.find(']');
  if (rest.starts_with('[') && close != std::string_view::npos) {
    host = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
    if (!rest.empty() && !rest.starts_with(':')) return bad_url(text, "its port is malformed");
    if (!rest.empty()) port = rest.substr(1);
  } else if (const auto colon = rest.find(':'); colon != std::string_view::npos) {
    host = rest.substr(0, colon);
    port = rest.substr(colon + 1);
  }
  target.host = host;
  const auto [at, error] = std::from_chars(port.data(), port.data() + port.size(), target.port);
  if (host.empty()) return bad_url(text, "it has no host");
  if (error != std::errc{} || at != port.data() + port.size() || target.port == 0) {
    return bad_url(text, "its port is no number from 1 to 65535");
  }
  return target;
}

std::string Target::to_text() const {
  return socket_path.empty() ? "http://" + authority(*this) : "unix:" + socket_path;
}

RestClient::RestClient(Target target, ClientOptions options)
    : target_(std::move(target)), options_(std::move(options)) {}

Result<Answer> RestClient::send(std::string_view method, std::string_view path,
                                std::string_view json) const {
  Call call(target_, options_, method == "HEAD");
  if (auto begun = call.begin(method, path, json); !begun) return tl::unexpected(begun.error());
  return call.finish();
}

Result<std::string> RestClient::call(std::string_view method, std::string_view path,
                                     std::string_view json) const {
  auto answer = send(method, path, json);
  if (!answer) return tl::unexpected(answer.error());
  if (good(answer->status)) return std::move(answer->body);
  return tl::unexpected(json::error_from_problem(answer->status, answer->body));
}

Result<void> RestClient::stream(std::string_view method, std::string_view path,
                                std::string_view json, const OnLine& on_line) const {
  Call call(target_, options_, false);
  if (auto begun = call.begin(method, path, json); !begun) return begun;
  if (auto head = call.read_head(); !head) return head;
  if (!good(call.front.status())) {
    const auto answer = call.finish();
    if (!answer) return tl::unexpected(answer.error());
    return tl::unexpected(json::error_from_problem(answer->status, answer->body));
  }
  std::string held;
  while (true) {
    held += call.front.take_body();
    std::size_t begin = 0;
    for (auto end = held.find('\n'); end != std::string::npos; end = held.find('\n', begin)) {
      const std::string_view line = std::string_view(held).substr(begin, end - begin);
      if (auto error = error_line(line)) return tl::unexpected(std::move(*error));
      if (!on_line(line)) return {};
      begin = end + 1;
    }
    held.erase(0, begin);
    if (held.size() > limits::kStreamLineBytes) {
      return fail(Errc::kTooLarge, "a line of the server's answer is too long");
    }
    if (call.front.complete()) {
      if (!held.empty()) on_line(held);
      return {};
    }
    const auto silence = options_.silence_time.count() == 0 ? Clock::time_point::max()
                                                            : Clock::now() + options_.silence_time;
    if (auto more = call.read(silence); !more) return more;
  }
}

}  // namespace shoal::http
