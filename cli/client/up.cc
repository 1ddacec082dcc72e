// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "cli/client/context.h"
#include "cli/client/daemon_args.h"
#include "cli/client/fields.h"
#include "cli/client/launch.h"
#include "cli/client/sheet.h"
#include "cli/client/text.h"
#include "cli/client/verb_table.h"

namespace shoal::client {
namespace {

namespace bj = boost::json;

constexpr std::chrono::seconds kStartTime{30};
constexpr std::chrono::milliseconds kPoll{20};

void say(Context& context, const bj::object& status) {
  if (context.format() == Format::kJson) {
    print_json(context, status);
    return;
  }
  if (context.format() == Format::kIds) {
    context.print(text_at(status, "id"));
    return;
  }
  const std::string rest = text_at(status, "rest");
  context.print(fmt::format("shoald {} up, pid {}, {}{}, socket {}", text_at(status, "version"),
                            text_at(status, "pid"), text_at(status, "url"),
                            rest.empty() ? "" : ", rest " + rest, text_at(status, "socket")));
}

// The daemon's own last words, for the error.
Error died(const Detached& daemon, const std::string& log, std::size_t from) {
  std::string words = tail_of(log, 4096);
  if (const auto size = words.size(); size > from) words = words.substr(size - from);
  while (!words.empty() && words.back() == '\n') words.pop_back();
  const ErrcInfo* row = nullptr;
  for (int code = 0; code <= static_cast<int>(Errc::kInternal) && row == nullptr; ++code) {
    const auto& candidate = info(static_cast<Errc>(code));
    if (candidate.exit_code == daemon.exit_code()) row = &candidate;
  }
  const auto last = words.rfind('\n', words.size() > 600 ? words.size() - 600 : 0);
  if (words.size() > 600 && last != std::string::npos) words = words.substr(last + 1);
  return {row == nullptr ? Errc::kInternal : row->code, "the daemon did not come up",
          daemon.how() + (words.empty() ? "" : "; its last words: " + words), "its log: " + log};
}

Result<int> run(Context& context) {
  if (const auto status = context.call("GET", "/v1/status")) {
    context.note("it is up already");
    say(context, *status);
    return 0;
  } else if (status.error().code != Errc::kUnreachable) {
    return tl::unexpected(status.error());
  }
  const auto places = context.places();
  if (!places) return tl::unexpected(places.error());
  auto daemon = Detached::start(context.world(), "shoald", daemon_arguments(context.globals()),
                                log_file(*places));
  if (!daemon) return tl::unexpected(daemon.error());
  const auto until = std::chrono::steady_clock::now() + kStartTime;
  while (!context.stopped()) {
    if (const auto status = context.call("GET", "/v1/status")) {
      say(context, *status);
      return 0;
    }
    if (!daemon->running()) return tl::unexpected(died(*daemon, log_file(*places), 2048));
    if (std::chrono::steady_clock::now() > until) {
      return fail(Errc::kTimeout, "the daemon does not answer",
                  fmt::format("pid {} runs, but its socket is silent", daemon->pid()),
                  "its log: " + log_file(*places));
    }
    std::this_thread::sleep_for(kPoll);
  }
  return fail(context.timed_out() ? Errc::kTimeout : Errc::kCancelled,
              "stopped waiting for the daemon",
              fmt::format("pid {} goes on starting", daemon->pid()), "shoal status");
}

}  // namespace

const Verb kUp{.name = "up",
               .group = Group::kStart,
               .synopsis = "",
               .summary = "start the daemon, and wait until it answers",
               .examples = "shoal up",
               .flags = {},
               .words_min = 0,
               .words_max = 0,
               .run = run};

}  // namespace shoal::client
