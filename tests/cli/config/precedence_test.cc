// SPDX-License-Identifier: Apache-2.0
// Which layer wins, against the rule said the dumb way: the last layer that has a value.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>

#include "tests/cli/config/support.h"

namespace shoal::config {
namespace {

struct Probe {
  const char* key;
  std::array<const char*, 4> values;  ///< of the system's file, the user's, environment, flags
};
constexpr std::array kProbes{
    Probe{"name", {"ana", "luis", "marta", "rosa"}},
    Probe{"listen.port", {"7001", "7002", "7003", "0"}},
    Probe{"listen.address", {"127.0.0.2", "0.0.0.0", "::1", "127.0.0.1"}},
    Probe{"search.rule", {"classic", "deepest", "classic", "deepest"}},
    Probe{"rescan.interval", {"1m", "2m", "3m", "0"}},
    Probe{"accept", {"anyone", "listed", "directory", "anyone"}},
    Probe{"shares", {"[\"/a\"]", "[\"/b\"]", "[]", "[\"/c\", \"/d\"]"}},
    Probe{"record.file", {"/a", "/b", "", "/c"}},
    Probe{"log.level", {"debug", "warning", "error", "off"}},
};

std::string line_of(const Probe& probe, std::size_t layer) {
  const std::string key = probe.key;
  const auto dot = key.find('.');
  const std::string value = probe.values[layer];
  if (dot == std::string::npos) return key + ": " + value + "\n";
  return key.substr(0, dot) + ": {" + key.substr(dot + 1) + ": \"" + value + "\"}\n";
}

RC_GTEST_PROP(Precedence, TheLastLayerThatHasAValueWins, ()) {
  constexpr std::array kOrigins{Origin::kSystemFile, Origin::kFile, Origin::kEnvironment,
                                Origin::kFlag};
  const auto probe = *rc::gen::elementOf(std::vector<Probe>(kProbes.begin(), kProbes.end()));
  const auto given = *rc::gen::container<std::vector<bool>>(4, rc::gen::arbitrary<bool>())
                          .as("given in system file, file, environment, flags");
  const Folder folder;
  LoadInputs inputs;
  inputs.system_file = folder.file("system.yaml", given[0] ? line_of(probe, 0) : "");
  inputs.places.config_file = folder.file("user.yaml", given[1] ? line_of(probe, 1) : "");
  std::map<std::string, std::string> variables;
  if (given[2]) variables[variable_of(probe.key)] = probe.values[2];
  inputs.environment = environment_of(variables);
  if (given[3]) inputs.flags.emplace_back(probe.key, probe.values[3]);

  const auto loaded = load(inputs);
  RC_ASSERT(loaded.has_value());
  auto expected = shown(*load_text("", "f"), probe.key);
  for (std::size_t layer = 0; layer < given.size(); ++layer) {
    if (!given[layer]) continue;
    expected.value = probe.values[layer];
    expected.origin = kOrigins[layer];
  }
  const auto setting = shown(*loaded, probe.key);
  RC_ASSERT(setting.value == expected.value);
  RC_ASSERT(static_cast<int>(setting.origin) == static_cast<int>(expected.origin));
}

}  // namespace
}  // namespace shoal::config
