// SPDX-License-Identifier: Apache-2.0
#include "proto/http/connection.h"

#include <unistd.h>

#include <array>
#include <utility>

#include "proto/http/answer_text.h"

namespace shoal::http {
namespace {

using boost::system::error_code;
namespace asio = boost::asio;

// Read and thrown away after a closing answer, so that the client sees it and no reset.
constexpr std::size_t kLingerBytes = 256 * 1024;
constexpr std::chrono::seconds kLingerTime{1};
// Of what may be a head, read at once.
constexpr std::size_t kHeadRead = 4 * 1024;
// Of an answer, given to the kernel at once.
constexpr std::size_t kWritten = 64 * 1024;

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
                       std::string local_address, std::optional<Guests::Id> guest)
    : state_(std::move(state)),
      socket_(std::move(socket)),
      deadline_(socket_.get_executor()),
      peer_(std::move(peer)),
      local_address_(std::move(local_address)),
      guest_(guest),
      front_(new_front(*state_)) {}

Connection::~Connection() { guest_ ? state_->leave(*guest_) : state_->end_turning_away(); }

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

void Connection::give_way(std::size_t bytes) {
  asio::post(socket_.get_executor(), [self = shared_from_this(), bytes] {
    self->close();
    self->state_->end_work({bytes, false});
  });
}

void Connection::go_on() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    if (!self->socket_.is_open()) return;
    self->held_back_ = false;
    // That time was the server's, not the client's.
    const auto held = Clock::now() - self->held_since_;
    self->began_ += held;
    self->set_deadline(self->due_ + held);
    self->read_what_came();
  });
}

void Connection::close() {
  error_code ignored;
  if (guest_) state_->forget_socket(*guest_);
  socket_.close(ignored);
  deadline_.cancel();
  if (std::exchange(held_back_, false)) state_->end_holding_back(*this);
  front_.emplace(new_front(*state_));
  std::string().swap(left_);
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

// Waits without a buffer, so that a silent client costs none.
void Connection::read() {
  state_->wait(*guest_, Guests::For::kRequest, front_->memory());
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const error_code& error) {
    if (error) return self->close();
    self->read_what_came();
  });
}

// To its end if it is all there: requests on their way are as few as there are threads for them.
void Connection::read_what_came() {
  while (true) {
    if (!state_->may_read(shared_from_this())) return hold_back();
    if (!left_.empty()) {
      if (consume(std::exchange(left_, {}))) return;
      continue;
    }
    error_code error;
    const std::string_view bytes = read_some(error);
    if (error == asio::error::would_block) return read();
    if (error) return close();
    if (consume(bytes)) return;
    // Less than was asked for: there is no more, and a byte from a slow client costs one read.
    if (bytes.size() < kHeadRead) return read();
  }
}

void Connection::hold_back() {
  held_back_ = true;
  held_since_ = Clock::now();
  due_ = deadline_.expiry();
  deadline_.expires_at(Clock::time_point::max());
}

// Valid until the next call on this thread.
std::string_view Connection::read_some(error_code& error) {
  thread_local std::array<char, 4 * kHeadRead> buffer;
  // What is not of this request has to be kept, so there is little of it.
  const std::size_t most = front_->head_complete() ? buffer.size() : kHeadRead;
  const std::size_t count = socket_.read_some(asio::buffer(buffer.data(), most), error);
  return {buffer.data(), count};
}

// True: the request is whole or refused, and is seen to.
bool Connection::consume(std::string_view bytes) {
  const bool had_started = front_->started();
  const bool had_head = front_->head_complete();
  bytes.remove_prefix(front_->feed(bytes));
  if (!had_started && front_->started()) {
    began_ = Clock::now();
    set_deadline(began_ + state_->options.head_time);
  }
  if (front_->refused() != 0) {
    Request unknown;
    unknown.method = front_->method();
    unknown.peer = peer_;
    state_->answered(unknown, front_->refused());
    std::string answer = refusal(front_->refused(), front_->why());
    front_.emplace(new_front(*state_));  // what it holds is not needed any more
    write(std::move(answer), false);
    return true;
  }
  if (front_->complete()) {
    left_ = bytes;
    answer_request();
    return true;
  }
  if (!had_head && front_->head_complete()) set_deadline(began_ + state_->options.request_time);
  return false;
}

void Connection::answer_request() {
  deadline_.expires_at(Clock::time_point::max());  // a handler's time is not the client's fault
  const std::string method(front_->method());
  const std::string target(front_->target());
  const auto match = state_->router.match(method, path_of(target));
  const bool heavy = match.route != nullptr && match.route->options.heavy;
  work_ = {front_->memory(), !heavy};
  if (!state_->begin_work(*guest_, work_)) {
    work_ = {};
    return close();
  }
  // What comes behind the head of an upload is its body, and no request.
  const bool keep = !front_->wants_close() && !front_->streamed();
  body_ = {{}, front_->length(), front_->wants_continue()};
  RawRequest raw{front_->head(), front_->take_body(), !keep, front_->range()};
  front_.emplace(new_front(*state_));
  if (!heavy) return answer_on(state_->workers, std::move(raw), false);
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
  end_work();
}

// It is answered: the next request may take its place.
void Connection::end_work() { state_->end_work(std::exchange(work_, {})); }

void Connection::answer_on(const asio::any_io_executor& executor, RawRequest raw, bool heavy) {
  const bool keep = !raw.close;
  asio::post(executor, [self = shared_from_this(), raw = std::move(raw), keep, heavy]() mutable {
    ServerState& state = *self->state_;
    if (!state.begin_handler()) return self->cut();
    const ExchangeContext context{state.router, state.options.hosts,  state.options.token,
                                  self->peer_,  self->local_address_, &state.options.proxies};
    Outcome outcome = exchange(context, std::move(raw));
    if (!outcome.in_lane()) state.answered(outcome.request, outcome.status);
    if (!outcome.in_lane()) std::string().swap(outcome.request.body);
    if (heavy) state.end_heavy();
    state.end_handler();
    asio::post(self->socket_.get_executor(), [self, keep, outcome = std::move(outcome)]() mutable {
      self->on_outcome(std::move(outcome), keep);
    });
  });
}

void Connection::on_outcome(Outcome outcome, bool keep) {
  if (socket_.is_open()) {
    outcome.in_lane() ? give_to_lane(std::move(outcome)) : write(std::move(outcome.bytes), keep);
  }
  end_work();
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
  if (guest_) state_->forget_socket(*guest_);
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
  if (guest_) state_->wait(*guest_, Guests::For::kReader, out_.size() + left_.size());
  set_deadline(Clock::now() + limits::kHttpAnswerTime);
  const auto on_part = [self = shared_from_this()](const error_code& error, std::size_t written) {
    if (written > 0 && self->guest_) self->state_->read_on(*self->guest_);
    return error ? 0 : kWritten;
  };
  asio::async_write(socket_, asio::buffer(out_), on_part,
                    [self = shared_from_this(), keep](const error_code& error, std::size_t) {
                      error ? self->close() : self->on_written(keep);
                    });
}

void Connection::on_written(bool keep) {
  std::string().swap(out_);
  if (!keep) {
    std::string().swap(left_);
    if (guest_) state_->wait(*guest_, Guests::For::kReader, 0);
    return linger();
  }
  set_deadline(Clock::now() + state_->options.idle_time);
  // The next request may have come with this one, and waits for its turn, too.
  if (left_.empty()) return read();
  state_->wait(*guest_, Guests::For::kRequest, left_.size());
  read_what_came();
}

void Connection::linger() {
  error_code ignored;
  if (!std::exchange(lingering_, true)) {
    socket_.shutdown(Socket::shutdown_send, ignored);
    set_deadline(Clock::now() + kLingerTime);
  }
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const error_code& error) {
    error_code ended = error;
    while (!ended && self->lingered_ <= kLingerBytes) {
      self->lingered_ += self->read_some(ended).size();
    }
    if (ended != asio::error::would_block) return self->close();
    self->linger();
  });
}

}  // namespace shoal::http
