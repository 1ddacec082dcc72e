// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cli/client/common/each_id.h"
#include "cli/client/context/context.h"
#include "cli/client/context/fields.h"
#include "cli/client/context/text.h"
#include "cli/client/output/piece_bar.h"
#include "cli/client/output/progress.h"
#include "cli/client/output/sheet.h"
#include "cli/client/output/transfer_words.h"
#include "cli/client/verbs/verb_table.h"
#include "proto/http/percent.h"

namespace shoal::client {
namespace {

namespace bj = boost::json;

std::int64_t percent_done(const bj::object& row) {
  if (const auto size = count_at(row, "size"); size > 0) {
    return count_at(row, "bytes_done") * 100 / size;
  }
  // Of a folder whose list is not here nobody knows how much it is.
  return raw_at(row, "kind") == "folder" && !flag_at(row, "listed") ? 0 : 100;
}

constexpr std::array kColumns{
    Column{"ID", [](const bj::object& row) -> Cell { return raw_at(row, "id"); }},
    Column{"NAME",
           [](const bj::object& row) -> Cell {
             const std::string name = raw_at(row, "name");
             return {fit(clean(name), 40), name};
           }},
    Column{"SIZE",
           [](const bj::object& row) -> Cell {
             const auto bytes = static_cast<std::uint64_t>(count_at(row, "size"));
             return {human_bytes(bytes), std::to_string(bytes)};
           },
           true},
    Column{"DONE",
           [](const bj::object& row) -> Cell {
             return {fmt::format("{} %", percent_done(row)), raw_at(row, "bytes_done")};
           },
           true},
    Column{"SOURCES", [](const bj::object& row) -> Cell { return raw_at(row, "sources"); }, true},
    Column{"STATE", [](const bj::object& row) -> Cell { return raw_at(row, "state"); }},
    Column{"RATE",
           [](const bj::object& row) -> Cell {
             const auto rate = count_at(row, "rate");
             if (rate <= 0) return {"", "0"};
             return {human_bytes(static_cast<std::uint64_t>(rate)) + "/s", std::to_string(rate)};
           },
           true},
    Column{"WHERE OR WHY",
           [](const bj::object& row) -> Cell {
             const std::string path = raw_at(row, "path");
             if (!path.empty()) return path;
             if (raw_at(row, "state") == "queued") return place_in_queue(row);
             const std::string what = raw_at(row, "error.what");
             const std::string why = raw_at(row, "error.why");
             return why.empty() ? what : what + ": " + why;
           }},
};
constexpr SheetKind kSheet{"shoal/transfers/1", kColumns, "id"};

std::uint64_t amount(const bj::object& row, std::string_view name) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, count_at(row, name)));
}

Cell bytes_cell(const bj::object& row, std::string_view name, std::string_view unit) {
  const auto bytes = amount(row, name);
  return {bytes == 0 ? std::string() : human_bytes(bytes) + std::string(unit),
          std::to_string(bytes)};
}

constexpr std::array kSourceColumns{
    Column{"FROM", [](const bj::object& row) -> Cell { return source_name(row); }},
    Column{"STATE", [](const bj::object& row) -> Cell { return raw_at(row, "state"); }},
    Column{"GAVE", [](const bj::object& row) { return bytes_cell(row, "bytes", ""); }, true},
    Column{"RATE", [](const bj::object& row) { return bytes_cell(row, "rate", "/s"); }, true},
    Column{"PIECES", [](const bj::object& row) -> Cell { return raw_at(row, "pieces"); }, true},
    Column{"HAS, OR WHY NOT",
           [](const bj::object& row) -> Cell {
             return {raw_at(row, "bar"), raw_at(row, "why")};
           }},
};
constexpr SheetKind kSourceSheet{"shoal/transfer/1", kSourceColumns, "peer"};

constexpr std::size_t kBarColumns = 40;
constexpr std::size_t kSourceBarColumns = 24;

// Everything about one transfer: some lines, and a row for each source.
class Sketch {
 public:
  Sketch(Context& context, const bj::object& transfer)
      : context_(context), transfer_(transfer), ascii_(wants_ascii(context)) {}

  void print() {
    if (context_.format() == Format::kTable) head();
    if (raw_at(transfer_, "kind") == "folder") return files();
    Sheet sheet(context_, kSourceSheet, Sheet::Rows::kTogether);
    for (const auto& item : items_at(transfer_, "from")) {
      if (!item.is_object()) continue;
      bj::object row = item.get_object();
      row["bar"] = bar_of(row);
      sheet.add(row);
    }
    sheet.finish("no source yet");
  }

 private:
  // A folder has sources by the file; people want to know how many files there are.
  void files() {
    if (context_.format() != Format::kTable) {
      Sheet sheet(context_, kSheet, Sheet::Rows::kTogether);
      sheet.add(transfer_);
      sheet.finish("");
      return;
    }
    const auto total = amount(transfer_, "files_total");
    const auto selected = amount(transfer_, "files_selected");
    if (total == 0) return line("files", "its list is not here yet");
    std::string how = fmt::format("{} of {}", amount(transfer_, "files_done"), selected);
    if (selected < total) how += fmt::format(", selected among {}", total);
    line("files", how);
    if (const auto waiting = amount(transfer_, "files_waiting"); waiting > 0) {
      line("waiting", fmt::format("{} that nobody who is up has", waiting));
    }
  }

  void line(std::string_view what, const std::string& text) {
    if (!text.empty()) context_.print(fmt::format("{:<9} {}", what, text));
  }

  void head() {
    const auto size = amount(transfer_, "size");
    const auto done = amount(transfer_, "bytes_done");
    const auto pieces = amount(transfer_, "pieces.count");
    context_.print(fmt::format("{}  {}", text_at(transfer_, "id"), text_at(transfer_, "name")));
    std::string how = fmt::format("{}  {} %, {} of {}", text_at(transfer_, "state"),
                                  percent_done(transfer_), human_bytes(done), human_bytes(size));
    if (const auto rate = amount(transfer_, "rate"); rate > 0) {
      how += ", " + human_bytes(rate) + "/s";
      if (size > done) {
        how += ", eta " + human_time(static_cast<std::int64_t>((size - done) * 1000 / rate));
      }
    }
    line("state", how);
    line("why", text_at(transfer_, "error.what"));
    line("", text_at(transfer_, "error.why"));
    line("content", text_at(transfer_, "content"));
    const std::string path = text_at(transfer_, "path");
    line("saved", path.empty() ? text_at(transfer_, "folder") + " (when it is whole)" : path);
    if (const auto wasted = amount(transfer_, "bytes_wasted"); wasted > 0) {
      line("wasted", human_bytes(wasted));
    }
    if (path.empty() && pieces > 0) {
      line("pieces", fmt::format("{} of {}, {} each", amount(transfer_, "pieces.here"), pieces,
                                 human_bytes(amount(transfer_, "pieces.bytes"))));
      line("", piece_bar(raw_at(transfer_, "pieces.map"), pieces, kBarColumns, ascii_));
    }
    line("given by", shares_given(transfer_));
  }

  std::string bar_of(const bj::object& source) {
    if (const auto place = place_in_queue(source); !place.empty()) return place;
    if (const auto why = raw_at(source, "why"); !why.empty()) return why;
    const auto pieces = amount(transfer_, "pieces.count");
    if (raw_at(source, "state") != "up" || pieces == 0) return {};
    const std::string map = raw_at(source, "map");
    return map.empty() ? full_piece_bar(pieces, kSourceBarColumns, ascii_)
                       : piece_bar(map, pieces, kSourceBarColumns, ascii_);
  }

  Context& context_;
  const bj::object& transfer_;
  bool ascii_;
};

// The ids of folders begin with an f.
bool is_folder(const std::string& id) { return id.starts_with('f'); }
std::string path_of(const std::string& id) {
  return (is_folder(id) ? "/v1/folders/" : "/v1/transfers/") + http::encode_segment(id);
}

Result<int> show(Context& context, const std::string& id) {
  const auto answer = context.call("GET", path_of(id));
  if (!answer) return tl::unexpected(answer.error());
  if (context.format() == Format::kJson) {
    print_json(context, *answer);
  } else {
    Sketch(context, *answer).print();
  }
  return 0;
}

Result<int> list(Context& context) {
  const auto answer = context.call("GET", "/v1/transfers");
  if (!answer) return tl::unexpected(answer.error());
  const auto folders = context.call("GET", "/v1/folders");
  // An older daemon knows of none.
  if (!folders && folders.error().code != Errc::kNotFound) return tl::unexpected(folders.error());
  Sheet sheet(context, kSheet, Sheet::Rows::kTogether);
  for (const auto& some : {*answer, folders.value_or(bj::object())}) {
    for (const auto& item : items_at(some, "items")) {
      if (!item.is_object()) continue;
      const bj::object& row = item.get_object();
      // Of one whose list was wanted nothing else will come.
      if (!flag_at(row, "list_only") || raw_at(row, "state") != "done") sheet.add(row);
    }
  }
  sheet.finish("no transfers");
  return 0;
}

struct Order {
  std::string_view word;
  std::string_view method;
  std::string_view behind;  ///< the path of the transfer
  std::string_view done;
};
constexpr std::array kOrders{
    Order{"cancel", "DELETE", "", "cancelled"},
    Order{"pause", "POST", "/pause", "paused"},
    Order{"resume", "POST", "/resume", "resumed"},
};

Result<int> give(Context& context, const Order& order) {
  return for_each_id(
      context, {"download", "shoal transfers"}, [&](const std::string& id) -> Result<void> {
        const auto done = context.call(order.method, path_of(id) + std::string(order.behind));
        if (!done) return tl::unexpected(done.error());
        context.note(fmt::format("{} {}", order.done, clean(id)));
        return {};
      });
}

Result<int> run(Context& context) {
  const auto& words = context.args().words;
  if (words.empty()) return list(context);
  const auto order = std::ranges::find(kOrders, words.front(), &Order::word);
  if (order != kOrders.end()) return give(context, *order);
  const bool number = std::ranges::all_of(words.front().substr(is_folder(words.front()) ? 1 : 0),
                                          [](char c) { return c >= '0' && c <= '9'; });
  if (words.size() == 1 && number) return show(context, words.front());
  return fail(Errc::kInvalidArgument, "transfers does not know \"" + words.front() + "\"",
              "it lists, shows one by its id, or pauses, resumes and cancels by id",
              "shoal transfers pause ID");
}

}  // namespace

const Verb kTransfers{
    .name = "transfers",
    .group = Group::kFiles,
    .synopsis = "[ID | pause ID... | resume ID... | cancel ID...]",
    .summary = "downloads, how far they are and who gives what",
    .examples = "shoal transfers\nshoal transfers 3\nshoal transfers pause 3",
    .flags = {},
    .words_min = 0,
    .words_max = 64,
    .run = run,
    .notes =
        "What was paused stays so, over restarts too, until it is resumed or got again. One\n"
        "that failed can be resumed as well: it goes on with what it has. A source that is "
        "stalled\n"
        "takes requests and answers nothing: while others give, it is asked again after pauses;\n"
        "the only one is waited for."};

}  // namespace shoal::client
