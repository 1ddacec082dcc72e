// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "cli/client/common/folder_files.h"
#include "cli/client/common/wanted.h"
#include "cli/client/context/context.h"
#include "cli/client/context/fields.h"
#include "cli/client/context/text.h"
#include "cli/client/output/progress.h"
#include "cli/client/output/sheet.h"
#include "cli/client/output/transfer_words.h"
#include "cli/client/verbs/verb_table.h"
#include "proto/http/percent.h"
#include "proto/json/schema.h"
#include "proto/types/listing_head.h"

namespace shoal::client {
namespace {

namespace bj = boost::json;
namespace fs = std::filesystem;

// The folder of -o, made if need be.
Result<std::string> folder_of(const std::string& word) {
  std::error_code error;
  const auto path = fs::absolute(word, error).lexically_normal();
  fs::create_directories(path, error);
  if (!error && fs::is_directory(path, error)) return path.string();
  return fail(Errc::kIo, "cannot save into " + path.string(),
              error ? error.message() : "it is no folder", "choose another folder with -o");
}

// A content id alone does not say what it is.
bool is_folder_list(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string head(kListingHead.size(), '\0');
  return file.read(head.data(), static_cast<std::streamsize>(head.size())) && head == kListingHead;
}

std::uint64_t bytes_at(const bj::object& line, std::string_view name) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, count_at(line, name)));
}

// The way of one transfer to its end.
class Fetch {
 public:
  explicit Fetch(Context& context) : context_(context), progress_(context) {}

  Result<int> go(const std::string& word) {
    const auto what = wanted(context_, word);
    if (!what) return tl::unexpected(what.error());
    auto body = what->body();
    const auto& args = context_.args();
    const auto only = args.all("--only");
    list_ = args.has("--list");
    folder_ = what->is_folder() || list_ || !only.empty() || args.has("--folder");
    if (folder_) base_ = "/v1/folders";
    if (!only.empty()) body["only"] = bj::array(only.begin(), only.end());
    if (list_) body["list_only"] = true;
    if (const auto output = context_.args().value("--output")) {
      const auto folder = folder_of(*output);
      if (!folder) return tl::unexpected(folder.error());
      body["folder"] = *folder;
    }
    if (const auto name = context_.args().value("--name")) body["name"] = *name;
    const auto made = context_.call("POST", base_, body);
    if (!made) return tl::unexpected(made.error());
    id_ = raw_at(*made, "id");
    was_done_ = raw_at(*made, "state") == "done";
    begin_ = Progress::Clock::now();
    if (context_.args().has("--background")) return announce(*made);
    const auto heard =
        context_.stream("GET", base_ + "/" + http::encode_segment(id_) + "/events", {},
                        [this](const bj::object& line) { return on_line(line); });
    progress_.clear();
    if (list_ && listed_) {
      if (auto shown = print_folder_files(context_, id_); !shown)
        return tl::unexpected(shown.error());
      return 0;
    }
    if (context_.stopped() && !ended_) return left_running();
    if (!heard) return tl::unexpected(heard.error());
    if (!ended_) {
      return fail(Errc::kUnreachable, "the daemon stopped telling about the download",
                  "its answer ended before the download did",
                  "shoal transfers shows how it is; it goes on when the daemon runs again");
    }
    return 0;
  }

 private:
  int announce(const bj::object& transfer) {
    if (context_.format() == Format::kJson) {
      print_change(context_, transfer);
      return 0;
    }
    context_.print(context_.format() == Format::kTable ? "transfer " + clean(id_) : clean(id_));
    return 0;
  }

  Result<void> on_line(const bj::object& line) {
    if (list_ && flag_at(line, "listed")) {
      // One that is fetched as a whole has its list long before its end.
      listed_ = true;
      return fail(Errc::kCancelled, "its list is here");
    }
    if (context_.format() == Format::kJson && !list_) print_json_line(context_, line);
    const std::string state = raw_at(line, "state");
    const bool over = raw_at(line, "schema") == json::schema::kTransferDone;
    if (!over) {
      found_ = std::max(found_, bytes_at(line, "bytes_found"));
      std::string remark = state == "fetching" ? "" : state;
      const auto sources = count_at(line, "sources");
      if (state == "seeking" && sources == 0) remark = "no source yet (Ctrl-C: the daemon goes on)";
      if (const auto place = place_in_queue(line); state == "queued" && !place.empty()) {
        remark = place + " (Ctrl-C: the daemon goes on)";
        say_place(place);
      }
      if (sources > 0) {
        remark += (remark.empty() ? "" : ", ") + count_of(sources, "source");
      }
      if (const auto who = givers(line); !who.empty()) remark += ": " + who;
      if (const auto silent = silent_sources(line); !silent.empty()) {
        remark += (remark.empty() ? "silent: " : ", silent: ") + silent;
      }
      if (const auto files = count_at(line, "files_selected"); files > 0) {
        remark += fmt::format("{}{} of {} files", remark.empty() ? "" : ", ",
                              count_at(line, "files_done"), files);
      }
      progress_.show(bytes_at(line, "bytes_done"), bytes_at(line, "size"), remark, line);
      if (raw_at(line, "paused_by") == "user") {
        say_paused();
      } else if (state == "seeking" || state == "paused") {
        say_why_it_waits(line, state);
      }
      return {};
    }
    progress_.clear();
    ended_ = true;
    if (state == "done") {
      say_done(line);
      return {};
    }
    return failure(line, state);
  }

  // Once; what becomes of the place is in the progress.
  void say_place(const std::string& place) {
    if (std::exchange(told_place_, true)) return;
    progress_.clear();
    context_.note("# waits for its turn: " + place);
  }

  void say_paused() {
    const std::string how = "shoal transfers resume " + clean(id_) + " lets it go on";
    if (waits_for_ == how) return;
    waits_for_ = how;
    progress_.clear();
    context_.note("# paused: " + how);
  }

  // Each reason once.
  void say_why_it_waits(const bj::object& line, const std::string& state) {
    std::string why = raw_at(line, "error.what");
    if (why.empty()) return;
    if (const auto more = raw_at(line, "error.why"); !more.empty()) why += ": " + more;
    if (why == waits_for_) return;
    waits_for_ = why;
    progress_.clear();
    const bool helps = state == "paused" || raw_at(line, "error.code") == "source_changed";
    if (const auto next = raw_at(line, "error.next"); helps && !next.empty()) {
      why += "; " + next;
    }
    context_.note((state == "paused" ? "# waits for room: " : "# waits for a source: ") +
                  clean(why));
  }

  void say_done(const bj::object& line) {
    if (context_.format() == Format::kJson) return;
    const auto ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(Progress::Clock::now() - begin_);
    const std::uint64_t size = bytes_at(line, "size");
    const std::uint64_t found = std::max(found_, bytes_at(line, "bytes_found"));
    const std::uint64_t rate =
        size <= found ? 0 : (size - found) * 1000 / static_cast<std::uint64_t>(ms.count() + 1);
    const std::string shares = shares_given(line);
    const std::string verified = fmt::format(
        "# verified {}{}{}, {}{}{}",
        folder_ ? count_of(count_at(line, "files_done"), "file") + ", " : std::string(),
        human_bytes(size),
        found > 0 ? fmt::format(" ({} were here before)", human_bytes(found)) : std::string(),
        human_time(ms.count()), rate > 0 ? ", " + human_bytes(rate) + "/s" : std::string(),
        shares.empty() ? shares : "; " + shares);
    context_.note(was_done_ ? "# fetched and verified earlier: " + human_bytes(size) : verified);
    if (const auto changed = count_at(line, "names_changed"); changed > 0) {
      context_.note(
          fmt::format("# {} not called as at its owner: such names are not safe here",
                      changed == 1 ? "1 path is" : std::to_string(changed) + " paths are"));
    }
    const std::string path = raw_at(line, "path");
    if (!folder_ && is_folder_list(path)) {
      context_.note("# that is the list of a folder; to fetch the folder: shoal get " +
                    clean(raw_at(line, "content")) + " --folder");
    }
    context_.print(clean(path));
  }

  Result<void> failure(const bj::object& line, const std::string& state) {
    Error error{Errc::kInternal, "the download did not finish", "its state is " + state,
                "shoal transfers"};
    if (state == "cancelled") error.code = Errc::kCancelled;
    if (state == "stopped") {
      error.code = Errc::kUnreachable;
      error.next = "it goes on when the daemon runs again: shoal up";
    }
    if (const auto code = errc_from_name(raw_at(line, "error.code"))) error.code = *code;
    if (const auto what = raw_at(line, "error.what"); !what.empty()) error.what = what;
    if (const auto why = raw_at(line, "error.why"); !why.empty()) error.why = why;
    if (const auto next = raw_at(line, "error.next"); !next.empty()) error.next = next;
    return tl::unexpected(error);
  }

  Result<int> left_running() {
    if (context_.timed_out()) {
      return fail(Errc::kTimeout, "the download did not finish in time", "--timeout is over",
                  "it goes on in the daemon: shoal transfers");
    }
    context_.note("the download goes on in the daemon; shoal transfers cancel " + clean(id_) +
                  " ends it");
    return info(Errc::kCancelled).exit_code;
  }

  Context& context_;
  Progress progress_;
  std::string id_;
  Progress::Clock::time_point begin_;
  std::uint64_t found_ = 0;
  std::string waits_for_;
  bool was_done_ = false;  ///< before it was asked for now
  bool told_place_ = false;
  bool ended_ = false;
  std::string base_ = "/v1/transfers";
  bool folder_ = false;
  bool list_ = false;
  bool listed_ = false;
};

constexpr std::array kFlags{
    Flag{"-o,--output", "DIR", "save into this folder, made if need be (~/Downloads/shoal)"},
    Flag{"--name", "NAME", "save under this name"},
    Flag{"--only", "PATTERN", "of a folder: what matches, as 'docs/*.pdf' or '*.flac'; repeatable"},
    Flag{"--list", "", "of a folder: print what is in it, fetch nothing"},
    Flag{"--folder", "", "the content id is a folder's (links and rows say so themselves)"},
    Flag{"--background", "", "print the transfer's id and leave it to the daemon"},
};

}  // namespace

const Verb kGet{
    .name = "get",
    .group = Group::kFiles,
    .synopsis = "ROW | NAME | CONTENT-ID | LINK [-o DIR]",
    .summary = "fetch a file or folder, verified piece by piece, and print where it is",
    .examples =
        "shoal get 1\nshoal get 2 -o ~/Downloads\nshoal get 3 --list\n"
        "shoal get 3 --only 'docs/*.pdf' --only '*.md'",
    .flags = kFlags,
    .words_min = 1,
    .words_max = 1,
    .run = [](Context& context) { return Fetch(context).go(context.args().words.front()); },
    .notes =
        "A ROW is one of the last search; so is a NAME, if it is that of one file there.\n"
        "Without -o it goes where download.folder says, else into Downloads/shoal of this user\n"
        "(with --home: downloads there). No file is replaced: a second one gets a number.\n"
        "A folder, a row or link whose name ends in /, comes as one: in a pattern * stands for "
        "part\n"
        "of a name, ** for any folders; without a / it is for names anywhere. It gets its name "
        "when\n"
        "all that was selected is there and was read back: that of the row, the link or --name, "
        "and\n"
        "with a bare content id and --folder the one by which its holder calls it.\n"
        "Ctrl-C leaves the download to the daemon; after a restart it goes on where it was."};

}  // namespace shoal::client
