// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <thread>

#include "cli/client/context/context.h"
#include "cli/client/context/fields.h"
#include "cli/client/context/text.h"
#include "cli/client/output/sheet.h"
#include "cli/client/programs/daemon_args.h"
#include "cli/client/programs/launch.h"
#include "cli/client/programs/with_directory.h"
#include "cli/client/verbs/verb_table.h"
#include "proto/http/rest_client.h"
#include "proto/types/place.h"

namespace shoal::client {
namespace {

namespace bj = boost::json;

constexpr std::chrono::seconds kStartTime{30};
constexpr std::chrono::milliseconds kPoll{20};
constexpr std::chrono::milliseconds kAnswerTime{2000};

void say(Context& context, const bj::object& status) {
  if (context.format() == Format::kJson) {
    print_change(context, status);
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

constexpr std::size_t kLastWords = 600;

// The error of a daemon that ended: its last words since `log_from` and the code of its exit.
Error died(const Detached& daemon, const std::string& log, std::uint64_t log_from) {
  std::string words = tail_of(log, log_from, kLastWords);
  while (words.ends_with('\n')) words.pop_back();
  for (auto at = words.find('\n'); at != std::string::npos; at = words.find('\n', at)) {
    words.replace(at, words.find_first_not_of("\n ", at) - at, "; ");
  }
  Errc code = Errc::kInternal;
  for (const Errc known : {Errc::kInvalidArgument, Errc::kDenied, Errc::kTimeout,
                           Errc::kUnreachable, Errc::kIntegrity, Errc::kConfig}) {
    if (info(known).exit_code == daemon.exit_code()) code = known;
  }
  return {code, "the daemon did not come up",
          daemon.how() + (words.empty() ? "" : "; its last words: " + words), "its log: " + log};
}

// Whether the configuration is younger than the daemon that runs.
bool changed_since(Context& context, const bj::object& status) {
  const auto places = context.places();
  const auto uptime = number_at(status, "uptime_ms");
  if (!places || !uptime) return false;
  std::error_code error;
  const auto written = std::filesystem::last_write_time(places->config_file, error);
  return !error && written > std::filesystem::file_time_type::clock::now() -
                                 std::chrono::milliseconds(*uptime);
}

// Whether a REST server is there.
bool answers(Context& context, const std::string& url) {
  const auto target = http::Target::parse(url);
  if (!target) return false;
  http::ClientOptions options;
  options.answer_time = kAnswerTime;
  options.cancel = context.world().stop;
  return http::RestClient(*target, options).send("GET", "/v1/peers?limit=1").has_value();
}

// Beside a daemon that is up: a daemon goes to the directory that it was started with.
Result<void> join_directory(Context& context, const bj::object& status) {
  const auto places = context.places();
  if (!places) return tl::unexpected(places.error());
  const auto* const told = status.if_contains("directory");
  const std::string known =
      told != nullptr && told->is_object() ? text_at(told->get_object(), "url") : std::string();
  const auto refuse = [](std::string why) {
    return fail(Errc::kConflict, "the daemon that is up cannot be given a directory",
                std::move(why), "shoal down, then shoal up --with-directory");
  };
  if (known.empty()) return refuse("it was started without one");
  const auto other = [&] { return refuse("it goes to another one, " + known); };
  const auto ours = running_directory(*places);
  if (ours && ours->url == known) {
    context.note(fmt::format("shoal-directory up, pid {}, {}", ours->pid, ours->url));
    return {};
  }
  // One elsewhere is not ours to start.
  const auto place = place_in(known);
  if (ours || !place || !known.starts_with("http://127.0.0.1:")) return other();
  if (answers(context, known)) {
    context.note("the directory at " + known + " is up; it was started by itself");
    return {};
  }
  const auto directory = start_directory(context, *places, *place);
  if (!directory) return tl::unexpected(directory.error());
  if (directory->url == known) {
    context.note(fmt::format("shoal-directory up, pid {}, {}", directory->pid, directory->url));
    return {};
  }
  // Somebody has that port, so it found another, where nobody looks for it.
  if (auto stopped = stop_directory(*places); !stopped) return tl::unexpected(stopped.error());
  return other();
}

// Whether the daemon that is up goes to the directory that this user wants beside it.
bool is_for(const bj::object& status, const std::optional<LocalDirectory>& wanted) {
  return wanted && raw_at(status, "directory.url") == wanted->url;
}

// Starts what was asked for now, or at an earlier `up`; none if that is none.
Result<std::optional<LocalDirectory>> bring_up_directory(Context& context,
                                                         const config::Places& places) {
  const auto wanted = wanted_directory(places);
  const bool now = context.args().has("--with-directory");
  if (!now && !wanted) return std::optional<LocalDirectory>();
  // Who knew it finds it where it was.
  const auto place = wanted ? place_in(wanted->url) : std::nullopt;
  const auto directory = start_directory(context, places, place.value_or(kUsualDirectory));
  if (!directory) return tl::unexpected(directory.error());
  context.note(fmt::format("shoal-directory up, pid {}, {}{}", directory->pid, directory->url,
                           now ? "" : ", as before; shoal down --with-directory ends that"));
  return std::optional<LocalDirectory>(*directory);
}

Result<int> run(Context& context) {
  const auto places = context.places();
  if (const auto status = context.call("GET", "/v1/status")) {
    if (context.args().has("--with-directory") ||
        (places && is_for(*status, wanted_directory(*places)))) {
      if (auto joined = join_directory(context, *status); !joined) {
        return tl::unexpected(joined.error());
      }
    }
    context.note(changed_since(context, *status)
                     ? "it is up already, with the configuration as it was: shoal down, then shoal "
                       "up takes what was changed since"
                     : "it is up already");
    say(context, *status);
    return 0;
  } else if (status.error().code != Errc::kUnreachable) {
    return tl::unexpected(status.error());
  }
  if (!places) return tl::unexpected(places.error());
  auto arguments = daemon_arguments(context.globals());
  const auto directory = bring_up_directory(context, *places);
  if (!directory) return tl::unexpected(directory.error());
  if (*directory) arguments.insert(arguments.end(), {"--directory", (*directory)->url});
  const auto log_from = size_of(log_file(*places));
  auto daemon = Detached::start(context.world(), "shoald", arguments, log_file(*places));
  if (!daemon) return tl::unexpected(daemon.error());
  const auto until = std::chrono::steady_clock::now() + kStartTime;
  while (!context.stopped()) {
    if (const auto status = context.call("GET", "/v1/status")) {
      say(context, *status);
      return 0;
    }
    if (!daemon->running()) return tl::unexpected(died(*daemon, log_file(*places), log_from));
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

constexpr std::array kFlags{
    Flag{"--with-directory", "", "a directory beside it, for peers on this machine to find it"},
};

}  // namespace

const Verb kUp{
    .name = "up",
    .group = Group::kStart,
    .synopsis = "[--with-directory]",
    .summary = "start the daemon, and wait until it answers",
    .examples = "shoal up\nshoal up --with-directory",
    .flags = kFlags,
    .words_min = 0,
    .words_max = 0,
    .run = run,
    .notes =
        "The directory listens on 127.0.0.1:7400 or the next free port, and keeps its\n"
        "data with the peer's. It is wanted until `shoal down --with-directory`, which stops "
        "both:\n"
        "after a crash or a plain `shoal down`, a plain `shoal up` brings it too. A daemon that "
        "is\n"
        "up already keeps the directory that it was started with. For other machines run\n"
        "`shoal directory serve --listen 0.0.0.0:7400` on one of them."};

}  // namespace shoal::client
