// SPDX-License-Identifier: Apache-2.0
#include "cli/config/config.h"

#include <fmt/format.h>

#include <array>

#include "cli/client/context/context.h"
#include "cli/client/context/fields.h"
#include "cli/client/output/sheet.h"
#include "cli/client/verbs/verb_table.h"

namespace shoal::client {
namespace {

namespace bj = boost::json;

std::string_view origin_name(config::Origin origin) {
  switch (origin) {
    case config::Origin::kBuiltIn:
      return "built-in";
    case config::Origin::kSystemFile:
      return "system";
    case config::Origin::kFile:
      return "file";
    case config::Origin::kEnvironment:
      return "environment";
    case config::Origin::kFlag:
      return "flag";
  }
  return "";
}

constexpr Column kKey{"KEY", [](const bj::object& row) -> Cell { return raw_at(row, "key"); }};
constexpr Column kValue{"VALUE",
                        [](const bj::object& row) -> Cell { return raw_at(row, "value"); }};
constexpr Column kWhere{"FROM", [](const bj::object& row) -> Cell { return raw_at(row, "where"); }};
constexpr std::array kPlain{kKey, kValue};
constexpr std::array kWithOrigin{kKey, kValue, kWhere};
constexpr SheetKind kPlainSheet{"shoal/config/1", kPlain, "key"};
constexpr SheetKind kOriginSheet{"shoal/config/1", kWithOrigin, "key"};

Result<config::Loaded> load(Context& context) {
  const auto places = context.places();
  if (!places) return tl::unexpected(places.error());
  config::LoadInputs inputs;
  inputs.places = *places;
  inputs.environment = context.world().env;
  return config::load(inputs);
}

Result<int> show(Context& context, std::string_view only) {
  const auto loaded = load(context);
  if (!loaded) return tl::unexpected(loaded.error());
  const bool origin = context.args().has("--origin");
  Sheet sheet(context, origin ? kOriginSheet : kPlainSheet, Sheet::Rows::kTogether);
  for (const auto& setting : loaded->settings) {
    if (!only.empty() && setting.key != only) continue;
    sheet.add({{"key", setting.key},
               {"value", setting.value},
               {"origin", origin_name(setting.origin)},
               {"where", setting.where}});
  }
  sheet.finish();
  if (sheet.rows() > 0) return 0;
  return fail(Errc::kNotFound, "there is no setting " + std::string(only), "",
              "shoal config lists them");
}

Result<int> run(Context& context) {
  const auto& words = context.args().words;
  const std::string verb = words.empty() ? "show" : words.front();
  if (verb == "show") return show(context, words.size() > 1 ? words[1] : "");
  if (verb == "path") {
    const auto places = context.places();
    if (!places) return tl::unexpected(places.error());
    context.print(places->config_file);
    return 0;
  }
  if (verb == "check") {
    const auto loaded = load(context);
    if (!loaded) return tl::unexpected(loaded.error());
    context.note("the configuration is good");
    return 0;
  }
  return fail(Errc::kInvalidArgument, "config does not know \"" + verb + "\"", "",
              "shoal config, shoal config check or shoal config path");
}

constexpr std::array kFlags{
    Flag{"--origin", "", "with show: where each value comes from"},
};

}  // namespace

const Verb kConfig{.name = "config",
                   .group = Group::kTools,
                   .synopsis = "[show [KEY] [--origin] | check | path]",
                   .summary = "the settings, and where each comes from",
                   .examples = "shoal config show --origin\nshoal config check",
                   .flags = kFlags,
                   .words_min = 0,
                   .words_max = 2,
                   .run = run};

}  // namespace shoal::client
