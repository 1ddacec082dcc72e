// SPDX-License-Identifier: Apache-2.0
#include "broker/client.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "proto/types/assert.h"
#include "proto/types/limits_broker.h"

namespace shoal::broker {
namespace {

using std::chrono::milliseconds;

// The library sends and expects heartbeats only when it is called.
constexpr int kIdleMs = 1'000;

}  // namespace

std::string_view to_text(Status::State state) {
  switch (state) {
    case Status::State::kConnecting:
      return "connecting";
    case Status::State::kUp:
      return "up";
    case Status::State::kDown:
      return "down";
  }
  return "";
}

Client::Client(Url url, Hooks hooks)
    : url_(std::move(url)),
      lookup_(url_.host),
      hooks_(std::move(hooks)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  SHOAL_ASSERT(wake_ >= 0);
  status_.url = url_.shown();
}

Client::~Client() { ::close(wake_); }

void Client::run() {
  milliseconds pause = limits::kBrokerRetryMin;
  while (true) {
    {
      const std::scoped_lock lock(mutex_);
      if (stopped_) return;
      hurried_ = false;
    }
    Error trouble;
    if (auto connection =
            Connection::open(url_, lookup_, [this](int socket) { return watch(socket); })) {
      {
        const std::scoped_lock lock(mutex_);
        status_.state = Status::State::kUp;
        status_.trouble = {};
      }
      pause = limits::kBrokerRetryMin;
      trouble = serve(**connection);
    } else {
      trouble = std::move(connection.error());
    }
    {
      const std::scoped_lock lock(mutex_);
      if (stopped_) return;
      status_.state = Status::State::kDown;
      status_.trouble = trouble;
      sending_ = false;
      outbox_.clear();
    }
    hooks_.on_down(trouble);
    rest(pause);
    pause = std::min(2 * pause, limits::kBrokerRetryMax);
  }
}

// Until the connection or the whole client ends: why it did.
Error Client::serve(Connection& connection) {
  unheard_.reset();
  hooks_.on_up();
  while (true) {
    {
      const std::scoped_lock lock(mutex_);
      if (stopped_) break;
    }
    if (auto fine = serve_once(connection); !fine) return fine.error();
  }
  connection.close();
  return {};
}

Result<void> Client::serve_once(Connection& connection) {
  if (auto fine = connection.read([this](Delivery delivery) { came(std::move(delivery)); });
      !fine) {
    return fine;
  }
  if (auto fine = still_hears(); !fine) return fine;
  std::deque<Outgoing> messages;
  {
    const std::scoped_lock lock(mutex_);
    if (stopped_) return {};
    messages.swap(outbox_);
    sending_ = !messages.empty();
  }
  for (Outgoing& message : messages) {
    if (message.to_all && message.reply_to.empty()) {
      message.reply_to = connection.replies();
      if (!unheard_) unheard_ = {Clock::now(), message.correlation};
    }
    if (auto fine = connection.send(message); !fine) return fine;
    const std::scoped_lock lock(mutex_);
    sending_ = &message != &messages.back();
  }
  // What came while we sent may lie in the library's buffer: a full turn before any wait.
  if (!messages.empty()) return {};
  std::array<pollfd, 2> ends{pollfd{connection.socket(), POLLIN, 0}, pollfd{wake_, POLLIN, 0}};
  ::poll(ends.data(), ends.size(), unheard_ ? kIdleMs / 10 : kIdleMs);
  std::uint64_t rung = 0;
  [[maybe_unused]] const auto read = ::read(wake_, &rung, sizeof rung);
  return {};
}

// Asked after all that has come was read.
Result<void> Client::still_hears() const {
  if (!unheard_ || Clock::now() - unheard_->since < limits::kBrokerEcho) return {};
  return fail(Errc::kUnreachable, "the broker at " + url_.shown() + " does not answer",
              "what this peer asked did not come back within " +
                  std::to_string(limits::kBrokerEcho.count() / 1000) + " s",
              "see that it runs, and broker.url");
}

void Client::came(Delivery delivery) {
  // What else comes may have been on its way before.
  const bool own = delivery.by == Delivery::By::kOwnQueue;
  if (unheard_ && own && delivery.correlation == unheard_->correlation) unheard_.reset();
  const bool answer = delivery.by == Delivery::By::kReplies;
  // Its copy comes by this peer's own queue, too.
  if (delivery.by == Delivery::By::kSharedQueue && delivery.by_exchange) return;
  {
    const std::scoped_lock lock(mutex_);
    if (delivery.too_long) return count("broker's message that is too long");
    ++(answer ? status_.answers : status_.queries);
  }
  (answer ? hooks_.on_answer : hooks_.on_query)(std::move(delivery));
}

void Client::ask(std::string correlation, std::string body) {
  Outgoing message;
  message.to_all = true;
  message.correlation = std::move(correlation);
  message.body = std::move(body);
  post(std::move(message));
}

void Client::pass_on(Delivery query) {
  Outgoing message;
  message.to_all = true;
  message.correlation = std::move(query.correlation);
  message.reply_to = std::move(query.reply_to);
  message.body = std::move(query.body);
  post(std::move(message));
}

void Client::answer(const Delivery& query, std::string body) {
  Outgoing message;
  message.to = query.reply_to;
  message.correlation = query.correlation;
  message.body = std::move(body);
  post(std::move(message));
}

void Client::post(Outgoing message) {
  {
    const std::scoped_lock lock(mutex_);
    if (status_.state != Status::State::kUp) return;
    if (outbox_.size() == limits::kBrokerOutbox)
      return count("message to the broker while many others waited");
    outbox_.push_back(std::move(message));
  }
  wake();
}

void Client::hurry() {
  {
    const std::scoped_lock lock(mutex_);
    hurried_ = true;
  }
  over_.notify_all();
}

void Client::dropped(std::string_view reason) {
  const std::scoped_lock lock(mutex_);
  count(reason);
}

void Client::count(std::string_view reason) {
  const auto found = status_.drops.find(reason);
  if (found != status_.drops.end()) {
    ++found->second;
  } else {
    status_.drops.emplace(reason, 1);
  }
}

Status Client::status() const {
  const std::scoped_lock lock(mutex_);
  Status out = status_;
  const auto left = std::chrono::duration_cast<milliseconds>(next_try_ - Clock::now());
  out.next_try = std::max(left, milliseconds(0));
  return out;
}

void Client::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
    // Ends what may block in the library; a connection that is idle is closed by its own thread.
    const bool blocks = status_.state != Status::State::kUp || sending_;
    if (socket_ >= 0 && blocks) ::shutdown(socket_, SHUT_RDWR);
  }
  over_.notify_all();
  wake();
}

bool Client::watch(int socket) {
  const std::scoped_lock lock(mutex_);
  socket_ = socket;
  return !stopped_;
}

void Client::wake() const {
  const std::uint64_t ring = 1;
  [[maybe_unused]] const auto written = ::write(wake_, &ring, sizeof ring);
}

void Client::rest(milliseconds pause) {
  std::unique_lock lock(mutex_);
  next_try_ = Clock::now() + pause;
  over_.wait_until(lock, next_try_, [this] { return stopped_ || hurried_; });
}

}  // namespace shoal::broker
