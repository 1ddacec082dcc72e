// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <ostream>
#include <string>

#include "sim/cli/verbs.h"

namespace shoal::sim::cli {
namespace {

constexpr std::size_t kColumns = 96;

// `text` in lines of at most kColumns, each behind a margin.
std::string wrapped(std::string_view text, std::size_t margin) {
  std::string out;
  std::string line;
  while (!text.empty()) {
    const std::size_t blank = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, blank);
    if (!line.empty() && margin + line.size() + 1 + word.size() > kColumns) {
      out += std::string(margin, ' ') + line + "\n";
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += word;
    text.remove_prefix(std::min(blank + 1, text.size()));
  }
  return out + std::string(margin, ' ') + line + "\n";
}

std::string padded(std::string_view text, std::size_t width) {
  std::string out(text);
  out.resize(std::max(width, out.size() + 2), ' ');
  return out;
}

std::string keys_page() {
  std::string out =
      "Keys of experiments: in a file by section, or one by one as --set KEY=VALUE.\n"
      "Times are written 500us, 20ms, 1.5s, 5m, 2h or 1d.\n";
  std::string section;
  for (const KeyHelp& key : keys_of_experiments()) {
    const std::string of = key.key.substr(0, key.key.find('.'));
    if (of != section) out += "\n" + (section = of) + "\n";
    out += "  " + key.key + " = " + (key.built_in.empty() ? "(nothing)" : key.built_in) + "\n";
    out += wrapped(key.doc, 6);
    out += wrapped("Takes: " + key.values, 6);
  }
  return out;
}

}  // namespace

std::string overview() {
  std::string out =
      "shoal-sim: design, check and explain overlays, with up to millions of simulated peers.\n\n";
  for (const Verb& verb : verbs())
    out += "  " + padded(verb.name, 10) + std::string(verb.summary) + "\n";
  return out +
         "\nexamples\n"
         "  shoal-sim run configs/sim/flood.yaml --seed 42\n"
         "  shoal-sim run --set topology.peers=1e5 --set overlay.ttl=7 --json\n"
         "  shoal-sim help keys        every key of an experiment\n"
         "\nexit codes: 0 ok, 1 failed (or a regression was found), 2 what was asked for is not "
         "possible\n";
}

std::string page_of(const Verb& verb) {
  std::string out = "shoal-sim " + std::string(verb.name);
  if (!verb.usage.empty()) out += " " + std::string(verb.usage);
  out += "\n\n" + wrapped(verb.summary, 2);
  if (!verb.example.empty()) out += "\nexample\n  " + std::string(verb.example) + "\n";
  if (!verb.options.empty()) out += "\noptions\n";
  for (const Option& option : verb.options) {
    std::string name(option.name);
    if (!option.value.empty()) name += " " + std::string(option.value);
    out += "  " + padded(name, 22) + std::string(option.doc) + "\n";
  }
  return out;
}

Result<int> help_verb(World& world, const Arguments& arguments) {
  if (arguments.words().empty()) {
    world.out << overview();
    return 0;
  }
  const std::string& subject = arguments.words().front();
  if (subject == "keys") {
    world.out << keys_page();
    return 0;
  }
  const Verb* const verb = find_verb(subject);
  if (verb == nullptr) {
    return fail(Errc::kInvalidArgument, "there is no help for " + subject.substr(0, 40), {},
                "`shoal-sim help` lists the verbs, `shoal-sim help keys` the keys");
  }
  world.out << page_of(*verb);
  return 0;
}

Result<int> version_verb(World& world, const Arguments&) {
  world.out << "shoal-sim " SHOAL_VERSION "\n";
  return 0;
}

}  // namespace shoal::sim::cli
