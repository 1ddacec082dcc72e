// SPDX-License-Identifier: Apache-2.0
// Reading experiments: a strict file, then overrides.
#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <set>
#include <system_error>

#include "proto/types/limits.h"
#include "proto/yaml/nearest.h"
#include "proto/yaml/outline.h"
#include "sim/experiment/settings.h"

namespace shoal::sim {
namespace {

using yaml::Item;
using yaml::Trouble;
using Rows = std::vector<Setting>;

tl::unexpected<Error> refuse(const std::string& place, const Trouble& trouble) {
  std::string where = place;
  if (trouble.line > 0) {
    where += ":" + std::to_string(trouble.line) + ":" + std::to_string(trouble.column);
  }
  return fail(Errc::kInvalidArgument, "the experiment cannot be used", where + ": " + trouble.why,
              trouble.next.empty() ? "`shoal-sim help keys` explains every key" : trouble.next);
}

// It may be no experiment at all; most likely it is then a graph.
tl::unexpected<Error> refuse_whole(const std::string& file, Trouble trouble) {
  if (!file.ends_with(".yaml") && !file.ends_with(".yml")) {
    trouble.next = "an edge list is given as --set topology.file=" + file;
  }
  return refuse(file, trouble);
}

const Setting* find(const Rows& rows, const std::string& key) {
  const auto found = std::ranges::find(rows, key, &Setting::key);
  return found == rows.end() ? nullptr : &*found;
}

bool is_section(const Rows& rows, const std::string& name) {
  return std::ranges::any_of(rows, [&](const Setting& s) { return s.key.starts_with(name + "."); });
}

// A name nobody knows: what is spelled like it, or where it belongs.
std::string meant(const Rows& rows, const std::string& key) {
  std::vector<std::string> names;
  const std::size_t dot = key.find('.');
  for (const auto& row : rows) {
    if (row.key.ends_with("." + key.substr(dot == std::string::npos ? 0 : dot + 1))) {
      return "did you mean " + row.key + "?";
    }
    names.push_back(row.key);
    names.push_back(row.key.substr(0, row.key.find('.')));
  }
  const std::string near = yaml::nearest(key, names);
  return near.empty() ? "" : "did you mean " + near + "?";
}

std::optional<Trouble> apply(const Rows& rows, const Item& map, const std::string& prefix) {
  std::set<std::string> seen;
  for (const auto& [key, value] : map.entries) {
    const std::string full = prefix + key.text;
    if (!seen.insert(key.text).second) return key.trouble("\"" + full + "\" is set twice");
    const Setting* const row = find(rows, full);
    if (row == nullptr && is_section(rows, full)) {
      if (value.kind == Item::Kind::kNull) continue;  // all its lines are commented out
      if (value.kind != Item::Kind::kMap) {
        return value.trouble("\"" + full + "\" has keys below it, no value of its own");
      }
      if (auto wrong = apply(rows, value, full + ".")) return wrong;
      continue;
    }
    if (row == nullptr) {
      return key.trouble("there is no key \"" + full.substr(0, 80) + "\"", meant(rows, full));
    }
    if (auto wrong = row->set(value)) {
      if (wrong->line == 0 || value.kind == Item::Kind::kNull) {
        wrong->line = key.line;
        wrong->column = key.column;
      }
      wrong->why = full + ": " + wrong->why;
      return wrong;
    }
  }
  return std::nullopt;
}

Result<void> apply_override(const Rows& rows, const Override& change) {
  const std::string where = "--set " + change.first;
  const Setting* const row = find(rows, change.first);
  if (row == nullptr) {
    return refuse(where, {0, 0, "there is no key \"" + change.first.substr(0, 80) + "\"",
                          meant(rows, change.first)});
  }
  Item value;
  value.kind = Item::Kind::kScalar;
  value.text = change.second;
  if (auto wrong = row->set(value)) return refuse(where, *wrong);
  return {};
}

}  // namespace

Result<Experiment> parse_experiment(std::string_view text, const std::string& file,
                                    const std::vector<Override>& overrides) {
  if (text.size() > limits::kConfigBytes) {
    return refuse_whole(
        file,
        {0, 0, "it is larger than " + std::to_string(limits::kConfigBytes / 1024) + " KiB", {}});
  }
  Item root;
  if (const auto wrong = yaml::read_outline(text, root)) return refuse_whole(file, *wrong);
  if (root.kind != Item::Kind::kMap) {
    return refuse_whole(file, root.trouble("lines of \"name: value\" are expected"));
  }
  Experiment experiment;
  const Rows rows = settings_of(experiment);
  if (const auto wrong = apply(rows, root, "")) return refuse(file, *wrong);
  for (const Override& change : overrides) {
    if (auto done = apply_override(rows, change); !done) return tl::unexpected(done.error());
  }
  return experiment;
}

Result<Experiment> load_experiment(const std::string& path,
                                   const std::vector<Override>& overrides) {
  if (path.empty()) return parse_experiment("", "built-in values", overrides);
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::string text;
  if (in) {
    text.resize(limits::kConfigBytes + 1);
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
  }
  if (!in.is_open() || in.bad() || (in.fail() && !in.eof())) {
    const std::string why = std::generic_category().message(errno == 0 ? EISDIR : errno);
    return fail(Errc::kNotFound, "the experiment cannot be read", path + ": " + why,
                "configs/sim has examples");
  }
  return parse_experiment(text, path, overrides);
}

std::vector<KeyHelp> keys_of_experiments() {
  Experiment experiment;
  std::vector<KeyHelp> out;
  for (const Setting& row : settings_of(experiment)) {
    out.push_back({row.key, row.values, row.show(), row.doc});
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> shown(const Experiment& experiment) {
  Experiment copy = experiment;
  std::vector<std::pair<std::string, std::string>> out;
  for (const Setting& row : settings_of(copy)) out.emplace_back(row.key, row.show());
  return out;
}

}  // namespace shoal::sim
