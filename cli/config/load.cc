// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <set>

#include "cli/config/config.h"
#include "cli/config/settings.h"
#include "proto/yaml/file.h"

namespace shoal::config {
namespace {

struct Source {
  Origin origin = Origin::kBuiltIn;
  std::string where = "built-in";
};

// The configuration as it is being put together.
struct Layers {
  Config config;
  std::map<std::string, Source, std::less<>> sources;

  void note(std::string_view key, Origin origin, std::string where) {
    sources[std::string(key)] = {origin, std::move(where)};
  }
};

tl::unexpected<Error> refuse(const std::string& what, const std::string& where,
                             const Trouble& trouble) {
  std::string place = where;
  if (trouble.line > 0) {
    place += ":" + std::to_string(trouble.line) + ":" + std::to_string(trouble.column);
  }
  return fail(Errc::kConfig, what, place + ": " + trouble.why,
              trouble.next.empty() ? "configs/peer.yaml explains every setting" : trouble.next);
}

bool is_group(const std::string& name) {
  return std::ranges::any_of(settings(),
                             [&](const Setting& s) { return s.key.starts_with(name + "."); });
}

// What may stand right below `prefix` ("" or "group.").
std::vector<std::string> names_below(const std::string& prefix) {
  std::vector<std::string> out;
  for (const auto& setting : settings()) {
    if (!setting.key.starts_with(prefix)) continue;
    const std::string rest(setting.key.substr(prefix.size()));
    out.push_back(rest.substr(0, rest.find('.')));
  }
  return out;
}

Trouble unknown_key(const Item& key, const std::string& prefix) {
  std::string next;
  if (const std::string near = nearest(key.text, names_below(prefix)); !near.empty()) {
    next = "did you mean " + near + "?";
  } else {
    for (const auto& setting : settings()) {  // the right name in the wrong place
      if (setting.key.ends_with("." + key.text)) {
        next = "it belongs under " + std::string(setting.key.substr(0, setting.key.find('.')));
      }
    }
  }
  return key.trouble("there is no setting \"" + prefix + key.text.substr(0, 60) + "\"", next);
}

class FileLayer {
 public:
  FileLayer(Layers& layers, Origin origin, std::string file)
      : layers_(layers), origin_(origin), file_(std::move(file)) {}

  std::optional<Trouble> apply(const Item& map, const std::string& prefix) {
    std::set<std::string> seen;
    for (const auto& [key, value] : map.entries) {
      const std::string full = prefix + key.text;
      if (!seen.insert(key.text).second) return key.trouble("\"" + full + "\" is set twice");
      const Setting* const setting = setting_of(full);
      if (value.kind == Item::Kind::kMap && is_group(full)) {
        if (auto wrong = apply(value, full + ".")) return wrong;
        continue;
      }
      if (setting == nullptr && is_group(full)) {
        if (value.kind == Item::Kind::kNull) continue;  // all its lines are commented out
        return value.trouble("\"" + full + "\" has settings below it, no value of its own");
      }
      if (setting == nullptr) return unknown_key(key, prefix);
      if (auto wrong = setting->set(value, layers_.config)) {
        if (wrong->line == 0 || value.kind == Item::Kind::kNull) {
          wrong->line = key.line;
          wrong->column = key.column;
        }
        wrong->why = full + ": " + wrong->why;
        return wrong;
      }
      layers_.note(full, origin_,
                   file_ + ":" + std::to_string(key.line) + ":" + std::to_string(key.column));
    }
    return std::nullopt;
  }

 private:
  Layers& layers_;
  Origin origin_;
  std::string file_;
};

Result<void> add_text(Layers& layers, std::string_view text, Origin origin,
                      const std::string& file) {
  const std::string what = "the configuration cannot be used";
  if (text.size() > limits::kConfigBytes) {
    return refuse(
        what, file,
        {0, 0, "it is larger than " + std::to_string(limits::kConfigBytes / 1024) + " KiB",
         "is it another file?"});
  }
  Item root;
  if (const auto wrong = read_outline(text, root)) return refuse(what, file, *wrong);
  if (root.kind != Item::Kind::kMap) {
    return refuse(what, file, root.trouble("lines of \"name: value\" are expected"));
  }
  if (const auto wrong = FileLayer(layers, origin, file).apply(root, "")) {
    return refuse(what, file, *wrong);
  }
  return {};
}

Result<void> add_file(Layers& layers, const std::string& path, Origin origin, bool must_exist) {
  const auto text = yaml::read_file(path, must_exist, "shoal init makes one");
  if (!text) return tl::unexpected(text.error());
  return text->has_value() ? add_text(layers, **text, origin, path) : Result<void>();
}

// A value from the environment or the command line.
Result<void> add_value(Layers& layers, const Setting& setting, const std::string& text,
                       Origin origin, const std::string& where) {
  Item value;
  if (setting.list) {
    if (auto wrong = read_outline(text.substr(0, limits::kConfigBytes), value)) {
      return refuse("the configuration cannot be used", where, *wrong);
    }
  } else {
    value.kind = Item::Kind::kScalar;
    value.text = text;
  }
  if (auto wrong = setting.set(value, layers.config)) {
    wrong->why = std::string(setting.key) + ": " + wrong->why;
    return refuse("the configuration cannot be used", where, *wrong);
  }
  layers.note(setting.key, origin, where);
  return {};
}

Loaded finish(Layers layers) {
  if (!layers.config.directory_url.empty() && !layers.sources.contains("accept")) {
    layers.config.accept = AcceptPolicy::kDirectory;
  }
  Loaded out;
  for (const auto& setting : settings()) {
    const auto found = layers.sources.find(setting.key);
    const Source source = found == layers.sources.end() ? Source() : found->second;
    out.settings.push_back(
        {std::string(setting.key), setting.show(layers.config), source.origin, source.where});
  }
  out.config = std::move(layers.config);
  return out;
}

void expand_home(std::string& path, const std::string& home) {
  if (path == "~" || path.starts_with("~/")) path = home + path.substr(1);
}

}  // namespace

std::string variable_of(std::string_view key) {
  std::string out = "SHOAL_";
  for (const char c : key) {
    out += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return out;
}

std::vector<std::string> keys() {
  std::vector<std::string> out;
  for (const auto& setting : settings()) out.emplace_back(setting.key);
  return out;
}

Result<Loaded> load_text(std::string_view text, const std::string& file) {
  Layers layers;
  if (auto added = add_text(layers, text, Origin::kFile, file); !added) {
    return tl::unexpected(added.error());
  }
  return finish(std::move(layers));
}

Result<Loaded> load(const LoadInputs& inputs) {
  Layers layers;
  auto done = add_file(layers, inputs.system_file, Origin::kSystemFile, false);
  if (done) {
    done = add_file(layers, inputs.places.config_file, Origin::kFile, inputs.places.config_given);
  }
  for (const auto& setting : settings()) {
    const std::string variable = variable_of(setting.key);
    const auto value = inputs.environment(variable.c_str());
    if (done && value) done = add_value(layers, setting, *value, Origin::kEnvironment, variable);
  }
  for (const auto& [key, value] : inputs.flags) {
    if (!done) break;
    const Setting* const setting = setting_of(key);
    if (setting == nullptr) {
      const std::string near = nearest(key, keys());
      return refuse("the configuration cannot be used", "--set",
                    {0, 0, "there is no setting \"" + key + "\"",
                     near.empty() ? "" : "did you mean " + near + "?"});
    }
    done = add_value(layers, *setting, value, Origin::kFlag, "--set " + key);
  }
  if (!done) return tl::unexpected(done.error());
  const std::string home = inputs.environment("HOME").value_or("");
  expand_home(layers.config.download_folder, home);
  expand_home(layers.config.inbox_folder, home);
  expand_home(layers.config.record_file, home);
  for (auto& share : layers.config.shares) expand_home(share, home);
  return finish(std::move(layers));
}

}  // namespace shoal::config
