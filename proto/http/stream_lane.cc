// SPDX-License-Identifier: Apache-2.0
#include "proto/http/stream_lane.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <cstdint>
#include <exception>
#include <system_error>
#include <thread>
#include <utility>

#include "proto/http/answer_text.h"
#include "proto/json/problem.h"
#include "proto/types/assert.h"

namespace shoal::http {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

int to_poll(Clock::duration time) {
  const auto ms = std::chrono::ceil<milliseconds>(time).count();
  return static_cast<int>(std::clamp<std::int64_t>(ms, 0, 60'000));
}

// The socket's end of a stream. Whoever stops the lane shuts the socket down, which wakes every
// wait here.
class FdWriter final : public StreamWriter {
 public:
  FdWriter(int fd, const Request& request) : fd_(fd), request_(request) {}

  bool open() override {
    if (opened_) return !closed();
    opened_ = true;
    return send_all(stream_head(request_.request_id));
  }
  bool write(std::string_view line) override {
    SHOAL_ASSERT(line.find('\n') == std::string_view::npos);
    if (opened_) return send_all(chunk(line));
    opened_ = true;
    return send_all(stream_head(request_.request_id) + chunk(line));
  }
  bool open_content(const Response& head, std::uint64_t length) override {
    SHOAL_ASSERT(!opened_);
    opened_ = true;
    status_ = head.status;
    const bool bare = request_.method == "HEAD" || head.status == 304;
    left_ = bare ? 0 : length;
    content_ = bare ? Content::kHeadOnly : Content::kBytes;
    return send_all(content_head(head, length, request_.request_id));
  }
  bool send(std::span<const std::uint8_t> bytes) override {
    if (content_ == Content::kHeadOnly) return !gone_;
    SHOAL_ASSERT(content_ == Content::kBytes && bytes.size() <= left_);
    left_ -= bytes.size();
    return send_all({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  bool closed() override { return wait(milliseconds(0)); }
  bool wait(milliseconds time) override {
    const auto until = Clock::now() + time;
    while (!gone_) {
      const auto left = until - Clock::now();
      if (peek(POLLRDHUP, to_poll(left)) == 0 && Clock::now() >= until) break;
    }
    return gone_;
  }

  [[nodiscard]] bool opened() const { return opened_; }
  [[nodiscard]] bool is_content() const { return content_ != Content::kNone; }
  [[nodiscard]] int status() const { return status_; }
  // All bytes that its head announced were sent.
  [[nodiscard]] bool whole() const { return left_ == 0; }
  // The end of the answer, and then what is needed so that the client sees it: what it sent and we
  // did not read would otherwise turn our end into a reset.
  void finish(std::string_view last) {
    send_all(last);
    ::shutdown(fd_, SHUT_WR);
    std::array<char, 4096> ignored{};
    for (int rounds = 0; rounds < 16 && peek(POLLIN, 250) != 0; ++rounds) {
      if (::recv(fd_, ignored.data(), ignored.size(), MSG_DONTWAIT) <= 0) break;
    }
  }

 private:
  // What has happened of `events`; notes when the other end is gone.
  short peek(short events, int timeout_ms) {
    pollfd entry{fd_, events, 0};
    if (::poll(&entry, 1, timeout_ms) <= 0) return 0;
    if ((entry.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0) gone_ = true;
    return entry.revents;
  }

  bool send_all(std::string_view bytes) {
    auto until = Clock::now() + limits::kHttpStreamStall;
    while (!bytes.empty() && !gone_) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
        until = Clock::now() + limits::kHttpStreamStall;
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        if (Clock::now() >= until) gone_ = true;
        if (!gone_) peek(POLLOUT | POLLRDHUP, to_poll(until - Clock::now()));
      } else if (errno != EINTR) {
        gone_ = true;
      }
    }
    return !gone_;
  }

  enum class Content : std::uint8_t { kNone, kHeadOnly, kBytes };

  int fd_;
  const Request& request_;
  int status_ = 200;
  Content content_ = Content::kNone;
  std::uint64_t left_ = 0;
  bool opened_ = false;
  bool gone_ = false;
};

Result<void> run_safely(const StreamHandler& handler, const Request& request, FdWriter& writer) {
  std::string why = "an unknown exception";
  try {
    return handler(request, writer);
  } catch (const std::exception& exception) {
    why = exception.what();
  } catch (...) {
  }
  return fail(Errc::kInternal, "the request failed", why);
}

// Returns the status that was answered.
int run_stream(int fd, const Request& request, const StreamHandler& handler) {
  FdWriter writer(fd, request);
  const auto done = run_safely(handler, request, writer);
  if (writer.is_content()) {
    // Without its last bytes the client must not take it for whole: no orderly end.
    if (done && writer.whole()) writer.finish({});
    return writer.status();
  }
  if (done) {
    writer.open();
    writer.finish(kLastChunk);
    return 200;
  }
  if (!writer.opened()) {
    const Response answer = problem(done.error(), request);
    writer.finish(to_bytes(answer));
    return answer.status;
  }
  writer.write(boost::json::serialize(json::to_json(done.error())));
  writer.finish(kLastChunk);
  return 200;
}

}  // namespace

bool StreamLane::reserve() {
  const std::scoped_lock lock(mutex_);
  if (closing_ || taken_ >= streams_max_) return false;
  ++taken_;
  return true;
}

void StreamLane::cancel_reservation() { release_slot(-1); }

void StreamLane::start(int fd, Request request, const StreamHandler& handler, Ended ended) {
  launch(
      fd, std::move(request),
      [fd, &handler](const Request& in) { return run_stream(fd, in, handler); }, std::move(ended));
}

void StreamLane::start_upload(int fd, Request request, const UploadHandler& handler, BodyStart body,
                              Ended ended) {
  launch(
      fd, std::move(request),
      [fd, &handler, body = std::move(body)](const Request& in) {
        return run_upload(fd, in, handler, body);
      },
      std::move(ended));
}

void StreamLane::launch(int fd, Request request, std::function<int(const Request&)> run,
                        Ended ended) {
  {
    const std::scoped_lock lock(mutex_);
    SHOAL_ASSERT(taken_ > open_.size());
    open_.insert(fd);
    if (closing_) ::shutdown(fd, SHUT_RDWR);
  }
  // Detached: its end is counted, and `self` keeps what it uses. The handler outlives the stop.
  try {
    std::thread([self = shared_from_this(), fd, request = std::move(request), run = std::move(run),
                 ended]() mutable {
      const int status = run(request);
      if (ended) ended(request, status);
      ended = nullptr;  // before the slot: what it holds must not outlive the server's stop
      self->release_slot(fd);
    }).detach();
  } catch (const std::system_error&) {  // no thread to be had
    const Request unknown;
    FdWriter(fd, unknown).finish(refusal(503, "no thread is free; try again"));
    if (ended) ended(unknown, 503);
    release_slot(fd);
  }
}

void StreamLane::release_slot(int fd) {
  // The last thing a stream's thread does: after the notification nothing of the server is used.
  const std::scoped_lock lock(mutex_);
  if (fd >= 0) {
    open_.erase(fd);
    ::close(fd);
  }
  SHOAL_ASSERT(taken_ > 0);
  --taken_;
  ended_.notify_all();
}

std::size_t StreamLane::streams() const {
  const std::scoped_lock lock(mutex_);
  return taken_;
}

void StreamLane::close() {
  const std::scoped_lock lock(mutex_);
  closing_ = true;
  for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
}

bool StreamLane::wait_until(Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return ended_.wait_until(lock, deadline, [&] { return taken_ == 0; });
}

}  // namespace shoal::http
