// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <signal.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>

#include "cli/client/context/context.h"
#include "cli/client/context/fields.h"
#include "cli/client/programs/with_directory.h"
#include "cli/client/verbs/verb_table.h"

namespace shoal::client {
namespace {

// The daemon stops within 5 s; half as much again for a busy machine.
constexpr std::chrono::milliseconds kStopTime{7500};
constexpr std::chrono::milliseconds kPoll{20};

// Over, or waiting only for somebody to ask how it ended (a container's init may never).
bool gone(std::int64_t pid) {
  if (::kill(static_cast<pid_t>(pid), 0) != 0) return errno == ESRCH;
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string stat;
  std::getline(file, stat);
  const auto name_end = stat.rfind(") ");
  return name_end != std::string::npos && stat.substr(name_end + 2, 1) == "Z";
}

Result<int> stop_daemon(Context& context) {
  const auto status = context.call("GET", "/v1/status");
  if (!status) return tl::unexpected(status.error());
  const auto pid = number_at(*status, "pid");
  const auto asked = context.call("POST", "/v1/shutdown");
  // Gone before its answer arrived: it stops.
  if (!asked && asked.error().code != Errc::kUnreachable) return tl::unexpected(asked.error());
  const auto until = std::chrono::steady_clock::now() + kStopTime;
  while (!context.stopped() && std::chrono::steady_clock::now() < until) {
    // Over a URL the process may be another machine's: then silence is all there is to see.
    const bool local = context.globals().socket.find("://") == std::string::npos;
    const bool silent = !context.call("GET", "/v1/status");
    if (silent && (!local || !pid || *pid <= 0 || gone(*pid))) {
      context.note(fmt::format("stopped{}", pid ? fmt::format(", pid {}", *pid) : ""));
      return 0;
    }
    std::this_thread::sleep_for(kPoll);
  }
  return fail(context.stopped() && !context.timed_out() ? Errc::kCancelled : Errc::kTimeout,
              "the daemon has not stopped yet",
              pid ? fmt::format("pid {} is still there", *pid) : "it still answers",
              "shoal status; look into its log");
}

Result<int> run(Context& context) {
  const bool both = context.args().has("--with-directory");
  const auto stopped = stop_daemon(context);
  // A directory may well outlive its daemon.
  if (!both || (!stopped && stopped.error().code != Errc::kUnreachable)) return stopped;
  const auto places = context.places();
  if (!places) return tl::unexpected(places.error());
  const auto directory = stop_directory(*places);
  if (!directory) return tl::unexpected(directory.error());
  if (!*directory) return stopped;
  context.note(fmt::format("stopped the directory, pid {}", (*directory)->pid));
  return 0;
}

constexpr std::array kFlags{
    Flag{"--with-directory", "", "also the directory that shoal up --with-directory began"},
};

}  // namespace

const Verb kDown{.name = "down",
                 .group = Group::kStart,
                 .synopsis = "[--with-directory]",
                 .summary = "stop the daemon; downloads go on where they were next time",
                 .examples = "shoal down",
                 .flags = kFlags,
                 .words_min = 0,
                 .words_max = 0,
                 .run = run};

}  // namespace shoal::client
