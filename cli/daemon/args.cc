// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/args.h"

#include <array>

namespace shoal::daemon {
namespace {

struct Flag {
  std::string_view name;
  std::string_view value;    ///< empty: takes none
  std::string_view setting;  ///< the setting it stands for
  std::string_view help;
};

constexpr std::array kFlags{
    Flag{"--config", "FILE", "", "the configuration; built in: shoal.yaml of this user"},
    Flag{"--home", "DIR", "", "one folder for configuration, data, state and socket"},
    Flag{"--socket", "PATH", "", "the Unix socket of the REST interface"},
    Flag{"--name", "NAME", "name", "what friends see"},
    Flag{"--address", "IP", "listen.address", "where to listen for friends"},
    Flag{"--port", "N", "listen.port", "on which port; 0: any"},
    Flag{"--directory", "URL", "directory.url", "the directory that introduces peers"},
    Flag{"--log-level", "LEVEL", "log.level", "debug, info, warning, error or off"},
    Flag{"--log-format", "FORMAT", "log.format", "text or json"},
    Flag{"--set", "KEY=VALUE", "", "any setting of configs/peer.yaml; may be repeated"},
    Flag{"--version", "", "", "print the version"},
    Flag{"--help", "", "", "print this"},
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

}  // namespace

Result<Args> read_args(const std::vector<std::string>& words) {
  Args args;
  for (std::size_t at = 0; at < words.size(); ++at) {
    std::string name = words[at];
    if (name == "-h") name = "--help";
    if (name == "-C") name = "--config";
    const auto equals = name.find('=');
    const bool joined = name.starts_with("--") && equals != std::string::npos;
    const std::string value = joined ? name.substr(equals + 1) : "";
    if (joined) name.resize(equals);
    const Flag* found = nullptr;
    for (const auto& flag : kFlags) {
      if (flag.name == name) found = &flag;
    }
    if (found == nullptr) return usage("there is no " + name);
    if (found->value.empty()) {
      if (joined) return usage(name + " takes no value");
      args.help = args.help || name == "--help";
      args.version = args.version || name == "--version";
      continue;
    }
    if (!joined && at + 1 == words.size()) {
      return usage(name + " wants " + std::string(found->value));
    }
    if (auto done = apply(args, *found, joined ? value : words[++at]); !done) {
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
