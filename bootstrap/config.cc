// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/config.h"

#include <cctype>
#include <cstdlib>
#include <set>

#include "bootstrap/settings.h"
#include "proto/yaml/file.h"
#include "proto/yaml/nearest.h"

namespace shoal::bootstrap {
namespace {

using yaml::Item;
using yaml::Trouble;

tl::unexpected<Error> refuse(const std::string& where, const Trouble& trouble) {
  std::string place = where;
  if (trouble.line > 0) {
    place += ":" + std::to_string(trouble.line) + ":" + std::to_string(trouble.column);
  }
  return fail(
      Errc::kConfig, "the configuration cannot be used", place + ": " + trouble.why,
      trouble.next.empty() ? "configs/directory.yaml explains every setting" : trouble.next);
}

std::string what_is_meant(const std::string& key) {
  const std::string near = yaml::nearest(key, keys());
  if (!near.empty()) return "did you mean " + near + "?";
  std::string all;
  for (const auto& each : keys()) all += (all.empty() ? "" : ", ") + each;
  return "there are " + all;
}

std::optional<Trouble> apply(const Item& map, Config& config) {
  std::set<std::string> seen;
  for (const auto& [key, value] : map.entries) {
    if (!seen.insert(key.text).second) return key.trouble("\"" + key.text + "\" is set twice");
    const Setting* const setting = setting_of(key.text);
    if (setting == nullptr) {
      return key.trouble("there is no setting \"" + key.text.substr(0, 60) + "\"",
                         what_is_meant(key.text));
    }
    auto wrong = setting->set(value, config);
    if (!wrong) continue;
    // What is not there has no place of its own.
    if (wrong->line == 0 || value.kind == Item::Kind::kNull) {
      wrong->line = key.line;
      wrong->column = key.column;
    }
    wrong->why = key.text + ": " + wrong->why;
    return wrong;
  }
  return std::nullopt;
}

Result<void> add_text(std::string_view text, const std::string& file, Config& config) {
  if (text.size() > limits::kConfigBytes) {
    return refuse(file,
                  {0, 0, "it is longer than " + std::to_string(limits::kConfigBytes) + " bytes",
                   "is it another file?"});
  }
  Item root;
  if (const auto wrong = yaml::read_outline(text, root)) return refuse(file, *wrong);
  if (root.kind != Item::Kind::kMap) {
    return refuse(file, root.trouble("lines of \"name: value\" are expected"));
  }
  if (const auto wrong = apply(root, config)) return refuse(file, *wrong);
  return {};
}

Result<void> add_file(const std::string& path, bool must_exist, Config& config) {
  if (path.empty()) return {};
  const auto text = yaml::read_file(path, must_exist, "give another file with --config, or none");
  if (!text) return tl::unexpected(text.error());
  return text->has_value() ? add_text(**text, path, config) : Result<void>();
}

// A value from the environment or the command line.
Result<void> add_value(const Setting& setting, const std::string& text, const std::string& where,
                       Config& config) {
  Item value;
  if (setting.list && text.empty()) {
    value.kind = Item::Kind::kNull;
  } else if (setting.list) {
    if (auto wrong = yaml::read_outline(text.substr(0, limits::kConfigBytes), value)) {
      return refuse(where, *wrong);
    }
  } else {
    value.kind = Item::Kind::kScalar;
    value.text = text;
  }
  auto wrong = setting.set(value, config);
  if (!wrong) return {};
  wrong->why = std::string(setting.key) + ": " + wrong->why;
  return refuse(where, *wrong);
}

// A folder of the user's by the XDG rules; empty when there is no HOME.
std::string folder_of(const Environment& environment, const char* xdg, const std::string& below) {
  const std::string set = environment(xdg).value_or("");
  if (set.starts_with('/')) return set;
  const std::string home = environment("HOME").value_or("");
  return home.empty() ? "" : home + below;
}

Result<void> add_files(const LoadInputs& inputs, Config& config) {
  if (auto done = add_file(inputs.system_file, false, config); !done) return done;
  const std::string given =
      inputs.file.empty() ? inputs.environment("SHOAL_DIRECTORY_CONFIG").value_or("") : inputs.file;
  if (!given.empty()) return add_file(given, true, config);
  const std::string folder = folder_of(inputs.environment, "XDG_CONFIG_HOME", "/.config");
  return add_file(folder.empty() ? "" : folder + "/shoal/directory.yaml", false, config);
}

}  // namespace

Environment process_environment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

std::vector<std::string> keys() {
  std::vector<std::string> out;
  for (const auto& setting : settings()) out.emplace_back(setting.key);
  return out;
}

std::string variable_of(std::string_view key) {
  std::string out = "SHOAL_";
  for (const char c : key) out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

Result<Config> load_text(std::string_view text, const std::string& file) {
  Config config;
  if (auto added = add_text(text, file, config); !added) return tl::unexpected(added.error());
  return config;
}

Result<Config> load(const LoadInputs& inputs) {
  Config config;
  auto done = add_files(inputs, config);
  for (const auto& setting : settings()) {
    const std::string variable = variable_of(setting.key);
    const auto value = inputs.environment(variable.c_str());
    if (done && value) done = add_value(setting, *value, variable, config);
  }
  for (const auto& [key, value] : inputs.flags) {
    if (!done) break;
    const Setting* const setting = setting_of(key);
    if (setting == nullptr) {
      return refuse(
          "--set", {0, 0, "there is no setting \"" + key.substr(0, 60) + "\"", what_is_meant(key)});
    }
    done = add_value(*setting, value, "--set " + key, config);
  }
  if (!done) return tl::unexpected(done.error());
  const std::string home = inputs.environment("HOME").value_or("");
  if (config.data.starts_with("~/")) {
    if (home.empty()) return refuse("data", {0, 0, "HOME is not set", "begin it with /"});
    config.data = home + config.data.substr(1);
  }
  if (config.data.empty()) {
    const std::string folder = folder_of(inputs.environment, "XDG_DATA_HOME", "/.local/share");
    if (!folder.empty()) config.data = folder + "/shoal-directory";
  }
  return config;
}

}  // namespace shoal::bootstrap
