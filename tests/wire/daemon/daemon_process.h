// SPDX-License-Identifier: Apache-2.0
// Real programs in folders of their own, and their REST.
#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <boost/json.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "proto/http/rest_client.h"
#include "tests/support/temp_folder.h"

namespace shoal::daemon {

/// What a program has to live with.
struct Terms {
  /// Bytes of the longest file it may write: a disk that is full from there on.
  rlim_t file_bytes = RLIM_INFINITY;
  /// Without root's right to pass over the modes of files.
  bool obey_modes = false;
  /// A program and its words that runs it in its own place, keeping the process's number.
  std::vector<std::string> under = {};
};

/// A program that ends with this, at the latest. What it writes goes to a file.
class Process {
 public:
  Process(const std::vector<std::string>& words, std::string log, const Terms& terms = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void send(int signal) const;
  /// Its exit code, 128 + signal, or -1 when it has not ended after `time`.
  int wait(std::chrono::milliseconds time = std::chrono::seconds(30));
  /// What it wrote so far, from this start on.
  [[nodiscard]] std::string output() const;
  /// Whether `text` came before it ended, or half a minute went by.
  bool says(const std::string& text);
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  bool ended();
  pid_t pid_ = -1;
  int status_ = 0;
  bool reaped_ = false;
  std::string log_;
};

using Folder = tests::TempFolder;

/// A shoald in a home of its own, on ports of the kernel.
class Peer {
 public:
  Peer(const Folder& folder, std::string name, std::vector<std::string> arguments = {});

  /// Starts it (again) and waits until it is up.
  void start(const Terms& terms = {});
  /// Ends it by that signal and returns its exit code.
  int end(int signal);
  Process& process() { return *process_; }

  [[nodiscard]] const std::string& home() const { return home_; }
  [[nodiscard]] std::string socket() const { return home_ + "/run/shoald.sock"; }
  [[nodiscard]] http::RestClient rest() const;
  /// One call; an answer other than 2xx is a test failure. Empty bodies become {}.
  boost::json::object call(const std::string& method, const std::string& path,
                           const boost::json::object& body = {});
  boost::json::object status() { return call("GET", "/v1/status"); }
  std::string url();
  std::string id();
  /// Runs `shoal` for it: the exit code, and all that was printed.
  std::pair<int, std::string> shoal(const std::vector<std::string>& words) const;
  /// The lines of a stream.
  std::vector<boost::json::object> lines(const std::string& method, const std::string& path,
                                         const boost::json::object& body = {});

  void befriend(Peer& other, const std::string& role = "friend");
  /// Why its only friend cannot be reached; empty while there is no reason.
  std::string trouble();
  /// Hits and the report, which comes last.
  std::vector<boost::json::object> search(const boost::json::object& body);
  /// Active links.
  std::int64_t active_friends();

 private:
  std::string home_;
  std::vector<std::string> words_;
  std::unique_ptr<Process> process_;
};

/// Befriends both ways and waits for the link, which `b` dials.
void join(Peer& a, Peer& b, const std::string& role = "friend");

/// Polls until it holds; false when it does not within the time.
template <class Condition>
bool soon(Condition holds, std::chrono::milliseconds time = std::chrono::seconds(30)) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

/// A file of `bytes` bytes that no two seeds share.
void write_file(const std::string& path, std::size_t bytes, std::uint64_t seed);
std::string read_file(const std::string& path);

}  // namespace shoal::daemon
