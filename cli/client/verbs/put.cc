// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>

#include "cli/client/context/context.h"
#include "cli/client/context/fields.h"
#include "cli/client/context/text.h"
#include "cli/client/output/progress.h"
#include "cli/client/output/sheet.h"
#include "cli/client/verbs/verb_table.h"
#include "proto/http/percent.h"
#include "proto/json/schema.h"

namespace shoal::client {
namespace {

namespace bj = boost::json;

std::uint64_t bytes_at(const bj::object& line, std::string_view name) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, count_at(line, name)));
}

// The way of one file to its end.
class Putting {
 public:
  explicit Putting(Context& context) : context_(context), progress_(context) {}

  Result<int> go(const std::string& word, const std::string& to) {
    std::error_code error;
    const auto path = std::filesystem::absolute(word, error).lexically_normal();
    bj::object body{{"path", path.string()}, {"to", to}};
    if (const auto name = context_.args().value("--name")) body["name"] = *name;
    const auto made = context_.call("POST", "/v1/puts", body);
    if (!made) return tl::unexpected(made.error());
    id_ = raw_at(*made, "id");
    begin_ = Progress::Clock::now();
    const auto heard =
        context_.stream("GET", "/v1/puts/" + http::encode_segment(id_) + "/events", {},
                        [this](const bj::object& line) { return on_line(line); });
    progress_.clear();
    if (context_.stopped() && !ended_) return cancel();
    if (!heard && heard.error().code != Errc::kUnreachable) return tl::unexpected(heard.error());
    if (!ended_) {
      return fail(Errc::kUnreachable, "the daemon stopped telling about the file",
                  heard ? "its answer ended before the file was there" : heard.error().why,
                  "it goes on when the daemon is up again; shoal puts shows how far it is");
    }
    return 0;
  }

 private:
  Result<void> on_line(const bj::object& line) {
    if (context_.format() == Format::kJson) print_json_line(context_, line);
    const std::string state = raw_at(line, "state");
    if (raw_at(line, "schema") != json::schema::kPutDone) {
      const std::uint64_t done = bytes_at(line, "bytes_done");
      const std::uint64_t size = bytes_at(line, "size");
      std::string remark = state == "sending" ? "" : state;
      if (state == "sending" && done == size) remark = "checking there";
      progress_.show(done, size, remark, line);
      if (state == "waiting") say_why_it_waits(line);
      return {};
    }
    progress_.clear();
    ended_ = true;
    if (state != "done") return failure(line, state);
    say_done(line);
    return {};
  }

  // Each reason once.
  void say_why_it_waits(const bj::object& line) {
    const std::string why = raw_at(line, "error.why");
    if (why.empty() || why == waits_for_) return;
    waits_for_ = why;
    progress_.clear();
    context_.note("# tries again: " + clean(raw_at(line, "error.what")) + ": " + clean(why));
  }

  void say_done(const bj::object& line) {
    if (context_.format() == Format::kJson) return;
    const auto ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(Progress::Clock::now() - begin_);
    const std::string fate = raw_at(line, "fate");
    const std::string name = raw_at(line, "to_name");
    const std::string who = name.empty() ? short_id(raw_at(line, "to")) : clean(name);
    const std::uint64_t found = bytes_at(line, "bytes_found");
    if (fate == "here") {
      context_.note(fmt::format("# {} shares it already", who));
    } else {
      context_.note(fmt::format(
          "# {} has it, verified: {}{}, {}; {}", who, human_bytes(bytes_at(line, "size")),
          found > 0 ? fmt::format(" ({} were there before)", human_bytes(found)) : std::string(),
          human_time(ms.count()),
          fate == "shared" ? "it is shared there now" : "it waits there to be accepted"));
    }
    context_.print(clean(raw_at(line, "content")));
  }

  Result<void> failure(const bj::object& line, const std::string& state) {
    Error error{state == "cancelled" ? Errc::kCancelled : Errc::kInternal, "the file was not put",
                "its state is " + state, "put it again: it goes on where it stopped"};
    if (const auto code = errc_from_name(raw_at(line, "error.code"))) error.code = *code;
    if (const auto what = raw_at(line, "error.what"); !what.empty()) error.what = what;
    if (const auto why = raw_at(line, "error.why"); !why.empty()) error.why = why;
    if (const auto next = raw_at(line, "error.next"); !next.empty()) error.next = next;
    return tl::unexpected(error);
  }

  Result<int> cancel() {
    const bool late = context_.timed_out();
    context_.resume();
    const auto gone = context_.call("DELETE", "/v1/puts/" + http::encode_segment(id_));
    if (!gone && gone.error().code != Errc::kConflict) return tl::unexpected(gone.error());
    if (late) {
      return fail(Errc::kTimeout, "the file was not put in time", "--timeout is over",
                  "put it again: it goes on where it stopped");
    }
    context_.note("stopped; put again, it goes on where it stopped");
    return info(Errc::kCancelled).exit_code;
  }

  Context& context_;
  Progress progress_;
  std::string id_;
  Progress::Clock::time_point begin_;
  std::string waits_for_;
  bool ended_ = false;
};

Result<int> run(Context& context) {
  const auto to = context.args().value("--to");
  if (!to || to->empty()) {
    return fail(Errc::kInvalidArgument, "whose inbox to put it into is missing",
                "put takes a file and a friend", "shoal put FILE --to FRIEND");
  }
  return Putting(context).go(context.args().words.front(), *to);
}

constexpr std::array kFlags{
    Flag{"--to", "FRIEND", "whose inbox: a friend's name, or its id or the beginning of it"},
    Flag{"--name", "NAME", "what it shall be called there (as it is called here)"},
};

}  // namespace

const Verb kPut{
    .name = "put",
    .group = Group::kFiles,
    .synopsis = "FILE --to FRIEND [--name NAME]",
    .summary = "send a file into a friend's inbox, verified there, and print its content id",
    .examples = "shoal put holiday.jpg --to luis\nshoal put backup.tar --to luis --name march.tar",
    .flags = kFlags,
    .words_min = 1,
    .words_max = 1,
    .run = run,
    .notes =
        "The friend is asked before it shares the file, unless its inbox.accept says otherwise.\n"
        "While it cannot be reached, it is tried for a minute. A put that broke off, on whichever\n"
        "side, goes on where it stopped when the same file is put again; one that runs when the\n"
        "daemon stops goes on with the next. shoal puts lists them. Ctrl-C stops it."};

}  // namespace shoal::client
