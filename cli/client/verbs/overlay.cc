// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "cli/client/context/context.h"
#include "cli/client/context/fields.h"
#include "cli/client/context/text.h"
#include "cli/client/output/sheet.h"
#include "cli/client/verbs/verb_table.h"

namespace shoal::client {
namespace {

namespace bj = boost::json;

// "walkers=16 steps=128"
Cell parameters(const bj::object& row) {
  std::vector<std::string> parts;
  for (const auto& item : items_at(row, "parameters")) {
    if (!item.is_object()) continue;
    const auto& parameter = item.get_object();
    parts.push_back(raw_at(parameter, "name") + "=" + raw_at(parameter, "default"));
  }
  return {clean(fmt::format("{}", fmt::join(parts, " ")))};
}

constexpr std::array kColumns{
    Column{"NAME", [](const bj::object& row) -> Cell { return raw_at(row, "name"); }},
    Column{"USUAL",
           [](const bj::object& row) -> Cell {
             return {raw_at(row, "usual") == "true" ? "*" : "", raw_at(row, "usual")};
           }},
    Column{"SUMMARY", [](const bj::object& row) -> Cell { return raw_at(row, "summary"); }},
    Column{"PARAMETERS", parameters},
};
constexpr SheetKind kSheet{"shoal/overlays/1", kColumns, "name"};

constexpr std::array kParameterColumns{
    Column{"PARAMETER", [](const bj::object& row) -> Cell { return raw_at(row, "name"); }},
    Column{"DEFAULT", [](const bj::object& row) -> Cell { return raw_at(row, "default"); }},
    Column{"VALUES", [](const bj::object& row) -> Cell { return raw_at(row, "values"); }},
    Column{"WHAT", [](const bj::object& row) -> Cell { return raw_at(row, "doc"); }},
};
constexpr SheetKind kParameterSheet{"shoal/overlay.parameters/1", kParameterColumns, "name"};

Result<int> list(Context& context) {
  const auto answer = context.call("GET", "/v1/overlays");
  if (!answer) return tl::unexpected(answer.error());
  Sheet sheet(context, kSheet, Sheet::Rows::kTogether);
  sheet.add_items(*answer);
  sheet.finish();
  // Several at once have no row of their own.
  if (const std::string usual = text_at(*answer, "usual"); usual.find(',') != std::string::npos) {
    context.note("searches go by " + usual);
  }
  return 0;
}

Result<int> show(Context& context, const std::string& name) {
  const auto answer = context.call("GET", "/v1/overlays");
  if (!answer) return tl::unexpected(answer.error());
  std::vector<std::string> names;
  for (const auto& item : items_at(*answer, "items")) {
    if (!item.is_object()) continue;
    const auto& row = item.get_object();
    names.push_back(raw_at(row, "name"));
    if (names.back() != name) continue;
    Sheet sheet(context, kParameterSheet, Sheet::Rows::kTogether);
    for (const auto& parameter : items_at(row, "parameters")) {
      if (parameter.is_object()) sheet.add(parameter.get_object());
    }
    sheet.finish(clean(name) + " lets nothing be chosen: " + text_at(row, "summary"));
    return 0;
  }
  return fail(Errc::kNotFound, "no overlay is called " + clean(name),
              fmt::format("there are {}", fmt::join(names, ", ")), "shoal overlay lists them");
}

Result<int> said(Context& context, const Result<bj::object>& answer) {
  if (!answer) return tl::unexpected(answer.error());
  if (context.format() == Format::kJson) {
    print_change(context, *answer);
  } else {
    context.print("searches go by " + text_at(*answer, "usual"));
  }
  return 0;
}

Result<int> run(Context& context) {
  const auto& words = context.args().words;
  if (words.empty()) return list(context);
  if (words.front() == "use" && words.size() == 2) {
    return said(context, context.call("PUT", "/v1/overlays/usual", {{"via", words[1]}}));
  }
  if (words.front() == "use") {
    return fail(Errc::kInvalidArgument, "which overlay is missing", "use takes a name",
                "shoal overlay use auto");
  }
  if (words.size() == 1 && words.front() == "reset") {
    return said(context, context.call("DELETE", "/v1/overlays/usual"));
  }
  if (words.size() == 1) return show(context, words.front());
  return fail(Errc::kInvalidArgument, "overlay does not know \"" + clean(words.front()) + "\"", "",
              "shoal overlay, shoal overlay NAME, shoal overlay use NAME, or shoal overlay reset");
}

}  // namespace

const Verb kOverlay{
    .name = "overlay",
    .group = Group::kPeople,
    .synopsis = "[NAME | use NAME[,NAME...] | reset]",
    .summary = "the ways a search can take; use sets the usual one",
    .examples = "shoal overlay\nshoal overlay walk\nshoal overlay use auto",
    .flags = {},
    .words_min = 0,
    .words_max = 2,
    .run = run,
    .notes =
        "The usual way is kept over restarts; reset goes back to search.via of the\n"
        "configuration. shoal search --via NAME --set PARAMETER=VALUE chooses for once."};

}  // namespace shoal::client
