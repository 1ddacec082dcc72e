// SPDX-License-Identifier: Apache-2.0
#include "tests/tidy/parts.h"

#include <algorithm>
#include <array>
#include <string>

#include "tests/tidy/code.h"

namespace shoal::tidy {
namespace {

constexpr std::array kParts = {
    Part{"transfer/host/.", ""},
    Part{"transfer/host/disk", ""},
    Part{"transfer/host/link", ""},
    Part{"transfer/host/inbox", "disk"},
    Part{"transfer/host/serve", ". disk link"},
    // Getting knows nothing of putting, nor putting of getting.
    Part{"transfer/host/download", ". disk link serve"},
    Part{"transfer/host/folder", ". disk serve download"},
    Part{"transfer/host/put", ". disk link serve inbox"},

    Part{"cli/daemon/process", ""},
    Part{"cli/daemon/state", ""},
    Part{"cli/daemon/shares", ""},
    Part{"cli/daemon/guests", "state"},
    Part{"cli/daemon/friends", "state"},
    Part{"cli/daemon/search", "state guests"},
    // Ways beside the overlays: a search knows their interface alone.
    Part{"cli/daemon/directory", "search"},
    Part{"cli/daemon/broker", "search friends"},
    Part{"cli/daemon/transfers", "process state guests friends search"},
    Part{"cli/daemon/rest", "state guests friends search directory broker shares transfers"},
    Part{"cli/daemon/.",
         "process state guests friends search directory broker shares transfers rest"},

    Part{"cli/client/context", ""},
    Part{"cli/client/files", ""},
    Part{"cli/client/output", "context"},
    Part{"cli/client/programs", "context"},
    Part{"cli/client/common", "context output files"},
    Part{"cli/client/verbs", "context output files programs common"},
    Part{"cli/client/.", "context programs verbs"},
};

std::string_view cut_folder(const Part& part) {
  return part.folder.substr(0, part.folder.rfind('/'));
}
std::string_view name_of(const Part& part) {
  return part.folder.substr(part.folder.rfind('/') + 1);
}

bool is_cut(std::string_view folder) {
  return std::any_of(kParts.begin(), kParts.end(),
                     [&](const Part& part) { return cut_folder(part) == folder; });
}

// Where a file lies, if that is in a folder that is cut: a/b and the part's name.
struct Place {
  std::string_view cut;
  std::string_view part;
};
Place place_of(std::string_view path) {
  const std::string_view folder = folder_of(path);
  if (is_cut(folder)) return {folder, "."};
  const auto slash = folder.rfind('/');
  if (slash == std::string_view::npos || !is_cut(folder.substr(0, slash))) return {};
  return {folder.substr(0, slash), folder.substr(slash + 1)};
}

const Part* row_of(const Place& place) {
  const auto found = std::find_if(kParts.begin(), kParts.end(), [&](const Part& part) {
    return cut_folder(part) == place.cut && name_of(part) == place.part;
  });
  return found == kParts.end() ? nullptr : &*found;
}

bool lists(std::string_view names, std::string_view name) {
  while (!names.empty()) {
    const auto blank = names.find(' ');
    if (names.substr(0, blank) == name) return true;
    names.remove_prefix(blank == std::string_view::npos ? names.size() : blank + 1);
  }
  return false;
}

}  // namespace

std::span<const Part> parts() { return kParts; }

Violations check_parts(const Tree& tree) {
  Violations out;
  for (const auto& file : tree) {
    if (!is_cpp(file.path)) continue;
    const Place from = place_of(file.path);
    if (from.cut.empty()) continue;
    const Part* row = row_of(from);
    if (row == nullptr) {
      out.push_back({file.path, 0, "this part has no row in tests/tidy/parts.cc"});
      continue;
    }
    for (const auto& include : includes_of(file.text)) {
      const Place to = place_of(include.target);
      if (to.cut != from.cut || to.part == from.part || lists(row->may_include, to.part)) continue;
      out.push_back({file.path, include.line,
                     std::string(row->folder) + " may not include " + include.target});
    }
  }
  return out;
}

}  // namespace shoal::tidy
