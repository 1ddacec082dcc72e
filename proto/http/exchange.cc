// SPDX-License-Identifier: Apache-2.0
#include "proto/http/exchange.h"

#include <httplib.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <string_view>

#include "proto/http/byte_range.h"
#include "proto/http/forwarded.h"
#include "proto/http/guard.h"
#include "proto/http/head_text.h"
#include "proto/types/text.h"

namespace shoal::http {
namespace {

// Both ends of a connection, in memory.
class MemoryStream final : public httplib::Stream {
 public:
  explicit MemoryStream(std::string in) : in_(std::move(in)) {}

  [[nodiscard]] bool is_readable() const override { return at_ < in_.size(); }
  [[nodiscard]] bool is_writable() const override { return true; }
  ssize_t read(char* to, std::size_t size) override {
    size = std::min(size, in_.size() - at_);
    std::memcpy(to, in_.data() + at_, size);
    at_ += size;
    return static_cast<ssize_t>(size);
  }
  ssize_t write(const char* from, std::size_t size) override {
    out.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  [[nodiscard]] socket_t socket() const override { return INVALID_SOCKET; }

  std::string out;

 private:
  std::string in_;
  std::size_t at_ = 0;
};

std::string fresh_id() {
  std::array<std::uint8_t, 8> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  return to_hex(bytes);
}

std::string_view path_of(const std::string& target) {
  return std::string_view(target).substr(0, target.find('?'));
}

// Out of the head of an answer, where it stands directly behind `behind`.
void leave_out(std::string& bytes, const std::string& part, const std::string& behind = "") {
  const auto at = bytes.find(behind + part);
  if (at < bytes.find("\r\n\r\n")) bytes.erase(at + behind.size(), part.size());
}

// One request on its way through cpp-httplib: its parser reads, its writer writes, and between them
// everything is ours. Its own routes (regular expressions) and its body reader are never reached.
class OneExchange final : private httplib::Server {
 public:
  OneExchange(const ExchangeContext& context, std::string body, std::optional<std::string> range)
      : context_(context), range_(std::move(range)) {
    outcome_.request.body = std::move(body);
    set_keep_alive_timeout(limits::kHttpIdleTime.count() / 1000);
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      respond(request, response);
      return HandlerResponse::Handled;
    });
  }

  Outcome run(const std::string& head, bool close) {
    head_ = head;
    MemoryStream stream(head);
    bool closed = false;
    process_request(stream, close, closed, nullptr);
    if (!outcome_.in_lane()) outcome_.bytes = std::move(stream.out);
    // A 304 says nothing of a length, or that of the 200 (RFC 9110, section 8.6).
    if (outcome_.status == 304) leave_out(outcome_.bytes, "Content-Length: 0\r\n");
    // A bound of the writer's, which a connection here does not have.
    leave_out(outcome_.bytes, ", max=" + std::to_string(CPPHTTPLIB_KEEPALIVE_MAX_COUNT),
              "Keep-Alive: timeout=" + std::to_string(limits::kHttpIdleTime.count() / 1000));
    if (outcome_.status == 0) outcome_.status = 400;  // the parser refused what the front let pass
    return std::move(outcome_);
  }

 private:
  void respond(const httplib::Request& parsed, httplib::Response& to) {
    take(parsed);
    Response answer = make(parsed);
    if (answer.body.size() > limits::kHttpAnswerBytes) {
      const Error error{Errc::kInternal, "the answer is too long", "ask for less at once", {}};
      answer = problem(error, outcome_.request);
    }
    outcome_.status = answer.status;
    to.status = answer.status;
    to.set_header("Cache-Control", etag_ ? "private, no-cache" : "no-store");
    to.set_header("X-Content-Type-Options", "nosniff");
    to.set_header("X-Request-Id", outcome_.request.request_id);
    for (const auto& [name, value] : answer.headers) to.set_header(name, value);
    if (!answer.content_type.empty()) to.set_content(answer.body, answer.content_type);
  }

  void take(const httplib::Request& parsed) {
    Request& request = outcome_.request;
    request.method = parsed.method;
    request.path = parsed.path;
    request.peer = context_.peer;
    request.request_id = fresh_id();
    auto query = query_of(parsed.target);
    understood_ = query.has_value();
    if (query) request.query = std::move(*query);
    request.headers = headers_of(head_);
    if (context_.proxies != nullptr && !request.peer.uid) {
      request.peer.address =
          client_address(request.headers, request.peer.address, *context_.proxies);
    }
  }

  Response make(const httplib::Request& parsed) {
    Request& request = outcome_.request;
    if (const auto no = check_origin(request, context_.local_address, context_.hosts)) {
      return problem(no->error, request, no->status);
    }
    auto match = context_.router.match(parsed.method, path_of(parsed.target));
    if (match.route == nullptr) return not_there(match);
    if (!may_use(*match.route)) {
      return problem({Errc::kUnauthenticated, "the request was refused",
                      "it has no valid bearer token", "send Authorization: Bearer <token>"},
                     request);
    }
    if (const auto no = check_body(request)) return problem(no->error, request, no->status);
    if (!understood_) {
      return problem({Errc::kInvalidArgument, "the query is not understood",
                      "a % in it does not begin a byte", "write a % as %25"},
                     request);
    }
    request.params = std::move(match.params);
    const bool content = match.route->options.content;
    if (range_ && !content) {
      return problem(
          {Errc::kUnsupported, "the request was refused", "ranges are not served here", {}},
          request, 416);
    }
    if (range_) request.headers.emplace_back("Range", std::move(*range_));
    if (const auto* handler = std::get_if<http::Handler>(&match.route->handler)) {
      if (request.method == "HEAD") request.method = "GET";
      Response answer = run_handler(*handler);
      if (match.route->options.etag && answer.status == 200) give_etag(answer);
      return answer;
    }
    if (request.method == "HEAD" && !content) {
      return problem({Errc::kUnsupported, "the request was refused", "streams have no HEAD", {}},
                     request, 405);
    }
    if (const auto* upload = std::get_if<UploadHandler>(&match.route->handler)) {
      if (const auto no = check_upload(request)) return problem(no->error, request, no->status);
      outcome_.upload = upload;
      return {};  // not sent
    }
    outcome_.stream = &std::get<StreamHandler>(match.route->handler);
    return {};  // not sent
  }

  [[nodiscard]] bool may_use(const Route& route) const {
    if (route.options.open || !context_.token || context_.peer.uid) return true;
    const std::string token = bearer_token(outcome_.request);
    return !token.empty() && context_.token(token);
  }

  Response not_there(const Router::Match& match) {
    const Request& request = outcome_.request;
    if (match.other_methods.empty()) {
      const bool described = context_.router.match("GET", "/v1/openapi.json").route != nullptr;
      return problem({Errc::kNotFound,
                      "there is nothing at this path",
                      {},
                      described ? "GET /v1/openapi.json says what there is" : ""},
                     request);
    }
    Response answer = problem({Errc::kUnsupported,
                               "this path does not take " + request.method,
                               "it takes " + match.other_methods,
                               {}},
                              request, 405);
    answer.headers.emplace_back("Allow", match.other_methods);
    return answer;
  }

  // Of the answer's bytes, so whoever has it need not be sent it again.
  void give_etag(Response& answer) {
    std::array<std::uint8_t, 16> hash{};
    crypto_generichash(hash.data(), hash.size(),
                       reinterpret_cast<const unsigned char*>(answer.body.data()),
                       answer.body.size(), nullptr, 0);
    const std::string etag = '"' + to_hex(hash) + '"';
    answer.headers.emplace_back("ETag", etag);
    etag_ = true;
    const auto had = outcome_.request.header("If-None-Match");
    if (!had || !names_etag(*had, etag)) return;
    answer.status = 304;
    answer.body.clear();
    answer.content_type.clear();
  }

  Response run_handler(const http::Handler& handler) {
    std::string why;
    try {
      auto answer = handler(outcome_.request);
      return answer ? std::move(*answer) : problem(answer.error(), outcome_.request);
    } catch (const std::exception& exception) {
      why = exception.what();
    } catch (...) {
      why = "an unknown exception";
    }
    return problem({Errc::kInternal, "the request failed", why, {}}, outcome_.request);
  }

  const ExchangeContext& context_;
  std::optional<std::string> range_;
  std::string_view head_;
  bool understood_ = false;  // the query
  bool etag_ = false;
  Outcome outcome_;
};

}  // namespace

Outcome exchange(const ExchangeContext& context, RawRequest raw) {
  return OneExchange(context, std::move(raw.body), std::move(raw.range)).run(raw.head, raw.close);
}

}  // namespace shoal::http
