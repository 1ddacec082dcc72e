// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "cli/client/context/context.h"
#include "cli/client/context/fields.h"
#include "cli/client/context/text.h"
#include "cli/client/output/sheet.h"
#include "cli/client/verbs/directory_verbs.h"
#include "cli/client/verbs/verb_table.h"
#include "proto/http/percent.h"

namespace shoal::client {
namespace {

namespace bj = boost::json;

constexpr std::array kColumns{
    Column{"NAME", [](const bj::object& row) -> Cell { return raw_at(row, "name"); }},
    Column{"ID",
           [](const bj::object& row) -> Cell {
             const std::string id = raw_at(row, "id");
             return {short_id(id), id};
           }},
    Column{"ENDPOINTS",
           [](const bj::object& row) -> Cell {
             std::string out;
             for (const auto& endpoint : items_at(row, "endpoints")) {
               if (!endpoint.is_string()) continue;
               out += (out.empty() ? "" : ",") + std::string(endpoint.get_string());
             }
             return out;
           }},
};
constexpr SheetKind kSheet{"shoal/directory.peers/1", kColumns, "id"};

}  // namespace

Result<int> directory_peers(Context& context) {
  std::string cursor;
  Sheet sheet(context, kSheet, Sheet::Rows::kTogether);
  while (true) {
    const auto answer = context.call(
        "GET", "/v1/directory/peers" +
                   (cursor.empty() ? std::string() : "?" + http::encode_query("cursor", cursor)));
    if (!answer) return tl::unexpected(answer.error());
    sheet.add_items(*answer);
    const std::string next = raw_at(*answer, "next_cursor");
    if (next.empty() || next == cursor) break;
    cursor = next;
  }
  sheet.finish("the directory knows nobody");
  return sheet.rows() == 0 ? info(Errc::kNotFound).exit_code : 0;
}

namespace {

// "publishes 12 files there", or why it does not.
std::string index_words(const bj::object& answer) {
  const auto* value = at_path(answer, "index");
  if (value == nullptr || !value->is_object()) return {};
  const bj::object& index = value->get_object();
  const auto is = [&](const char* name) {
    const auto* flag = index.if_contains(name);
    return flag != nullptr && flag->is_bool() && flag->get_bool();
  };
  if (!is("on")) return {};
  if (!is("taken")) return "it keeps no index, so nothing is published there";
  std::string out = fmt::format("published there: {}", count_of(count_at(index, "files"), "file"));
  if (const auto left = count_at(index, "left_out"); left > 0) {
    out += fmt::format(", {} left out", left);
  }
  const std::string trouble = text_at(index, "last_error");
  if (!trouble.empty()) return out + "; " + trouble;
  return out + (is("current") ? "" : ", more to come");
}

}  // namespace

Result<int> directory_status(Context& context) {
  const auto answer = context.call("GET", "/v1/directory");
  if (!answer) return tl::unexpected(answer.error());
  if (context.format() == Format::kJson) {
    print_json(context, *answer);
    return 0;
  }
  const std::string url = text_at(*answer, "url");
  const std::string trouble = text_at(*answer, "last_error");
  if (url.empty()) {
    context.note("no directory is configured; searches go through friends all the same");
  } else if (context.format() == Format::kTable) {
    context.print(fmt::format("directory {} {}{}", url,
                              painted_state(context, text_at(*answer, "state")),
                              trouble.empty() ? "" : ": " + trouble));
    if (const std::string words = index_words(*answer); !words.empty()) context.print(words);
  } else {
    context.print(fmt::format("{}\t{}\t{}", url, text_at(*answer, "state"), trouble));
  }
  return 0;
}

namespace {

constexpr std::size_t kAny = std::numeric_limits<std::size_t>::max();
constexpr std::array kVerbs{
    DirectoryVerb{"status", 0, directory_status},     DirectoryVerb{"peers", 0, directory_peers},
    DirectoryVerb{"register", 1, directory_register}, DirectoryVerb{"login", 1, directory_login},
    DirectoryVerb{"logout", 0, directory_logout},     DirectoryVerb{"index", 0, directory_index},
    DirectoryVerb{"search", kAny, directory_search}};

Result<int> run(Context& context) {
  const auto& words = context.args().words;
  if (words.empty()) return directory_status(context);
  const auto verb = std::ranges::find(kVerbs, words.front(), &DirectoryVerb::name);
  if (verb != kVerbs.end() && words.size() - 1 <= verb->words_max) return verb->run(context);
  const bool known = verb != kVerbs.end();
  return fail(Errc::kInvalidArgument,
              known ? "directory " + words.front() + " takes no \"" + words.back() + "\""
                    : "directory does not know \"" + words.front() + "\"",
              "", "shoal directory --help");
}

constexpr std::array kFlags{
    Flag{"--key", "", "with register and login: by this peer's key, without a password"},
    Flag{"--directory", "URL", "with register and login: another one than directory.url says"},
    Flag{"--exact", "", "with search: files that are called exactly so, not words"},
};

}  // namespace

const Verb kDirectory{
    .name = "directory",
    .group = Group::kPeople,
    .synopsis =
        "[status | peers | register NAME | login NAME | logout | index | search WORDS... | "
        "serve OPTIONS...]",
    .summary = "the server that introduces peers and keeps what they publish; serve runs one",
    .examples =
        "shoal directory\nshoal directory peers\nshoal directory register ana\n"
        "shoal directory login ana\n"
        "shoal directory register ana --key\nshoal directory login ana --key\n"
        "shoal directory logout\n"
        "shoal directory index\nshoal directory search debian handbook\n"
        "shoal directory search --exact \"Debian Handbook.pdf\"",
    .flags = kFlags,
    .words_min = 0,
    .words_max = kAny,
    .run = run,
    .notes =
        "A password is asked for without an echo, or is the first line of stdin\n"
        "(shoal directory login ana < password.txt). It is never an argument, which others on the\n"
        "machine could read. The token of a login is kept in directory-session.json in the state\n"
        "folder, for its owner only, until logout.\n"
        "Where no file names a directory, register and login go to that of the daemon that is up\n"
        "(shoal up --with-directory).\n"
        "index publishes now what changed in the shares; that happens by itself where\n"
        "directory.index is true, and nothing is ever published where it is not.\n"
        "shoal search --via directory finds the same files, to be fetched with shoal get.\n"
        "shoal directory serve --help tells the options of the server."};

}  // namespace shoal::client
