// SPDX-License-Identifier: Apache-2.0
#include "tests/wire/broker/rabbit_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "broker/connection.h"
#include "tests/support/child.h"

namespace shoal::broker {
namespace {

namespace fs = std::filesystem;
using Variables = std::vector<std::pair<std::string, std::string>>;

// Debian's script itself: the one in PATH changes the user and looks for systemd.
constexpr const char* kServer = "/usr/lib/rabbitmq/bin/rabbitmq-server";
constexpr const char* kMapper = "/usr/bin/epmd";
constexpr auto kStartTime = std::chrono::seconds(90);

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

// Ports that nobody has at the moment: all are held until the last is known.
std::vector<std::uint16_t> free_ports(std::size_t count) {
  std::vector<int> sockets;
  std::vector<std::uint16_t> ports;
  for (std::size_t i = 0; i < count; ++i) {
    sockets.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(sockets.back(), any, size), 0);
    EXPECT_EQ(::getsockname(sockets.back(), any, &size), 0);
    ports.push_back(ntohs(address.sin_port));
  }
  for (const int socket : sockets) ::close(socket);
  return ports;
}

pid_t run(std::vector<std::string> words, const Variables& variables, const std::string& log) {
  const auto prepare = [&] {
    for (const auto& [name, value] : variables) ::setenv(name.c_str(), value.c_str(), 1);
    tests::write_to_log(log);
  };
  return tests::start_child(std::move(words), {prepare});
}

}  // namespace

bool RabbitServer::available() {
  return Connection::available() && fs::exists(kServer) && fs::exists(kMapper);
}

RabbitServer& RabbitServer::shared() {
  static RabbitServer server;
  return server;
}

RabbitServer::RabbitServer() {
  const auto ports = free_ports(2);
  port_ = ports[0];
  epmd_port_ = ports[1];
  std::ofstream(folder_ / "plugins") << "[].\n";
  std::ofstream(folder_ / "empty.conf").flush();
  std::ofstream(folder_ / ".erlang.cookie") << "secret";
  fs::permissions(folder_ / ".erlang.cookie", fs::perms::owner_read);
  // One's own, else Erlang leaves a daemon behind.
  epmd_ = run({kMapper, "-port", std::to_string(epmd_port_), "-address", "127.0.0.1"}, {},
              folder_ / "epmd.log");
  start();
}

RabbitServer::~RabbitServer() {
  thaw();
  tests::end_child(pid_, SIGKILL);
  tests::end_child(epmd_, SIGTERM);
}

std::string RabbitServer::url(const std::string& user, const std::string& password) const {
  return "amqp://" + user + ":" + password + "@127.0.0.1:" + std::to_string(port_);
}

void RabbitServer::start() {
  launch();
  const auto until = std::chrono::steady_clock::now() + kStartTime;
  while (std::chrono::steady_clock::now() < until) {
    if (answers()) return;
    // Somebody else may have got one of its ports since it was chosen or used.
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) launch();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  ADD_FAILURE() << "RabbitMQ does not start; see " << folder_ / "out";
}

void RabbitServer::launch() {
  dist_ = free_ports(1).front();
  pid_ =
      run({kServer},
          {{"HOME", folder_.path()},
           {"RABBITMQ_NODENAME", "t" + std::to_string(::getpid()) + "@localhost"},
           {"RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1"},
           {"RABBITMQ_NODE_PORT", std::to_string(port_)},
           {"RABBITMQ_DIST_PORT", std::to_string(dist_)},
           {"RABBITMQ_MNESIA_BASE", folder_ / "mnesia"},
           {"RABBITMQ_LOG_BASE", folder_ / "log"},
           {"RABBITMQ_LOGS", "-"},
           {"RABBITMQ_CONF_ENV_FILE", "/dev/null"},
           {"RABBITMQ_CONFIG_FILE", folder_ / "empty.conf"},
           {"RABBITMQ_ENABLED_PLUGINS_FILE", folder_ / "plugins"},
           {"RABBITMQ_PID_FILE", folder_ / "pid"},
           {"ERL_EPMD_PORT", std::to_string(epmd_port_)},
           {"ERL_EPMD_ADDRESS", "127.0.0.1"},
           {"RUNNING_UNDER_SYSTEMD", "true"},
           {"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}"}},
          folder_ / "out");
}

bool RabbitServer::answers() const {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port_);
  const timeval patience{2, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  constexpr std::string_view kGreeting{"AMQP\0\0\x09\x01", 8};
  char byte = 0;
  const bool answered =
      ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::send(socket, kGreeting.data(), kGreeting.size(), MSG_NOSIGNAL) == 8 &&
      ::recv(socket, &byte, 1, 0) == 1;
  ::close(socket);
  return answered;
}

void RabbitServer::crash() { tests::end_child(pid_, SIGKILL); }

void RabbitServer::restart() { start(); }

void RabbitServer::freeze() const { tests::signal_child(pid_, SIGSTOP); }

void RabbitServer::thaw() const {
  if (pid_ > 0) ::kill(pid_, SIGCONT);
}

}  // namespace shoal::broker
