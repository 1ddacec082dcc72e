// SPDX-License-Identifier: Apache-2.0
#include "sim/report/command.h"

#include <algorithm>
#include <map>

namespace shoal::sim {

std::vector<Override> changed_keys(
    const std::vector<std::pair<std::string, std::string>>& shown_keys) {
  std::map<std::string, std::string> built_in;
  for (const auto& [key, value] : shown(Experiment{})) built_in[key] = value;
  std::vector<Override> out;
  for (const auto& [key, value] : shown_keys) {
    if (key.starts_with("run.") && key != "run.truth") continue;
    const auto usual = built_in.find(key);
    if (usual == built_in.end() || usual->second != value) out.emplace_back(key, value);
  }
  return out;
}

std::string quoted(const std::string& word) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._-/=,:+@%").find(c) != std::string_view::npos;
  };
  if (!word.empty() && std::ranges::all_of(word, plain)) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string set_options(const std::vector<Override>& keys) {
  std::string out;
  for (const auto& [key, value] : keys) out += " --set " + quoted(key + "=" + value);
  return out;
}

}  // namespace shoal::sim
