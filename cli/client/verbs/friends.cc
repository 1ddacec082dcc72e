// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "cli/client/context/context.h"
#include "cli/client/context/fields.h"
#include "cli/client/context/text.h"
#include "cli/client/output/sheet.h"
#include "cli/client/verbs/verb_table.h"
#include "cli/config/config.h"
#include "proto/http/percent.h"

namespace shoal::client {
namespace {

namespace bj = boost::json;

Cell or_dash(const bj::object& row, std::string_view name) {
  const std::string text = raw_at(row, name);
  return {text.empty() ? "-" : text, text};
}

Cell time_cell(const bj::object& row, std::string_view name) {
  const auto ms = number_at(row, name);
  return {ms ? human_time(*ms) : "-", ms ? std::to_string(*ms) : ""};
}

// Fractions of a millisecond matter here: friends may be on the same machine.
Cell rtt_cell(const bj::object& row) {
  const auto ms = real_at(row, "rtt_ms");
  if (!ms) return {"-", ""};
  return {*ms < 10 ? fmt::format("{:.1f} ms", *ms) : human_time(static_cast<std::int64_t>(*ms)),
          fmt::format("{:.3f}", *ms)};
}

// What it is given at most.
Cell rate_cell(const bj::object& row) {
  const auto rate = count_at(row, "upload_rate");
  if (rate <= 0) return {"-", raw_at(row, "upload_rate")};
  return {config::rate_text(static_cast<std::uint64_t>(rate)), std::to_string(rate)};
}

// What is wrong with it, and when it is tried again.
Cell trouble(const bj::object& row) {
  const std::string state = raw_at(row, "state");
  std::string shown;
  if (state == "down") {
    shown = raw_at(row, "last_error");
    if (const auto next = number_at(row, "next_dial_ms")) {
      shown += fmt::format("{}next dial in {}", shown.empty() ? "" : "; ", human_time(*next));
    }
  }
  return {shown, raw_at(row, "last_error")};
}

constexpr std::array kColumns{
    Column{"NAME", [](const bj::object& row) { return or_dash(row, "name"); }},
    Column{"ID",
           [](const bj::object& row) -> Cell {
             const std::string id = raw_at(row, "id");
             return {short_id(id), id};
           }},
    Column{"ROLE", [](const bj::object& row) { return or_dash(row, "role"); }},
    Column{"STATE", [](const bj::object& row) { return or_dash(row, "state"); }},
    Column{"RTT", rtt_cell, true},
    Column{"SINCE", [](const bj::object& row) { return time_cell(row, "since_ms"); }, true},
    Column{"RATE", rate_cell, true},
    Column{"TROUBLE", trouble},
};
constexpr SheetKind kSheet{"shoal/friends/1", kColumns, "id"};

// The primary first, then as the daemon has them; last those who are no friends.
std::ptrdiff_t rank(const bj::object& row) {
  constexpr std::array<std::string_view, 4> kOrder{"primary", "secondary", "friend", "accepted"};
  return std::ranges::find(kOrder, raw_at(row, "role")) - kOrder.begin();
}

Result<int> list(Context& context) {
  const auto answer = context.call("GET", "/v1/friends");
  if (!answer) return tl::unexpected(answer.error());
  std::vector<bj::object> rows;
  for (const auto& item : items_at(*answer, "items")) {
    if (item.is_object()) rows.push_back(item.get_object());
  }
  std::ranges::stable_sort(rows, {}, rank);
  Sheet sheet(context, kSheet, Sheet::Rows::kTogether);
  for (const auto& row : rows) sheet.add(row);
  sheet.finish("no friends yet: shoal friends add URL");
  return 0;
}

Result<int> add(Context& context, const std::string& url) {
  const std::string role = context.args().value("--role").value_or("friend");
  const auto made = context.call("POST", "/v1/friends", {{"url", url}, {"role", role}});
  if (!made) return tl::unexpected(made.error());
  if (context.format() == Format::kJson) {
    print_change(context, *made);
  } else if (context.format() == Format::kIds) {
    context.print(text_at(*made, "id"));
  } else {
    const std::string name = text_at(*made, "name");
    context.print(fmt::format("added {} ({}) as {}", name.empty() ? "a friend" : name,
                              short_id(raw_at(*made, "id")), clean(role)));
    const auto me = context.call("GET", "/v1/status");
    if (me) context.note("there, too: shoal friends add " + text_at(*me, "url"));
  }
  return 0;
}

// The id of the friend that `word` names: by id, its beginning, or name.
Result<std::string> find(Context& context, const std::string& word) {
  const auto answer = context.call("GET", "/v1/friends");
  if (!answer) return tl::unexpected(answer.error());
  std::vector<std::string> found;
  for (const auto& item : items_at(*answer, "items")) {
    if (!item.is_object()) continue;
    const std::string id = raw_at(item.get_object(), "id");
    if (id == word) return id;
    const bool prefix = word.size() >= 4 && id.starts_with(word);
    if (prefix || raw_at(item.get_object(), "name") == word) found.push_back(id);
  }
  if (found.size() == 1) return found.front();
  return fail(found.empty() ? Errc::kNotFound : Errc::kInvalidArgument,
              found.empty() ? "no friend is called " + word : word + " is more than one friend",
              found.empty() ? "neither an id nor a name" : "names are not unique, ids are",
              "shoal friends lists them");
}

Result<int> remove(Context& context, const std::string& word) {
  const auto id = find(context, word);
  if (!id) return tl::unexpected(id.error());
  const auto gone = context.call("DELETE", "/v1/friends/" + http::encode_segment(*id));
  if (!gone) return tl::unexpected(gone.error());
  context.note("no longer a friend: " + clean(word));
  return 0;
}

// "usual" is what the configuration says.
Result<int> rate(Context& context, const std::string& word, const std::string& how) {
  bj::object change{{"upload_rate", nullptr}};
  if (how != "usual") {
    const auto bytes = config::parse_rate(how);
    if (!bytes) {
      Error error = bytes.error();
      error.next = "500KB/s or 2MiB/s; 0: no limit; usual: as the configuration says";
      return tl::unexpected(error);
    }
    change["upload_rate"] = *bytes;
  }
  const auto id = find(context, word);
  if (!id) return tl::unexpected(id.error());
  const auto told = context.call("PATCH", "/v1/friends/" + http::encode_segment(*id), change);
  if (!told) return tl::unexpected(told.error());
  if (context.format() == Format::kJson) {
    print_change(context, *told);
    return 0;
  }
  const Cell now = rate_cell(*told);
  context.note(clean(word) + " is served " +
               (count_at(*told, "upload_rate") > 0 ? "at most " + now.shown : "without a limit") +
               (flag_at(*told, "upload_rate_told") ? "" : ", as usual"));
  return 0;
}

Result<int> run(Context& context) {
  const auto& words = context.args().words;
  if (words.empty()) return list(context);
  if (words.size() == 2 && words[0] == "add") return add(context, words[1]);
  if (words.size() == 2 && words[0] == "remove") return remove(context, words[1]);
  if (words.size() == 3 && words[0] == "rate") return rate(context, words[1], words[2]);
  if (words.front() == "rate") {
    return fail(Errc::kInvalidArgument, "whom to serve how fast is missing",
                "rate takes a friend's name or id, and bytes per second or \"usual\"",
                "shoal friends rate luis 500KB/s");
  }
  if (words.front() == "add" || words.front() == "remove") {
    const bool adds = words.front() == "add";
    return fail(Errc::kInvalidArgument,
                words.size() > 1 ? words.front() + " is for one friend at a time"
                                 : "whom to " + words.front() + " is missing",
                adds ? "add takes the URL that shoal status prints on the friend's machine"
                     : "remove takes a friend's name or id",
                adds ? "shoal friends add shoal://KEY@host:port" : "shoal friends lists them");
  }
  return fail(Errc::kInvalidArgument, "friends does not know \"" + words.front() + "\"",
              "it lists, adds one by URL, removes one or rates one by name or id",
              "shoal friends add shoal://KEY@host:port --role secondary");
}

constexpr std::array kFlags{
    Flag{"--role", "ROLE", "with add: primary, secondary or friend (friend)"},
};

}  // namespace

const Verb kFriends{
    .name = "friends",
    .group = Group::kPeople,
    .synopsis = "[add URL [--role ROLE] | remove NAME | rate NAME RATE]",
    .summary = "who this peer asks and answers, and how their links are",
    .examples =
        "shoal friends\nshoal friends add shoal://KEY@host:port --role secondary\n"
        "shoal friends remove luis\nshoal friends rate luis 500KB/s",
    .flags = kFlags,
    .words_min = 0,
    .words_max = 3,
    .run = run,
    .notes =
        "Searches go to the primary and to friends; the secondary stands by until the primary\n"
        "is down. Both sides add each other. In an open network those who are no friends stand\n"
        "below them, as neighbours: they are found, and come and go.\n"
        "A rate is what a friend is given at most, from now on and over restarts: 0 is no limit,\n"
        "usual what the configuration says. It holds for what is put to him, for what he fetches,\n"
        "and for what others fetch whose searches came through him: a search's key does not say\n"
        "whose it is. Who found it by a directory or broker counts for himself, at\n"
        "upload.rate_per_friend."};

}  // namespace shoal::client
