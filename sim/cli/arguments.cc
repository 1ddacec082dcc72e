// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/arguments.h"

#include <algorithm>

#include "proto/yaml/nearest.h"
#include "sim/experiment/setting.h"

namespace shoal::sim::cli {
namespace {

const std::string kQuiet = "--quiet";

tl::unexpected<Error> refuse(std::string why, std::string next = {}) {
  return fail(Errc::kInvalidArgument, "the command line is wrong", std::move(why), std::move(next));
}

}  // namespace

Result<Arguments> Arguments::parse(std::span<const std::string> words,
                                   std::span<const Option> options) {
  Arguments out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i] == "-q" ? kQuiet : words[i];
    if (word == "--") {
      out.words_.insert(out.words_.end(), words.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                        words.end());
      break;
    }
    if (!word.starts_with('-') || word == "-") {
      out.words_.push_back(word);
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const auto option = std::ranges::find(options, name, &Option::name);
    if (option == options.end()) {
      std::vector<std::string> names;
      for (const Option& known : options) names.emplace_back(known.name);
      const std::string near = yaml::nearest(name, names);
      return refuse("there is no option " + name.substr(0, 40),
                    near.empty() ? "" : "did you mean " + near + "?");
    }
    if (option->value.empty()) {
      if (equals != std::string::npos) return refuse(name + " takes no value");
      out.options_.emplace_back(name, "");
    } else if (equals != std::string::npos) {
      out.options_.emplace_back(name, word.substr(equals + 1));
    } else if (i + 1 < words.size()) {
      out.options_.emplace_back(name, words[++i]);
    } else {
      return refuse(name + " takes a value: " + std::string(option->value));
    }
  }
  return out;
}

std::optional<std::string> Arguments::last(std::string_view option) const {
  const auto given = all(option);
  if (given.empty()) return std::nullopt;
  return given.back();
}

std::vector<std::string> Arguments::all(std::string_view option) const {
  std::vector<std::string> out;
  for (const auto& [name, value] : options_) {
    if (name == option) out.push_back(value);
  }
  return out;
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
