// SPDX-License-Identifier: Apache-2.0
#include "tests/tidy/tree.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

namespace shoal::tidy {
namespace {

// What .gitignore and .git name; none of it is part of the repository.
constexpr std::array<std::string_view, 6> kSkipped = {".git",  "build",  "out",
                                                      "shoal", ".cache", "node_modules"};

}  // namespace

Tree read_tree(const std::string& root) {
  namespace fs = std::filesystem;
  Tree tree;
  for (auto it = fs::recursive_directory_iterator(root); it != fs::recursive_directory_iterator();
       ++it) {
    const std::string path = it->path().lexically_relative(root).generic_string();
    if (it.depth() == 0 && std::find(kSkipped.begin(), kSkipped.end(), path) != kSkipped.end()) {
      it.disable_recursion_pending();
      continue;
    }
    if (!it->is_regular_file() || it->is_symlink()) continue;
    std::ifstream in(it->path(), std::ios::binary);
    std::string text(it->file_size(), '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.find('\0') != std::string::npos) continue;
    tree.push_back({path, std::move(text)});
  }
  std::sort(tree.begin(), tree.end(), [](const File& a, const File& b) { return a.path < b.path; });
  return tree;
}

std::string_view folder_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

bool is_cpp(std::string_view path) { return path.ends_with(".h") || path.ends_with(".cc"); }

bool is_within(std::string_view folder, std::string_view parent) {
  return folder.starts_with(parent) &&
         (folder.size() == parent.size() || folder[parent.size()] == '/');
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::string show(const Violations& violations) {
  std::string out;
  for (const auto& v : violations) {
    out += v.path + ":" + std::to_string(v.line) + ": " + v.what + "\n";
  }
  return out;
}

}  // namespace shoal::tidy
