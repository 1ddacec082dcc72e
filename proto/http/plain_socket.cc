// SPDX-License-Identifier: Apache-2.0
#include "proto/http/plain_socket.h"

#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

namespace shoal::http {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSlice{50};  // how soon a cancel is seen

struct Address {
  int family = 0;
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

std::string text_of(int error) { return std::generic_category().message(error); }

tl::unexpected<Error> unreachable(const Target& target, std::string why) {
  return fail(Errc::kUnreachable, "cannot reach " + target.to_text(), std::move(why),
              "see whether it runs and listens there");
}

Result<std::vector<Address>> addresses_of(const Target& target) {
  std::vector<Address> out;
  if (!target.socket_path.empty()) {
    sockaddr_un local{};
    if (target.socket_path.size() >= sizeof local.sun_path) {
      return unreachable(target, "a socket path has at most 107 bytes");
    }
    local.sun_family = AF_UNIX;
    std::memcpy(local.sun_path, target.socket_path.data(), target.socket_path.size());
    out.emplace_back().family = AF_UNIX;
    std::memcpy(&out[0].bytes, &local, sizeof local);
    out[0].size = sizeof local;
    return out;
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed =
      ::getaddrinfo(target.host.c_str(), std::to_string(target.port).c_str(), &hints, &found);
  if (failed != 0) return unreachable(target, ::gai_strerror(failed));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, &::freeaddrinfo);
  for (const addrinfo* each = list.get(); each != nullptr; each = each->ai_next) {
    Address& address = out.emplace_back();
    address.family = each->ai_family;
    std::memcpy(&address.bytes, each->ai_addr, each->ai_addrlen);
    address.size = each->ai_addrlen;
  }
  return out;
}

}  // namespace

PlainSocket::PlainSocket(PlainSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), cancel_(other.cancel_) {}

PlainSocket::~PlainSocket() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> PlainSocket::wait(short events, Clock::time_point deadline) {
  while (true) {
    if (cancel_ != nullptr && cancel_->load())
      return fail(Errc::kCancelled, "the call was cancelled");
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) {
      return fail(Errc::kTimeout, "the server did not answer in time", {}, "try again later");
    }
    pollfd entry{fd_, events, 0};
    const auto slice =
        cancel_ == nullptr ? std::min(left, milliseconds(60'000)) : std::min(left, kSlice);
    if (::poll(&entry, 1, static_cast<int>(slice.count())) > 0) return {};
  }
}

Result<PlainSocket> PlainSocket::connect(const Target& target, Clock::time_point deadline,
                                         const std::atomic<bool>* cancel) {
  auto addresses = addresses_of(target);
  if (!addresses) return tl::unexpected(addresses.error());
  int error = EADDRNOTAVAIL;
  for (const auto& address : *addresses) {
    PlainSocket socket(::socket(address.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
                       cancel);
    if (socket.fd_ < 0) {
      error = errno;
      continue;
    }
    const int on = 1;
    ::setsockopt(socket.fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    error = 0;
    if (::connect(socket.fd_, reinterpret_cast<const sockaddr*>(&address.bytes), address.size) !=
        0) {
      error = errno;
    }
    if (error == EINPROGRESS) {
      if (auto waited = socket.wait(POLLOUT, deadline); !waited) {
        if (waited.error().code == Errc::kCancelled) return tl::unexpected(waited.error());
        return fail(Errc::kTimeout, "cannot reach " + target.to_text(),
                    "it does not answer in time", "see whether it runs and listens there");
      }
      socklen_t size = sizeof error;
      if (::getsockopt(socket.fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    }
    if (error == 0) return socket;
  }
  return unreachable(target, text_of(error));
}

Result<void> PlainSocket::write(std::string_view bytes, Clock::time_point deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (auto waited = wait(POLLOUT, deadline); !waited) return waited;
    } else if (errno != EINTR) {
      return {};  // the other end refuses to read on; it may have said why
    }
  }
  return {};
}

Result<std::size_t> PlainSocket::read(char* to, std::size_t size, Clock::time_point deadline) {
  while (true) {
    const ssize_t got = ::recv(fd_, to, size, 0);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (auto waited = wait(POLLIN, deadline); !waited) return tl::unexpected(waited.error());
    } else if (errno != EINTR) {
      return fail(Errc::kUnreachable, "the connection broke", text_of(errno),
                  "see whether the server still runs");
    }
  }
}

}  // namespace shoal::http
