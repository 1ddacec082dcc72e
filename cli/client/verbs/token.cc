// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <chrono>

#include "cli/client/context/context.h"
#include "cli/client/context/fields.h"
#include "cli/client/context/text.h"
#include "cli/client/output/sheet.h"
#include "cli/client/verbs/verb_table.h"
#include "proto/http/percent.h"

namespace shoal::client {
namespace {

namespace bj = boost::json;

std::int64_t age_ms(const bj::object& row) {
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
      std::chrono::system_clock::now().time_since_epoch());
  return std::max<std::int64_t>(0, now.count() - count_at(row, "made_unix")) * 1000;
}

constexpr std::array kColumns{
    Column{"ID", [](const bj::object& row) -> Cell { return raw_at(row, "id"); }, true},
    Column{"NAME", [](const bj::object& row) -> Cell { return text_at(row, "name"); }},
    Column{"AGE",
           [](const bj::object& row) -> Cell {
             return {human_time(age_ms(row)), raw_at(row, "made_unix")};
           },
           true},
};
constexpr SheetKind kSheet{"shoal/tokens/1", kColumns, "id"};

Result<int> make(Context& context, const std::string& name) {
  const auto made = context.call("POST", "/v1/tokens", {{"name", name}});
  if (!made) return tl::unexpected(made.error());
  if (context.format() == Format::kJson) {
    print_change(context, *made);
    return 0;
  }
  context.print(raw_at(*made, "token"));
  context.note("it is shown this once; whoever has it may search, fetch and upload here");
  if (!flag_at(*made, "public")) {
    context.note("but the port is not public: set rest.public: on, and start the daemon again");
  }
  return 0;
}

Result<int> revoke(Context& context, const std::string& word) {
  const auto gone = context.call("DELETE", "/v1/tokens/" + http::encode_segment(word));
  if (!gone) return tl::unexpected(gone.error());
  if (context.format() == Format::kJson) print_change(context, *gone);
  context.note("it opens nothing any more: " + text_at(*gone, "name"));
  return 0;
}

Result<int> run(Context& context) {
  const auto& words = context.args().words;
  if (words.empty() || (words.size() == 1 && words[0] == "list")) {
    return print_list(context, "/v1/tokens", kSheet, "no tokens: shoal token new NAME makes one");
  }
  if (words.size() == 2 && words[0] == "new") return make(context, words[1]);
  if (words.size() == 2 && words[0] == "revoke") return revoke(context, words[1]);
  return fail(Errc::kInvalidArgument, "token does not know \"" + words.front() + "\" so",
              "it lists tokens, makes one with a name, or revokes one by name or id",
              "shoal token new phone");
}

}  // namespace

const Verb kToken{
    .name = "token",
    .group = Group::kPeople,
    .synopsis = "[list | new NAME | revoke NAME]",
    .summary = "who may search, fetch and upload at this peer's public port",
    .examples = "shoal token new phone\nshoal token list\nshoal token revoke phone",
    .flags = {},
    .words_min = 0,
    .words_max = 2,
    .run = run,
    .notes =
        "With rest.public: on, programs that send `Authorization: Bearer TOKEN` to this peer's\n"
        "one port may search through it, have it fetch files, and leave files in its inbox.\n"
        "Each token stays valid until it is revoked; only its hash is kept."};

}  // namespace shoal::client
