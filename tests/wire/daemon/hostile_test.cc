// SPDX-License-Identifier: Apache-2.0
// Whoever connects and means no good: garbage, and requests that never end.
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>

#include "proto/types/rng.h"
#include "tests/wire/daemon/sharing.h"

namespace shoal::daemon {
namespace {

/// A connection that says what it likes.
class Caller {
 public:
  explicit Caller(const std::string& place) {
    if (place.starts_with('/')) {
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      place.copy(address.sun_path, sizeof address.sun_path - 1);
      connect(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    } else {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      const auto port = std::stoul(place.substr(place.rfind(':') + 1));
      address.sin_port = htons(static_cast<std::uint16_t>(port));
      connect(AF_INET, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
  }
  ~Caller() { ::close(fd_); }
  Caller(Caller&& other) noexcept : fd_(std::exchange(other.fd_, -1)), drip_(other.drip_) {}
  Caller& operator=(Caller&&) = delete;

  Caller& say(std::string_view bytes) {
    static_cast<void>(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
    return *this;
  }
  /// From now on it says one byte more whenever it is looked at.
  Caller& dripping() {
    drip_ = true;
    return *this;
  }
  /// Whether the other end is gone.
  bool cut() {
    if (drip_) say("a");
    char bytes[4096];
    for (;;) {
      const ssize_t got = ::recv(fd_, bytes, sizeof bytes, MSG_DONTWAIT);
      if (got == 0) return true;
      if (got < 0) return errno != EAGAIN && errno != EWOULDBLOCK;
    }
  }

 private:
  void connect(int family, const sockaddr* address, socklen_t size) {
    fd_ = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::connect(fd_, address, size), 0);
  }
  int fd_ = -1;
  bool drip_ = false;
};

class Hostile : public Sharing {
 protected:
  // The daemon does its work as ever.
  void expect_service(const boost::json::object& hit) {
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(luis.status().at("name"), "luis");
    EXPECT_EQ(luis.active_friends(), 1);
    EXPECT_EQ(ana.search({{"terms", "big book"}}).size(), 2U);
    EXPECT_EQ(text(done(fetch(hit)), "state"), "done");
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(3));
  }
  static bool all_cut(std::vector<Caller>& callers) {
    return std::ranges::all_of(callers, [](Caller& caller) { return caller.cut(); });
  }
};

TEST_F(Hostile, RequestsThatNeverEndHoldUpNobodyAndAreCut) {
  const auto hit = found(1'000'000);
  const std::string port = text(luis.status(), "listen");
  const std::string socket = luis.home() + "/run/shoald.sock";
  std::vector<Caller> callers;
  for (int i = 0; i < 20; ++i) {
    callers.emplace_back(port);                      // says nothing
    callers.emplace_back(port).say("\x16\x03\x01");  // begins with TLS
    callers.emplace_back(port).say("GET /v1/peer HTTP/1.1\r\nX-A: ").dripping();
    callers.emplace_back(socket);
    callers.emplace_back(socket).say("GET /v1/status HTTP/1.1\r\nX-A: ").dripping();
  }
  callers.emplace_back(socket)
      .say("POST /v1/searches HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n{")
      .dripping();
  expect_service(hit);
  EXPECT_TRUE(soon([&] { return all_cut(callers); }));
  expect_service(hit);
}

TEST_F(Hostile, GarbageOnThePortHarmsNobody) {
  const auto hit = found(1'000'000);
  const std::string port = text(luis.status(), "listen");
  std::vector<Caller> callers;
  Rng rng(7);
  for (int i = 0; i < 40; ++i) {
    std::string bytes(1 + rng.below(5000), '\0');
    for (char& byte : bytes) byte = static_cast<char>(rng.next());
    if (i % 2 == 0) bytes[0] = 0x16;
    callers.emplace_back(port).say(bytes);
  }
  callers.emplace_back(port).say("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  callers.emplace_back(port).say("GET /" + std::string(100'000, 'a'));
  expect_service(hit);
  EXPECT_TRUE(soon([&] { return all_cut(callers); }));
  EXPECT_EQ(luis.end(SIGTERM), 0);
}

}  // namespace
}  // namespace shoal::daemon
