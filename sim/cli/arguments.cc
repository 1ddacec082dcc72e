// SPDX-License-Identifier: Apache-2.0
// The only file of the simulator that sees CLI11, which takes 10 s to compile.
#include "sim/cli/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "proto/types/empty_values.h"
#include "proto/yaml/nearest.h"
#include "sim/experiment/setting.h"

namespace shoal::sim::cli {
namespace {

constexpr auto kAll = ::CLI::MultiOptionPolicy::TakeAll;
/// More words than anybody gives: CLI11 splits "[a,b]" where it takes any number.
constexpr int kMany = 1 << 20;

tl::unexpected<Error> refuse(std::string why, std::string next = {}) {
  return fail(Errc::kInvalidArgument, "the command line is wrong", std::move(why), std::move(next));
}

tl::unexpected<Error> no_such(const std::string& word, std::span<const Option> options) {
  const std::string name = word.substr(0, word.find('='));
  std::vector<std::string> names;
  for (const Option& known : options) names.emplace_back(known.name);
  const std::string near = yaml::nearest(name, names);
  return refuse("there is no option " + name.substr(0, 40),
                near.empty() ? "" : "did you mean " + near + "?");
}

// CLI11 says which option it is about with its first word: "--seed: ...", "json was ...".
tl::unexpected<Error> too_few_or_many(const std::string& said, std::span<const Option> options) {
  std::string name = said.substr(0, said.find_first_of(": "));
  if (!name.starts_with('-')) name.insert(0, "--");
  const auto option = std::ranges::find(options, name, &Option::name);
  if (option == options.end()) return refuse(said);
  if (option->value.empty()) return refuse(name + " takes no value");
  return refuse(name + " takes a value: " + std::string(option->value));
}

}  // namespace

Result<Arguments> Arguments::parse(std::span<const std::string> words,
                                   std::span<const Option> options) {
  Arguments out;
  ::CLI::App app;
  app.set_help_flag();
  std::vector<const ::CLI::Option*> switches;
  std::vector<const ::CLI::Option*> valued;
  for (const Option& option : options) {
    const std::string name(option.name);
    if (option.value.empty()) {
      auto* const given = app.add_flag(name == "--quiet" ? "-q,--quiet" : name);
      switches.push_back(given->disable_flag_override());
    } else {
      // Read from its results: one that is bound to a vector takes what follows its value, too.
      valued.push_back(app.add_option(name)->multi_option_policy(kAll));
    }
  }
  const auto* const plain = app.add_option("words")->expected(kMany)->multi_option_policy(kAll);
  const auto given = with_empty_values({words.begin(), words.end()}, [&](const std::string& name) {
    return std::ranges::any_of(valued, [&](const auto* one) { return one->check_name(name); });
  });
  try {
    app.parse(std::vector<std::string>(given.rbegin(), given.rend()));
  } catch (const ::CLI::ExtrasError&) {
    return no_such(app.remaining().front(), options);
  } catch (const ::CLI::ArgumentMismatch& error) {
    return too_few_or_many(error.what(), options);
  } catch (const ::CLI::ParseError& error) {
    return refuse(error.what());
  }
  const auto name_of = [](const ::CLI::Option* one) { return "--" + one->get_lnames().front(); };
  for (const ::CLI::Option* one : switches) {
    if (one->count() > 0) out.values_[name_of(one)].emplace_back();
  }
  for (const ::CLI::Option* one : valued) {
    if (one->count() > 0) out.values_[name_of(one)] = one->results();
  }
  out.words_ = plain->results();
  return out;
}

std::optional<std::string> Arguments::last(std::string_view option) const {
  const auto given = values_.find(option);
  if (given == values_.end() || given->second.empty()) return std::nullopt;
  return given->second.back();
}

std::vector<std::string> Arguments::all(std::string_view option) const {
  const auto given = values_.find(option);
  return given == values_.end() ? std::vector<std::string>() : given->second;
}

Result<std::optional<std::uint64_t>> Arguments::number(std::string_view option,
                                                       std::uint64_t max) const {
  const auto text = last(option);
  if (!text) return std::optional<std::uint64_t>();
  const auto value = parse_whole(*text);
  if (!value || *value > max) {
    return refuse(std::string(option) + ": \"" + text->substr(0, 40) +
                  "\" is no whole number up to " + std::to_string(max));
  }
  return value;
}

}  // namespace shoal::sim::cli
