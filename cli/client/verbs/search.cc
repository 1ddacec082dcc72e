// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <optional>
#include <set>
#include <vector>

#include "cli/client/context/context.h"
#include "cli/client/context/fields.h"
#include "cli/client/context/text.h"
#include "cli/client/files/last_search.h"
#include "cli/client/output/explain.h"
#include "cli/client/output/sheet.h"
#include "cli/client/verbs/verb_table.h"
#include "proto/http/percent.h"
#include "proto/json/schema.h"
#include "proto/json/search.h"
#include "proto/rpc/content_link.h"
#include "proto/types/limits.h"
#include "proto/types/text.h"

namespace shoal::client {
namespace {

namespace bj = boost::json;

Cell text_cell(const bj::object& row, std::string_view name) { return raw_at(row, name); }

constexpr Column kNumber{"#", [](const bj::object& row) { return text_cell(row, "row"); }, true, 2};
constexpr Column kTime{"+ms", [](const bj::object& row) { return text_cell(row, "t_ms"); }, true,
                       5};
constexpr Column kName{"NAME",
                       [](const bj::object& row) -> Cell {
                         const std::string name = raw_at(row, "name");
                         return {fit(clean(name), 40), name};
                       },
                       false, 40};
constexpr Column kSize{"SIZE",
                       [](const bj::object& row) -> Cell {
                         const auto bytes = static_cast<std::uint64_t>(count_at(row, "size"));
                         // Of a folder that is its list, which says nothing to people.
                         const bool folder = raw_at(row, "name").ends_with('/');
                         return {folder ? "folder" : human_bytes(bytes), std::to_string(bytes)};
                       },
                       true, 10};
constexpr Column kHop{"HOP",
                      [](const bj::object& row) -> Cell {
                        const std::string hops = raw_at(row, "hops");
                        return {hops == "0" ? "-" : hops, hops};  // 0: not by way of friends
                      },
                      true};
constexpr Column kFrom{"FROM",
                       [](const bj::object& row) -> Cell {
                         const std::string name = raw_at(row, "holder.name");
                         const std::string id = raw_at(row, "holder.id");
                         return {name.empty() ? short_id(id) : name, name.empty() ? id : name};
                       },
                       false, 8};
constexpr Column kContent{"CONTENT",
                          [](const bj::object& row) { return text_cell(row, "content"); }};
// As a link takes it.
std::string link_name(const bj::object& row) { return rpc::fit_link_name(raw_at(row, "name")); }

constexpr Column kLink{"LINK", [](const bj::object& row) -> Cell {
                         const auto id = parse_content_id(raw_at(row, "content"));
                         return id ? rpc::to_text({*id, link_name(row), {}}) : std::string();
                       }};

constexpr std::array kShown{kNumber, kTime, kName, kSize, kHop, kFrom};
constexpr std::array kLinked{kNumber, kTime, kName, kSize, kHop, kFrom, kLink};
constexpr std::array kPlain{kNumber, kTime, kName, kSize, kHop, kFrom, kContent};
constexpr SheetKind kShownSheet{json::schema::kSearchHit, kShown, "content"};
constexpr SheetKind kLinkedSheet{json::schema::kSearchHit, kLinked, "content"};
constexpr SheetKind kPlainSheet{json::schema::kSearchHit, kPlain, "content"};

const SheetKind& kind_for(const Context& context) {
  if (context.args().has("--links")) return kLinkedSheet;
  return context.format() == Format::kTsv ? kPlainSheet : kShownSheet;
}

// Something but blanks and marks, which no file can be found by.
bool has_word(std::string_view text) {
  return std::ranges::any_of(text, [](char byte) {
    const auto value = static_cast<unsigned char>(byte);
    return value >= 0x80 || std::isalnum(value) != 0;
  });
}

// 64 hexadecimal digits: a content id whose length was lost.
bool is_bare_root(std::string_view text) {
  return text.size() == 64 &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

// "walkers=8" for each.
Result<bj::object> parameters_in(const std::vector<std::string>& chosen) {
  bj::object out;
  for (const std::string& text : chosen) {
    const std::size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == text.size()) {
      return fail(Errc::kInvalidArgument, "--set does not take \"" + clean(text) + "\"",
                  "it is NAME=VALUE", "shoal overlay lists what each overlay takes");
    }
    out[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return out;
}

// What is posted.
Result<bj::object> request(const Arguments& args) {
  bj::object body;
  const std::string words = fmt::format("{}", fmt::join(args.words, " "));
  if (!has_word(words)) {
    return fail(Errc::kInvalidArgument, "what is searched?", "there is no word",
                "shoal search debian handbook");
  }
  if (is_bare_root(words)) {
    return fail(Errc::kInvalidArgument, "\"" + words + "\" is half a content id",
                "the file's length goes with it: HASH-LENGTH", "copy it from shoal search --json");
  }
  body[parse_content_id(words) ? "content" : "terms"] = words;
  if (const auto via = args.value("--via")) body["via"] = *via;
  if (const auto chosen = args.all("--set"); !chosen.empty()) {
    auto parameters = parameters_in(chosen);
    if (!parameters) return tl::unexpected(parameters.error());
    body["parameters"] = std::move(*parameters);
  }
  if (const auto rule = args.value("--rule")) body["rule"] = *rule;
  const auto ttl = args.number("--ttl", 1, limits::kTtlLimit);
  if (!ttl) return tl::unexpected(ttl.error());
  if (*ttl) body["ttl"] = **ttl;
  const auto enough = args.number("--enough", 1, limits::kHitsMax);
  if (!enough) return tl::unexpected(enough.error());
  if (*enough) body["enough"] = **enough;
  if (const auto text = args.value("--budget")) {
    const auto budget = parse_duration(*text);
    if (!budget) return tl::unexpected(budget.error());
    if (const auto most = to_ms(limits::budget_max(limits::kTtlLimit)); budget->count() > most) {
      return fail(Errc::kInvalidArgument, "--budget does not take \"" + *text + "\"",
                  "a search takes at most " + human_time(most));
    }
    body["budget_ms"] = budget->count();
  }
  for (const auto& [flag, member] :
       {std::pair{"--min-size", "length_min"}, std::pair{"--max-size", "length_max"}}) {
    const auto text = args.value(flag);
    if (!text) continue;
    const auto bytes = parse_bytes(*text);
    if (!bytes) return tl::unexpected(bytes.error());
    body[member] = *bytes;
  }
  if (body.contains("length_min") && body.contains("length_max") &&
      body["length_min"].as_uint64() > body["length_max"].as_uint64()) {
    return fail(Errc::kInvalidArgument, "no file has such a size", "--min-size is above --max-size",
                "swap them, or leave one out");
  }
  return body;
}

// One search as it runs.
class Run {
 public:
  explicit Run(Context& context)
      : context_(context), sheet_(context, kind_for(context), Sheet::Rows::kAsTheyCome) {}

  Result<int> go() {
    context_.outlive_reader();  // rows that nobody reads to the last are remembered all the same
    const auto id = context_.args().has("--again") ? last() : begin();
    if (!id) return tl::unexpected(id.error());
    path_ = "/v1/searches/" + http::encode_segment(*id);
    rows_ = FoundRows(*id);
    auto heard = context_.stream("GET", path_ + "/events", {},
                                 [this](const bj::object& line) { return on_line(line); });
    const bool stopped = context_.stopped();
    const bool timed_out = context_.timed_out();
    if (stopped) take_back();
    remember();
    sheet_.finish();
    if (report_) say_report();
    if (stopped && !timed_out) return 0;
    if (!heard) return tl::unexpected(heard.error());
    if (!report_) {
      return fail(Errc::kIntegrity, "the daemon did not say how the search ended",
                  "its answer stopped before the report", "shoal status");
    }
    if (hits_ > 0) return 0;
    if (!was_anybody_asked(*report_)) return tl::unexpected(nobody_asked(*report_));
    return nothing_found();
  }

 private:
  Result<std::string> begin() {
    const auto body = request(context_.args());
    if (!body) return tl::unexpected(body.error());
    const auto made = context_.call("POST", "/v1/searches", *body);
    if (!made) return tl::unexpected(made.error());
    return raw_at(*made, "id");
  }

  // The daemon tells all it has of it, in the order of its coming: rows keep their numbers.
  Result<std::string> last() {
    const auto& args = context_.args();
    for (const char* flag : {"--ttl", "--via", "--set", "--rule", "--budget", "--enough",
                             "--min-size", "--max-size"}) {
      if (args.all(flag).empty() && args.words.empty()) continue;
      return fail(Errc::kInvalidArgument, "--again shows the last search",
                  "it takes neither words nor what a search is told", "shoal search --again");
    }
    const auto places = context_.places();
    if (!places) return tl::unexpected(places.error());
    const auto kept = FoundRows::load(last_search_file(*places));
    if (!kept) return tl::unexpected(kept.error());
    return kept->latest();
  }

  Result<void> on_line(const bj::object& line) {
    if (raw_at(line, "schema") == json::schema::kSearchReport) return on_report(line);
    const auto hit = json::hit_from_json(line);
    if (!hit) return tl::unexpected(hit.error());
    ++hits_;
    auto row = line;
    const auto number = rows_.add(*hit);
    if (number <= holders_.size()) {
      holders_[number - 1].insert(who(*hit));
      if (merged()) return {};
    } else {
      holders_.push_back({who(*hit)});
    }
    row["row"] = number;
    sheet_.add(row);
    return {};
  }

  static std::string who(const json::SearchHit& hit) {
    return hit.holder_name.empty() ? short_id(to_text(hit.holder)) : hit.holder_name;
  }

  // One row for each content; JSON tells each hit as it comes.
  [[nodiscard]] bool merged() const {
    return context_.format() == Format::kIds ||
           (context_.format() != Format::kJson && !context_.args().has("--holders"));
  }

  Result<void> on_report(const bj::object& line) {
    auto report = json::report_from_json(line);
    if (!report) return tl::unexpected(report.error());
    report_ = std::move(*report);
    if (context_.format() == Format::kJson) print_json_line(context_, line);
    return {};
  }

  // After Ctrl-C: the search is cancelled, and its report fetched.
  void take_back() {
    context_.resume();
    if (!context_.call("DELETE", path_) || report_) return;
    const auto state = context_.call("GET", path_);
    if (!state) return;
    const auto* report = at_path(*state, "report");
    if (report == nullptr || !report->is_object()) return;
    if (auto read = on_report(report->get_object()); !read) context_.note(read.error().what);
  }

  void remember() {
    const auto places = context_.places();
    if (!places) return;
    // Rows of an earlier one stay, but --again means this one, whose answers may be late.
    if (hits_ == 0) rows_ = rows_.after(FoundRows::load(last_search_file(*places)).value_or(rows_));
    if (const auto kept = rows_.save(last_search_file(*places)); !kept) {
      context_.note(kept.error().what + ": " + kept.error().why);
    }
  }

  void say_report() {
    if (context_.format() == Format::kJson) return;
    for (std::size_t at = 0; at < holders_.size() && merged(); ++at) {
      if (holders_[at].size() < 2) continue;
      context_.note(fmt::format("# row {} has {} holders: {}", at + 1, holders_[at].size(),
                                clean(fmt::format("{}", fmt::join(holders_[at], ", ")))));
    }
    for (const auto& line : explain(*report_)) context_.note("# " + line);
  }

  [[nodiscard]] Asked asked() const {
    const auto& args = context_.args();
    const std::string words = fmt::format("{}", fmt::join(args.words, " "));
    return {.content = parse_content_id(words).has_value(),
            .sized = args.value("--min-size") || args.value("--max-size"),
            .words = static_cast<std::size_t>(std::ranges::count(words, ' ')) + 1};
  }

  int nothing_found() {
    if (context_.format() != Format::kJson) {
      const bool again = context_.args().has("--again");
      context_.note(again ? "nothing found" : "nothing found; " + hint(*report_, asked()));
    }
    return info(Errc::kNotFound).exit_code;
  }

  Context& context_;
  Sheet sheet_;
  std::string path_;
  FoundRows rows_;
  std::optional<json::NamedReport> report_;
  std::size_t hits_ = 0;
  std::vector<std::set<std::string>> holders_;  ///< of each row
};

constexpr std::array kFlags{
    Flag{"--ttl", "N", "hops the search may go, 1 to 15 (5, or what search.ttl says)"},
    Flag{"--via", "NAME",
         "the overlay that carries it, directory or broker; several: A,B; or auto"},
    Flag{"--set", "NAME=VALUE", "what that overlay lets you choose (shoal overlay lists it)"},
    Flag{"--rule", "NAME", "deepest or classic: what becomes of copies that come twice"},
    Flag{"--budget", "DURATION", "time it may take, at most 30s; 0: enough for its hops (0)"},
    Flag{"--enough", "N", "end once there are so many hits; one answer may bring more"},
    Flag{"--min-size", "SIZE", "files of at least so many bytes: 4096, 64KiB, 10MiB"},
    Flag{"--max-size", "SIZE", "files of at most so many bytes"},
    Flag{"--holders", "", "a row for each who has a file, not one for each file"},
    Flag{"--again", "", "the last search, with what came since it ended"},
    Flag{"--links", "", "a shoal:? link of each file, to hand on (with sources: shoal link ROW)"},
};

}  // namespace

const Verb kSearch{
    .name = "search",
    .group = Group::kFiles,
    .synopsis = "WORDS... | CONTENT-ID | --again",
    .summary = "ask friends, and they theirs; says what was asked and what was not",
    .examples =
        "shoal search debian handbook\nshoal search handbook --ttl 7 --min-size 1MiB\n"
        "shoal search handbook --via auto\n"
        "shoal search handbook --via flood,directory\n"
        "shoal search handbook --via broker --budget 1s; shoal search --again\n"
        "shoal search handbook --json=name,size,hops",
    .flags = kFlags,
    .words_min = 0,
    .words_max = std::numeric_limits<std::size_t>::max(),
    .run = [](Context& context) { return Run(context).go(); },
    .notes =
        "All words must be in a file's name or its folders'; the last may be the beginning of\n"
        "one. Accents and case make no difference. The rows are kept for shoal get. By a broker\n"
        "answers may come after the end: --again shows them for as long as the daemon keeps it."};

}  // namespace shoal::client
