// SPDX-License-Identifier: Apache-2.0
// The only file that sees CLI11: it takes 10 s to compile.
#include "cli/client/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "cli/client/context/text.h"
#include "cli/client/help.h"
#include "proto/types/empty_values.h"

namespace shoal::client {
namespace {

const std::map<std::string, When> kWhens{
    {"auto", When::kAuto}, {"always", When::kAlways}, {"never", When::kNever}};
const std::map<std::string, ProgressKind> kProgressKinds{{"auto", ProgressKind::kAuto},
                                                         {"tty", ProgressKind::kTty},
                                                         {"plain", ProgressKind::kPlain},
                                                         {"json", ProgressKind::kJson},
                                                         {"none", ProgressKind::kNone}};
constexpr const char* kAllFields = "*";
constexpr auto kAll = CLI::MultiOptionPolicy::TakeAll;
/// More words than anybody gives: CLI11 splits "[a,b]" where it takes any number.
constexpr int kMany = 1 << 20;

// Texts that are read after CLI11 is done.
struct Raw {
  std::string json;
  std::string timeout;
  std::string color = "auto";
  std::string progress = "auto";
};

void add_globals(CLI::App& app, Globals& globals, Raw& raw) {
  app.add_option("-C,--config", globals.config);
  app.add_option("--home", globals.home);
  app.add_option("--socket", globals.socket);
  app.add_flag("--json{*}", raw.json);
  app.add_flag("-q,--quiet", globals.quiet);
  app.add_flag("--header", globals.header);
  app.add_option("--color", raw.color);
  app.add_option("--progress", raw.progress);
  app.add_flag("--ascii", globals.ascii);
  app.add_option("--timeout", raw.timeout);
  app.add_flag("-h,--help", globals.help);
  app.add_flag("--version", globals.version);
}

// "--output" of "-o,--output".
std::string long_name(std::string_view names) {
  const auto comma = names.rfind(',');
  return std::string(comma == std::string_view::npos ? names : names.substr(comma + 1));
}

void add_verb(CLI::App& app, const Verb& verb, CommandLine& line) {
  CLI::App* sub = app.add_subcommand(std::string(verb.name));
  sub->set_help_flag();
  sub->fallthrough();
  sub->final_callback([&line, &verb] { line.verb = &verb; });
  for (const auto& flag : verb.flags) {
    const std::string name = long_name(flag.names);
    if (flag.value.empty()) {
      sub->add_flag(std::string(flag.names), line.arguments.switches[name]);
    } else {
      // Read from its results: one that is bound to a vector takes what follows its value, too.
      sub->add_option(std::string(flag.names))->multi_option_policy(kAll);
    }
  }
  if (verb.words_max > 0) sub->add_option("words")->expected(kMany)->multi_option_policy(kAll);
}

// What the verb was given beside its switches.
void take_results(CLI::App& app, CommandLine& line) {
  if (line.verb == nullptr) return;
  CLI::App* const sub = app.get_subcommand(std::string(line.verb->name));
  for (const auto& flag : line.verb->flags) {
    if (flag.value.empty()) continue;
    const std::string name = long_name(flag.names);
    line.arguments.values[name] = sub->get_option(name)->results();
  }
  if (line.verb->words_max > 0) line.arguments.words = sub->get_option("words")->results();
}

tl::unexpected<Error> usage(std::string what, std::string why, const Verb* verb) {
  return fail(Errc::kInvalidArgument, std::move(what), std::move(why),
              verb == nullptr ? "shoal --help" : "shoal " + std::string(verb->name) + " --help");
}

template <class T>
Result<T> one_of(const std::map<std::string, T>& known, const std::string& text,
                 const std::string& flag, const Verb* verb) {
  const auto found = known.find(text);
  if (found != known.end()) return found->second;
  std::string names;
  for (const auto& [name, value] : known) names += (names.empty() ? "" : ", ") + name;
  return usage(flag + " does not take \"" + text + "\"", "it takes " + names, verb);
}

Result<void> finish(CommandLine& line, const Raw& raw) {
  Globals& globals = line.globals;
  const auto color = one_of(kWhens, raw.color, "--color", line.verb);
  if (!color) return tl::unexpected(color.error());
  globals.color = *color;
  const auto progress = one_of(kProgressKinds, raw.progress, "--progress", line.verb);
  if (!progress) return tl::unexpected(progress.error());
  globals.progress = *progress;
  if (!raw.timeout.empty()) {
    const auto timeout = parse_duration(raw.timeout);
    if (!timeout) return tl::unexpected(timeout.error());
    globals.timeout = *timeout;
  }
  globals.json = !raw.json.empty();
  if (globals.json && raw.json != kAllFields) {
    globals.json_fields = CLI::detail::split(raw.json, ',');
  }
  if (line.verb == nullptr || globals.help) return {};
  const std::size_t words = line.arguments.words.size();
  const std::string form =
      "shoal " + std::string(line.verb->name) + " " + std::string(line.verb->synopsis);
  if (words < line.verb->words_min) return usage("something is missing", form, line.verb);
  if (words > line.verb->words_max) {
    return usage("\"" + line.arguments.words[line.verb->words_max] + "\" is one word too many",
                 form, line.verb);
  }
  return {};
}

// The first word that is no option and no option's value: what was meant as a verb.
std::string meant_verb(const CLI::App& app, const std::vector<std::string>& arguments) {
  for (std::size_t at = 0; at < arguments.size(); ++at) {
    const std::string& word = arguments[at];
    if (!word.starts_with('-')) return word;
    const CLI::Option* const option = app.get_option_no_throw(word);
    if (option != nullptr && option->get_items_expected_min() > 0) ++at;
  }
  return {};
}

// An option of the program or of the verb that is meant, and no switch.
bool takes_value(CLI::App& app, const Verb* verb, const std::string& name) {
  const CLI::Option* option = app.get_option_no_throw(name);
  if (option == nullptr && verb != nullptr) {
    option = app.get_subcommand(std::string(verb->name))->get_option_no_throw(name);
  }
  return option != nullptr && option->get_items_expected_min() > 0;
}

}  // namespace

bool asks_for_json(const std::vector<std::string>& arguments) {
  return std::ranges::any_of(arguments, [](const std::string& word) {
    return word == "--json" || word.starts_with("--json=");
  });
}

Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments) {
  CommandLine line;
  Raw raw;
  CLI::App app;
  app.set_help_flag();
  app.require_subcommand(0, 1);
  add_globals(app, line.globals, raw);
  for (const auto& verb : verbs()) add_verb(app, verb, line);
  const Verb* const meant = find_verb(meant_verb(app, arguments));
  const auto words = with_empty_values(
      arguments, [&](const std::string& name) { return takes_value(app, meant, name); });
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
    take_results(app, line);
  } catch (const CLI::ParseError& error) {
    const std::string word = meant_verb(app, arguments);
    const Verb* verb = find_verb(word);
    if (verb == nullptr && !word.empty()) {
      const std::string near = nearest_verb(word);
      return fail(Errc::kInvalidArgument, "shoal has no verb \"" + word + "\"",
                  near.empty() ? "" : "did you mean: shoal " + near, "shoal --help lists them");
    }
    return usage("the command line is not understood", error.what(), verb);
  }
  if (auto done = finish(line, raw); !done) return tl::unexpected(done.error());
  return line;
}

}  // namespace shoal::client
