// SPDX-License-Identifier: Apache-2.0
#include "proto/http/upload.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <utility>

#include "proto/http/answer_text.h"
#include "proto/types/limits.h"

namespace shoal::http {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Read and thrown away after an answer that came before the end of the body, so that the client
// sees the answer and no reset.
constexpr std::size_t kDrainBytes = 8 * 1024 * 1024;
constexpr milliseconds kDrainTime{2000};

bool wait_for(int fd, short events, Clock::time_point until) {
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(until - Clock::now()).count();
    pollfd entry{fd, events, 0};
    const int ready =
        ::poll(&entry, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000)));
    if (ready > 0) return true;
    if (ready == 0 && left <= 0) return false;
    if (ready < 0 && errno != EINTR) return false;
  }
}

bool send_all(int fd, std::string_view bytes) {
  const auto until = Clock::now() + limits::kHttpStreamStall;
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!wait_for(fd, POLLOUT, until)) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

class FdBody final : public BodyReader {
 public:
  FdBody(int fd, BodyStart start) : fd_(fd), start_(std::move(start)), left_(start_.length) {
    if (start_.begun.size() > left_) start_.begun.resize(static_cast<std::size_t>(left_));
  }

  [[nodiscard]] std::uint64_t length() const override { return start_.length; }
  Result<std::size_t> read(std::span<std::uint8_t> into) override {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left_));
    if (most == 0) return std::size_t{0};
    if (!start_.begun.empty()) return took(from_begun(into.first(most)));
    if (std::exchange(start_.wants_continue, false) &&
        !send_all(fd_, "HTTP/1.1 100 Continue\r\n\r\n")) {
      return gone();
    }
    while (true) {
      const ssize_t got = ::recv(fd_, into.data(), most, MSG_DONTWAIT);
      if (got > 0) return took(static_cast<std::size_t>(got));
      if (got == 0) return gone();
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return gone();
      if (!wait_for(fd_, POLLIN, Clock::now() + limits::kHttpStreamStall)) {
        return fail(Errc::kTimeout, "the body did not come", "nothing came for long",
                    "send it again");
      }
    }
  }
  [[nodiscard]] std::uint64_t left() const { return left_; }

 private:
  std::size_t from_begun(std::span<std::uint8_t> into) {
    const std::size_t count = std::min(into.size(), start_.begun.size());
    std::memcpy(into.data(), start_.begun.data(), count);
    start_.begun.erase(0, count);
    return count;
  }
  std::size_t took(std::size_t count) {
    left_ -= count;
    return count;
  }
  static tl::unexpected<Error> gone() {
    return fail(Errc::kUnreachable, "the body did not come", "the client went away",
                "send it again");
  }

  const int fd_;
  BodyStart start_;
  std::uint64_t left_;
};

Response answer_of(const UploadHandler& handler, const Request& request, FdBody& body) {
  std::string why = "an unknown exception";
  try {
    auto answer = handler(request, body);
    return answer ? std::move(*answer) : problem(answer.error(), request);
  } catch (const std::exception& exception) {
    why = exception.what();
  } catch (...) {
  }
  return problem({Errc::kInternal, "the request failed", why, {}}, request);
}

void drain(int fd) {
  const auto until = Clock::now() + kDrainTime;
  std::array<char, 16 * 1024> ignored{};
  for (std::size_t dropped = 0; dropped < kDrainBytes && wait_for(fd, POLLIN, until);) {
    const ssize_t got = ::recv(fd, ignored.data(), ignored.size(), MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return;
    if (got > 0) dropped += static_cast<std::size_t>(got);
  }
}

}  // namespace

int run_upload(int fd, const Request& request, const UploadHandler& handler, BodyStart start) {
  FdBody body(fd, std::move(start));
  const Response answer = answer_of(handler, request, body);
  send_all(fd, to_bytes(answer));
  ::shutdown(fd, SHUT_WR);
  drain(fd);
  return answer.status;
}

}  // namespace shoal::http
