// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/args.h"

#include <CLI/CLI.hpp>
#include <array>
#include <map>

#include "proto/types/empty_values.h"

namespace shoal::daemon {
namespace {

struct Flag {
  std::string_view name;
  std::string_view letter;   ///< "-C"; may be empty
  std::string_view value;    ///< empty: takes none
  std::string_view setting;  ///< the setting it stands for
  std::string_view help;
};

constexpr std::array kFlags{
    Flag{"--config", "-C", "FILE", "", "the configuration; built in: shoal.yaml of this user"},
    Flag{"--home", "", "DIR", "", "one folder for configuration, data, state and socket"},
    Flag{"--socket", "", "PATH", "", "the Unix socket of the REST interface"},
    Flag{"--name", "", "NAME", "name", "what friends see"},
    Flag{"--address", "", "IP", "listen.address", "where to listen for friends"},
    Flag{"--port", "", "N", "listen.port", "on which port; 0: any"},
    Flag{"--directory", "", "URL", "directory.url", "the directory that introduces peers"},
    Flag{"--log-level", "", "LEVEL", "log.level", "debug, info, warning, error or off"},
    Flag{"--log-format", "", "FORMAT", "log.format", "text or json"},
    Flag{"--set", "", "KEY=VALUE", "", "any setting of configs/peer.yaml; may be repeated"},
    Flag{"--version", "", "", "", "print the version"},
    Flag{"--help", "-h", "", "", "print this"},
};

tl::unexpected<Error> usage(std::string why) {
  return fail(Errc::kInvalidArgument, "the command line is not understood", std::move(why),
              "shoald --help");
}

Result<void> apply(Args& args, const Flag& flag, const std::string& value) {
  if (flag.name == "--config") {
    args.places.config = value;
  } else if (flag.name == "--home") {
    args.places.home = value;
  } else if (flag.name == "--socket") {
    args.places.socket = value;
  } else if (flag.name == "--set") {
    const auto equals = value.find('=');
    if (equals == std::string::npos) return usage("--set wants KEY=VALUE, not " + value);
    args.settings.emplace_back(value.substr(0, equals), value.substr(equals + 1));
  } else {
    args.settings.emplace_back(flag.setting, value);
  }
  return {};
}

// CLI11 says which flag it is about with its first word: "--home: ...", "help was ...".
tl::unexpected<Error> too_few_or_many(const std::string& said) {
  std::string name = said.substr(0, said.find_first_of(": "));
  if (!name.starts_with('-')) name.insert(0, "--");
  for (const Flag& flag : kFlags) {
    if (flag.name != name && flag.letter != name) continue;
    return usage(flag.value.empty() ? name + " takes no value"
                                    : name + " wants " + std::string(flag.value));
  }
  return usage(said);
}

}  // namespace

Result<Args> read_args(const std::vector<std::string>& words) {
  Args args;
  CLI::App app;
  app.set_help_flag();
  std::map<const CLI::Option*, const Flag*> flag_of;
  for (const Flag& flag : kFlags) {
    std::string names(flag.name);
    if (!flag.letter.empty()) names += "," + std::string(flag.letter);
    CLI::Option* option = nullptr;
    if (flag.value.empty()) {
      bool& given = flag.name == "--help" ? args.help : args.version;
      option = app.add_flag(names, given)->disable_flag_override();
    } else {
      option =
          app.add_option(names)->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
    flag_of[option] = &flag;
  }
  const auto given = with_empty_values(words, [&](const std::string& name) {
    const CLI::Option* const option = app.get_option_no_throw(name);
    return option != nullptr && !flag_of.at(option)->value.empty();
  });
  try {
    app.parse(std::vector<std::string>(given.rbegin(), given.rend()));
  } catch (const CLI::ExtrasError&) {
    return usage("there is no " + app.remaining().front());
  } catch (const CLI::ArgumentMismatch& error) {
    return too_few_or_many(error.what());
  } catch (const CLI::ParseError& error) {
    return usage(error.what());
  }
  // Of two that say the same the later one holds, whatever they are called.
  std::map<const CLI::Option*, std::size_t> read;
  for (const CLI::Option* option : app.parse_order()) {
    const Flag& flag = *flag_of.at(option);
    if (flag.value.empty()) continue;
    if (auto done = apply(args, flag, option->results().at(read[option]++)); !done) {
      return tl::unexpected(done.error());
    }
  }
  return args;
}

std::string help_text() {
  std::string out =
      "shoald: one peer of a shoal; shares, searches and fetches files among friends\n"
      "\n"
      "usage: shoald [OPTIONS]\n"
      "\n"
      "EXAMPLES\n"
      "  shoald                                       with the configuration of this user\n"
      "  shoald --home /tmp/ana --name ana --port 0   a second peer, all its files in one folder\n"
      "  shoald --set rest=off --set search.ttl=7     any setting, over file and environment\n"
      "  SHOAL_LOG_LEVEL=debug shoald                 the same by environment\n"
      "\n"
      "OPTIONS\n";
  for (const auto& flag : kFlags) {
    std::string left = "  " + std::string(flag.name);
    if (!flag.value.empty()) left += " " + std::string(flag.value);
    left.resize(std::max<std::size_t>(left.size() + 2, 24), ' ');
    out += left + std::string(flag.help) + "\n";
  }
  return out +
         "\n"
         "It prints one line on stdout when it is up, and logs to stderr. SIGTERM and SIGINT end "
         "it\n"
         "within 5 s. Exit codes: 0 ended as asked, 1 failed, 2 usage, 9 configuration.\n";
}

}  // namespace shoal::daemon
