// SPDX-License-Identifier: Apache-2.0
#include "tests/wire/daemon/daemon_process.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "proto/types/rng.h"
#include "tests/support/child.h"

namespace shoal::daemon {

namespace bj = boost::json;

namespace {

// In the child: nothing here allocates.
void accept(const Terms& terms) {
  const rlimit files{terms.file_bytes, terms.file_bytes};
  if (terms.file_bytes != RLIM_INFINITY && ::setrlimit(RLIMIT_FSIZE, &files) != 0) ::_exit(125);
  if (!terms.obey_modes || ::geteuid() != 0) return;
  for (const int right : {CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH}) {
    if (::prctl(PR_CAPBSET_DROP, right) != 0) ::_exit(125);
  }
}

}  // namespace

Process::Process(const std::vector<std::string>& words, std::string log, const Terms& terms)
    : log_(std::move(log)) {
  std::vector<std::string> copies = terms.under;
  copies.insert(copies.end(), words.begin(), words.end());
  const int out = ::open(log_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  EXPECT_GE(out, 0) << log_;
  const auto prepare = [&] {
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    accept(terms);
  };
  pid_ = tests::start_child(std::move(copies), {prepare});
  ::close(out);
}

Process::~Process() {
  if (ended()) return;
  tests::end_child(pid_, SIGKILL);
}

bool Process::ended() {
  if (!reaped_) reaped_ = ::waitpid(pid_, &status_, WNOHANG) == pid_;
  return reaped_;
}

void Process::send(int signal) const { tests::signal_child(pid_, signal); }

int Process::wait(std::chrono::milliseconds time) {
  if (!soon([this] { return ended(); }, time)) return -1;
  return tests::code_of_status(status_);
}

std::string Process::output() const { return read_file(log_); }

bool Process::says(const std::string& text) {
  bool said = false;
  soon([&] {
    const bool over = ended();
    said = output().find(text) != std::string::npos;
    return said || over;
  });
  return said;
}

Peer::Peer(const Folder& folder, std::string name, std::vector<std::string> arguments)
    : home_(folder / name),
      words_{SHOALD_PROGRAM, "--home", home_,          "--name",      name,
             "--port",       "0",      "--set",        "rest.port=0", "--log-level",
             "debug",        "--set",  "search.ttl=5", "--set",       "rescan.interval=0"} {
  std::filesystem::create_directories(home_);
  words_.insert(words_.end(), arguments.begin(), arguments.end());
  start();
}

void Peer::start(const Terms& terms) {
  process_ = nullptr;
  process_ = std::make_unique<Process>(words_, home_ + "/log", terms);
  EXPECT_TRUE(process_->says(" up, pid " + std::to_string(process_->pid()))) << process_->output();
}

int Peer::end(int signal) {
  process_->send(signal);
  return process_->wait();
}

std::pair<int, std::string> Peer::shoal(const std::vector<std::string>& words) const {
  std::vector<std::string> all{SHOAL_PROGRAM, "--home", home_};
  all.insert(all.end(), words.begin(), words.end());
  Process process(all, home_ + "/shoal.log");
  const int code = process.wait();
  return {code, process.output()};
}

http::RestClient Peer::rest() const { return http::RestClient(http::Target{{}, 0, socket()}); }

bj::object Peer::call(const std::string& method, const std::string& path, const bj::object& body) {
  const auto answer = rest().call(method, path, body.empty() ? "" : bj::serialize(body));
  if (!answer) {
    ADD_FAILURE() << method << ' ' << path << ": " << answer.error().what << ": "
                  << answer.error().why << '\n'
                  << process_->output();
    return {};
  }
  return answer->empty() ? bj::object() : bj::parse(*answer).as_object();
}

std::string Peer::url() { return std::string(status().at("url").as_string()); }
std::string Peer::id() { return std::string(status().at("id").as_string()); }

std::vector<bj::object> Peer::lines(const std::string& method, const std::string& path,
                                    const bj::object& body) {
  std::vector<bj::object> out;
  const auto done = rest().stream(method, path, body.empty() ? "" : bj::serialize(body),
                                  [&](std::string_view line) {
                                    out.push_back(bj::parse(std::string(line)).as_object());
                                    return true;
                                  });
  EXPECT_TRUE(done) << path << ": " << done.error().what << ": " << done.error().why;
  return out;
}

void Peer::befriend(Peer& other, const std::string& role) {
  call("POST", "/v1/friends", {{"url", other.url()}, {"role", role}});
}

std::string Peer::trouble() {
  const auto answer = call("GET", "/v1/friends");
  const auto& items = answer.at("items").as_array();
  EXPECT_EQ(items.size(), 1U);
  return items.empty() ? "" : std::string(items[0].at("last_error").as_string());
}

std::vector<bj::object> Peer::search(const bj::object& body) {
  const auto made = call("POST", "/v1/searches", body);
  if (!made.contains("id")) return {};
  return lines("GET", "/v1/searches/" + std::string(made.at("id").as_string()) + "/events");
}

std::int64_t Peer::active_friends() {
  std::int64_t count = 0;
  const auto answer = call("GET", "/v1/friends");
  if (!answer.contains("items")) return -1;
  for (const auto& item : answer.at("items").as_array()) {
    count += item.at("state") == "active" ? 1 : 0;
  }
  return count;
}

void join(Peer& a, Peer& b, const std::string& role) {
  const auto before = b.active_friends();
  // At an address where nobody listens: when both dial, the first search may go over the connection
  // of the two that is given up.
  const std::string url = b.url();
  const std::string nowhere = url.substr(0, url.rfind('@')) + "@127.0.0.1:1";
  a.call("POST", "/v1/friends", {{"url", nowhere}, {"role", role}});
  b.befriend(a);
  EXPECT_TRUE(soon([&] { return b.active_friends() > before; })) << b.process().output();
  EXPECT_TRUE(soon([&] { return a.active_friends() > 0; })) << a.process().output();
}

void write_file(const std::string& path, std::size_t bytes, std::uint64_t seed) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::vector<std::uint64_t> block(128 * 1024);
  std::ofstream file(path, std::ios::binary);
  Rng rng(seed);
  for (std::size_t done = 0; done < bytes;) {
    for (auto& word : block) word = rng.next();
    const std::size_t size = std::min(bytes - done, block.size() * sizeof block[0]);
    file.write(reinterpret_cast<const char*>(block.data()), static_cast<std::streamsize>(size));
    done += size;
  }
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace shoal::daemon
