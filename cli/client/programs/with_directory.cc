// SPDX-License-Identifier: Apache-2.0
#include "cli/client/programs/with_directory.h"

#include <fmt/format.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <thread>

#include "cli/client/context/context.h"
#include "cli/client/programs/launch.h"

namespace shoal::client {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kProgram = "shoal-directory";
constexpr std::chrono::seconds kTime{15};
constexpr std::chrono::milliseconds kPoll{20};
constexpr std::size_t kLastWords = 600;

std::string note_file(const config::Places& places) { return places.state + "/directory.pid"; }
std::string log_of(const config::Places& places) { return places.state + "/directory.log"; }

// A number alone may be another program's by now. One that has ended has no program.
bool runs(int pid) {
  std::error_code error;
  const auto program = fs::read_symlink(fmt::format("/proc/{}/exe", pid), error);
  return !error && program.filename().string().starts_with(kProgram);
}

// "http://host:port" in the line that it prints once it is up.
std::string url_in(const std::string& words) {
  if (words.find(" up, pid ") == std::string::npos) return {};
  const auto at = words.find("http://");
  const auto end = words.find('\n', at);
  return end == std::string::npos ? std::string() : words.substr(at, end - at);
}

Result<void> remember(const config::Places& places, const LocalDirectory& directory) {
  std::ofstream file(note_file(places), std::ios::trunc);
  file << directory.pid << ' ' << directory.url << '\n';
  file.close();
  if (file) return {};
  return fail(Errc::kIo, "cannot write " + note_file(places),
              fmt::format("the directory runs as pid {}", directory.pid));
}

void forget(const config::Places& places) {
  std::error_code ignored;
  fs::remove(note_file(places), ignored);
}

}  // namespace

std::optional<LocalDirectory> wanted_directory(const config::Places& places) {
  LocalDirectory found;
  std::ifstream file(note_file(places));
  if (!(file >> found.pid >> found.url)) return std::nullopt;
  return found;
}

std::optional<LocalDirectory> running_directory(const config::Places& places) {
  auto found = wanted_directory(places);
  return found && found->pid > 1 && runs(found->pid) ? found : std::nullopt;
}

Result<LocalDirectory> start_directory(Context& context, const config::Places& places,
                                       std::string_view place) {
  if (auto found = running_directory(places)) return *found;
  const std::string log = log_of(places);
  const auto log_from = size_of(log);
  // This home's own, whatever a file or a variable says of another one that the user runs.
  auto process = Detached::start(context.world(), std::string(kProgram),
                                 {"--config", "/dev/null", "--listen", std::string(place), "--data",
                                  places.data + "/directory", "--store="},
                                 log);
  if (!process) return tl::unexpected(process.error());
  const auto until = std::chrono::steady_clock::now() + kTime;
  while (!context.stopped()) {
    const std::string words = tail_of(log, log_from, kLastWords);
    if (const std::string url = url_in(words); !url.empty()) {
      LocalDirectory directory{process->pid(), url};
      if (auto kept = remember(places, directory); !kept) return tl::unexpected(kept.error());
      return directory;
    }
    if (!process->running()) {
      return fail(Errc::kInternal, "the directory did not come up",
                  process->how() + (words.empty() ? "" : "; its last words: " + words),
                  "its log: " + log);
    }
    if (std::chrono::steady_clock::now() > until) {
      return fail(Errc::kTimeout, "the directory does not come up",
                  fmt::format("pid {} runs, but says nothing", process->pid()), "its log: " + log);
    }
    std::this_thread::sleep_for(kPoll);
  }
  return fail(context.timed_out() ? Errc::kTimeout : Errc::kCancelled,
              "stopped waiting for the directory",
              fmt::format("pid {} goes on starting", process->pid()));
}

Result<std::optional<LocalDirectory>> stop_directory(const config::Places& places) {
  const auto found = running_directory(places);
  if (!found) {
    forget(places);
    return std::optional<LocalDirectory>();
  }
  if (::kill(found->pid, SIGTERM) != 0 && runs(found->pid)) {
    return fail(Errc::kIo, "cannot stop the directory",
                fmt::format("pid {} is another user's", found->pid));
  }
  const auto until = std::chrono::steady_clock::now() + kTime;
  while (runs(found->pid)) {
    if (std::chrono::steady_clock::now() > until) {
      return fail(Errc::kTimeout, "the directory has not stopped yet",
                  fmt::format("pid {} is still there", found->pid), "its log: " + log_of(places));
    }
    std::this_thread::sleep_for(kPoll);
  }
  forget(places);
  return std::optional<LocalDirectory>(*found);
}

}  // namespace shoal::client
