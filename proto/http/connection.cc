// SPDX-License-Identifier: Apache-2.0
#include "proto/http/connection.h"

#include <unistd.h>

#include <utility>

#include "proto/http/answer_text.h"

namespace shoal::http {
namespace {

using boost::system::error_code;
namespace asio = boost::asio;

// Read and thrown away after a closing answer, so that the client sees it and no reset.
constexpr std::size_t kLingerBytes = 256 * 1024;
constexpr std::chrono::seconds kLingerTime{1};

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

RequestFront new_front(const ServerState& state) {
  return RequestFront([&state](std::string_view method, std::string_view target) {
    const auto match = state.router.match(method, path_of(target));
    if (match.route == nullptr) return RequestFront::BodyRule(limits::kHttpBody);
    return RequestFront::BodyRule(match.route->options.body_max,
                                  std::holds_alternative<UploadHandler>(match.route->handler));
  });
}

}  // namespace

Connection::Connection(std::shared_ptr<ServerState> state, Socket socket, Peer peer,
                       std::string local_address, std::string key)
    : state_(std::move(state)),
      socket_(std::move(socket)),
      deadline_(socket_.get_executor()),
      peer_(std::move(peer)),
      local_address_(std::move(local_address)),
      key_(std::move(key)),
      front_(new_front(*state_)) {}

Connection::~Connection() {
  if (!key_.empty()) state_->leave(key_);
}

void Connection::start() {
  asio::dispatch(socket_.get_executor(), [self = shared_from_this()] {
    self->set_deadline(Clock::now() + self->state_->options.head_time);
    self->read();
  });
}

void Connection::turn_away(int status, std::string why) {
  asio::dispatch(socket_.get_executor(),
                 [self = shared_from_this(), bytes = refusal(status, why)]() mutable {
                   self->write(std::move(bytes), false);
                 });
}

void Connection::cut() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] { self->close(); });
}

void Connection::close() {
  error_code ignored;
  socket_.close(ignored);
  deadline_.cancel();
}

void Connection::set_deadline(Clock::time_point at) {
  deadline_.expires_at(at);
  deadline_.async_wait([self = shared_from_this(), at](const error_code& error) {
    // A deadline that was moved while this one was on its way does not count.
    if (error || self->deadline_.expiry() != at || !self->socket_.is_open()) return;
    if (!self->lingering_) self->state_->count_cut();
    self->close();
  });
}

void Connection::read() {
  socket_.async_read_some(asio::buffer(buffer_),
                          [self = shared_from_this()](const error_code& error, std::size_t count) {
                            if (error) return self->close();
                            self->left_.append(self->buffer_.data(), count);
                            self->consume();
                          });
}

void Connection::consume() {
  const bool had_started = front_.started();
  const bool had_head = front_.head_complete();
  left_.erase(0, front_.feed(left_));
  if (!had_started && front_.started()) {
    began_ = Clock::now();
    set_deadline(began_ + state_->options.head_time);
  }
  if (front_.refused() != 0) {
    Request unknown;
    unknown.method = front_.method();
    unknown.peer = peer_;
    state_->answered(unknown, front_.refused());
    return write(refusal(front_.refused(), front_.why()), false);
  }
  if (front_.complete()) return answer_request();
  if (!had_head && front_.head_complete()) set_deadline(began_ + state_->options.request_time);
  read();
}

void Connection::answer_request() {
  deadline_.expires_at(Clock::time_point::max());  // a handler's time is not the client's fault
  const std::string method(front_.method());
  const std::string target(front_.target());
  // What comes behind the head of an upload is its body, and no request.
  const bool keep = !front_.wants_close() && !front_.streamed();
  body_ = {{}, front_.length(), front_.wants_continue()};
  RawRequest raw{front_.head(), front_.take_body(), !keep, front_.range()};
  front_ = new_front(*state_);
  const auto match = state_->router.match(method, path_of(target));
  if (match.route == nullptr || !match.route->options.heavy) {
    return answer_on(state_->workers, std::move(raw), false);
  }
  if (!state_->begin_heavy()) return refuse_heavy(method, target);
  answer_on(state_->options.heavy ? state_->options.heavy : state_->workers, std::move(raw), true);
}

void Connection::refuse_heavy(std::string_view method, std::string_view target) {
  const Error error{Errc::kOverloaded, "the request has to wait", "too many like it wait already",
                    "try again in a few seconds"};
  Request request;
  request.method = method;
  request.path = path_of(target);
  request.peer = peer_;
  const Response response = problem(error, request);
  state_->answered(request, response.status);
  write(to_bytes(response), false);
}

void Connection::answer_on(const asio::any_io_executor& executor, RawRequest raw, bool heavy) {
  const bool keep = !raw.close;
  asio::post(executor, [self = shared_from_this(), raw = std::move(raw), keep, heavy]() mutable {
    ServerState& state = *self->state_;
    if (!state.begin_handler()) return self->cut();
    const ExchangeContext context{state.router, state.options.hosts,  state.options.token,
                                  self->peer_,  self->local_address_, &state.options.proxies};
    Outcome outcome = exchange(context, std::move(raw));
    if (!outcome.in_lane()) state.answered(outcome.request, outcome.status);
    if (heavy) state.end_heavy();
    state.end_handler();
    asio::post(self->socket_.get_executor(), [self, keep, outcome = std::move(outcome)]() mutable {
      self->on_outcome(std::move(outcome), keep);
    });
  });
}

void Connection::on_outcome(Outcome outcome, bool keep) {
  if (!socket_.is_open()) return;
  if (outcome.in_lane()) return give_to_lane(std::move(outcome));
  write(std::move(outcome.bytes), keep);
}

void Connection::give_to_lane(Outcome outcome) {
  if (!state_->lane->reserve()) {
    const Error error{Errc::kOverloaded, "no stream is free",
                      std::to_string(state_->options.streams_max) + " are open",
                      "close one, or try again later"};
    state_->answered(outcome.request, 503);
    return write(to_bytes(problem(error, outcome.request, 503)), false);
  }
  error_code error;
  deadline_.cancel();
  const int fd = socket_.release(error);
  if (error) {
    state_->lane->cancel_reservation();
    return close();
  }
  // The place in the admission goes with the stream.
  auto ended = [self = shared_from_this()](const Request& request, int status) {
    self->state_->answered(request, status);
  };
  if (outcome.stream != nullptr) {
    return state_->lane->start(fd, std::move(outcome.request), *outcome.stream, std::move(ended));
  }
  body_.begun = std::move(left_);
  state_->lane->start_upload(fd, std::move(outcome.request), *outcome.upload, std::move(body_),
                             std::move(ended));
}

void Connection::write(std::string bytes, bool keep) {
  out_ = std::move(bytes);
  set_deadline(Clock::now() + limits::kHttpAnswerTime);
  asio::async_write(socket_, asio::buffer(out_),
                    [self = shared_from_this(), keep](const error_code& error, std::size_t) {
                      if (error) return self->close();
                      if (!keep) return self->linger();
                      self->out_.clear();
                      self->set_deadline(Clock::now() + self->state_->options.idle_time);
                      if (self->left_.empty()) return self->read();
                      self->consume();
                    });
}

void Connection::linger() {
  error_code ignored;
  if (!std::exchange(lingering_, true)) {
    socket_.shutdown(Socket::shutdown_send, ignored);
    set_deadline(Clock::now() + kLingerTime);
  }
  socket_.async_read_some(asio::buffer(buffer_),
                          [self = shared_from_this()](const error_code& error, std::size_t count) {
                            self->lingered_ += count;
                            if (error || self->lingered_ > kLingerBytes) return self->close();
                            self->linger();
                          });
}

}  // namespace shoal::http
