// SPDX-License-Identifier: Apache-2.0
#include "tests/wire/attack/victim.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <utility>

#include "proto/types/limits.h"
#include "proto/types/limits_index.h"

namespace shoal::attack {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using Place = Victim::Place;

// A number of /proc/PID/status, in bytes.
std::size_t kilobytes_of(pid_t pid, std::string_view name) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string word; status >> word;) {
    std::size_t number = 0;
    if (word == name && status >> number) return number * 1024;
  }
  ADD_FAILURE() << "process " << pid << " says nothing about " << name;
  return 0;
}

http::Target target_at(const std::string& url) {
  const auto target = http::Target::parse(url);
  EXPECT_TRUE(target) << url;
  return target.value_or(http::Target{"127.0.0.1", 1, {}});
}

bool wait_for(int fd, short events, Clock::time_point until) {
  const auto left = std::chrono::ceil<milliseconds>(until - Clock::now()).count();
  pollfd entry{fd, events, 0};
  return left > 0 && ::poll(&entry, 1, static_cast<int>(left)) > 0;
}

}  // namespace

std::string to_text(Place place) {
  switch (place) {
    case Place::kDirectory:
      return "directory";
    case Place::kRest:
      return "peer";
    default:
      return "public";
  }
}

Victim::Victim(Place place, const daemon::Folder& folder) : place_(place) {
  if (place == Place::kDirectory) {
    directory_ = std::make_unique<daemon::Process>(
        std::vector<std::string>{SHOAL_DIRECTORY_PROGRAM, "--config", "/dev/null", "--listen",
                                 "127.0.0.1:0", "--data", folder / "data"},
        folder / "directory.log");
    EXPECT_TRUE(directory_->says(" up, pid ")) << directory_->output();
    const std::string said = directory_->output();
    const auto at = said.find("http://");
    target_ = target_at(said.substr(at, said.find('\n', at) - at));
    pid_ = directory_->pid();
    return;
  }
  peer_ =
      std::make_unique<daemon::Peer>(folder, "victim",
                                     std::vector<std::string>{"--set", "rest.public=on", "--set",
                                                              "rest=on", "--log-level", "info"});
  pid_ = peer_->process().pid();
  if (place == Place::kRest) {
    const auto url = peer_->status().at("rest").as_string();
    target_ = target_at(std::string(url));
    token_ = daemon::read_file(peer_->home() + "/state/rest.token");
    while (token_.ends_with('\n')) token_.pop_back();
  } else {
    const std::string url = peer_->url();
    target_ = target_at("http://" + url.substr(url.find('@') + 1));
    token_ =
        std::string(peer_->call("POST", "/v1/tokens", {{"name", "x"}}).at("token").as_string());
  }
}

std::string Victim::head(std::string_view method, std::string_view path) const {
  return std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" +
         (token_.empty() ? "" : "Authorization: Bearer " + token_ + "\r\n");
}

std::string Victim::honest_head() const {
  switch (place_) {
    case Place::kDirectory:
      return head("GET", "/v1/peers");
    case Place::kRest:
      return head("GET", "/v1/friends");
    default:
      return head("GET", "/v1/peer");
  }
}

std::string Victim::body_path() const {
  return place_ == Place::kDirectory ? "/v1/index" : "/v1/searches";
}

std::size_t Victim::body_max() const {
  return place_ == Place::kDirectory ? limits::kIndexBody : limits::kHttpBody;
}

Growth::Growth(pid_t pid) : pid_(pid) {
  // 5: from here on the peak counts anew.
  std::ofstream("/proc/" + std::to_string(pid) + "/clear_refs") << 5;
  began_ = kilobytes_of(pid, "VmRSS:");
}

std::size_t Growth::bytes() const {
  const std::size_t most = kilobytes_of(pid_, "VmHWM:");
  return most > began_ ? most - began_ : 0;
}

Caller::Caller(const http::Target& target, const std::string& from, int reads)
    : target_(target), from_(from), reads_(reads) {
  connect();
}

void Caller::connect() {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_GE(fd_, 0) << errno;
  if (reads_ != 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &reads_, sizeof reads_);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  EXPECT_EQ(::inet_pton(AF_INET, from_.c_str(), &address.sin_addr), 1);
  // Or each connection would keep a port from everybody else on this machine.
  const int no_port = 1;
  ::setsockopt(fd_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &no_port, sizeof no_port);
  EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  address.sin_port = htons(target_.port);
  EXPECT_EQ(::inet_pton(AF_INET, target_.host.c_str(), &address.sin_addr), 1);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return;
  ::close(std::exchange(fd_, -1));
}

void Caller::call_again() {
  if (fd_ >= 0) ::close(fd_);
  connect();
}

Caller::~Caller() {
  if (fd_ >= 0) ::close(fd_);
}

Caller::Caller(Caller&& other) noexcept
    : target_(std::move(other.target_)),
      from_(std::move(other.from_)),
      reads_(other.reads_),
      fd_(std::exchange(other.fd_, -1)) {}

bool Caller::say(std::string_view bytes) {
  const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent >= 0 || errno == EAGAIN || errno == EWOULDBLOCK;
}

std::size_t Caller::pour(std::string_view bytes, std::size_t times) {
  std::size_t all = 0;
  for (std::size_t at = 0; times > 0;) {
    const ssize_t sent =
        ::send(fd_, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      all += static_cast<std::size_t>(sent);
      at += static_cast<std::size_t>(sent);
      if (at == bytes.size()) {
        at = 0;
        --times;
      }
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!wait_for(fd_, POLLOUT, Clock::now() + std::chrono::seconds(5))) break;
    } else if (errno != EINTR) {
      break;
    }
  }
  return all;
}

std::string Caller::hear(std::string_view enough, milliseconds time) {
  const auto until = Clock::now() + time;
  std::string heard;
  std::array<char, 16 * 1024> buffer{};
  while (enough.empty() || heard.find(enough) == std::string::npos) {
    if (!wait_for(fd_, POLLIN, until)) break;
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) break;
    if (got > 0) heard.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return heard;
}

void Caller::reset() const {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

bool Caller::hung_up() const {
  pollfd here{fd_, POLLRDHUP, 0};
  return ::poll(&here, 1, 0) > 0;
}

bool Caller::cut() {
  std::array<char, 16 * 1024> buffer{};
  while (true) {
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got == 0) return true;
    if (got < 0) return errno != EAGAIN && errno != EWOULDBLOCK;
  }
}

int status_of(std::string_view answer) {
  int status = 0;
  if (!answer.starts_with("HTTP/1.1 ") || answer.size() < 12) return 0;
  std::from_chars(answer.data() + 9, answer.data() + 12, status);
  return status;
}

}  // namespace shoal::attack
