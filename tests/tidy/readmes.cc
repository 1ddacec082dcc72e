// SPDX-License-Identifier: Apache-2.0
#include "tests/tidy/readmes.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/tidy/code.h"

namespace shoal::tidy {
namespace {

// A word in backticks.
struct Word {
  std::string_view text;
  int line = 0;
  bool is_row = false;  ///< it stands in the first column of a table of files
};

void add_words(std::string_view text, int line, bool is_row, std::vector<Word>& out) {
  while (true) {
    const auto open = text.find('`');
    const auto close = open == std::string_view::npos ? open : text.find('`', open + 1);
    if (close == std::string_view::npos) return;
    std::string_view quoted = text.substr(open + 1, close - open - 1);
    while (!quoted.empty()) {
      const auto end = quoted.find_first_of(" ,");
      if (end != 0) out.push_back({quoted.substr(0, end), line, is_row});
      quoted.remove_prefix(end == std::string_view::npos ? quoted.size() : end + 1);
    }
    text.remove_prefix(close + 1);
  }
}

std::vector<Word> words_of(std::string_view readme) {
  std::vector<Word> out;
  bool in_example = false;
  bool in_table = false;
  int number = 0;
  for (const auto line : lines_of(readme)) {
    ++number;
    if (line.starts_with("```")) in_example = !in_example;
    if (in_example || line.starts_with("```")) continue;
    in_table = line.starts_with("| file |") || (in_table && line.starts_with('|'));
    const auto column = in_table ? std::min(line.find(" |", 1), line.size()) : 0;
    add_words(line.substr(0, column), number, true, out);
    add_words(line.substr(column), number, false, out);
  }
  return out;
}

std::string_view stem_of(std::string_view name) {
  return is_cpp(name) ? name.substr(0, name.rfind('.')) : name;
}

bool names(std::string_view word, std::string_view file) {
  if (word.find('*') != std::string_view::npos) return matches(file, word);
  return word == file || stem_of(word) == stem_of(file);
}

// What lies right in a folder: files, and folders with a slash at their end.
using Folders = std::map<std::string_view, std::vector<std::string_view>>;
Folders folders_of(const Tree& tree) {
  Folders out;
  for (const auto& file : tree) {
    std::string_view path = file.path;
    std::string_view folder = folder_of(path);
    out[folder].push_back(path.substr(folder.empty() ? 0 : folder.size() + 1));
  }
  return out;
}

void check_words(const File& readme, const Folders& folders, Violations& out) {
  const std::string_view folder = folder_of(readme.path);
  const auto& files = folders.at(folder);
  const auto words = words_of(readme.text);
  for (const auto file : files) {
    const bool named = std::any_of(words.begin(), words.end(),
                                   [&](const Word& word) { return names(word.text, file); });
    if (is_cpp(file) && !named) {
      out.push_back({readme.path, 0, "does not name " + std::string(file)});
    }
  }
  for (const auto& word : words) {
    if (!word.is_row) continue;
    std::string_view name = word.text;
    if (name.ends_with('/')) name.remove_suffix(1);
    const bool there =
        folders.contains(std::string(folder) + "/" + std::string(name)) ||
        std::any_of(files.begin(), files.end(), [&](auto file) { return names(name, file); });
    if (!there) {
      out.push_back({readme.path, word.line, std::string(name) + " is not in this folder"});
    }
  }
}

}  // namespace

Violations check_readmes(const Tree& tree) {
  const Folders folders = folders_of(tree);
  Violations out;
  for (const auto& [folder, files] : folders) {
    if (folder.empty() || is_within(folder, "tests")) continue;
    if (std::none_of(files.begin(), files.end(), [](auto file) { return is_cpp(file); })) continue;
    const std::string path = std::string(folder) + "/README.md";
    const auto readme =
        std::find_if(tree.begin(), tree.end(), [&](const File& file) { return file.path == path; });
    if (readme == tree.end()) {
      out.push_back({path, 0, "is missing"});
      continue;
    }
    const auto lines = static_cast<int>(lines_of(readme->text).size());
    if (lines > kReadmeLinesMax) out.push_back({path, lines, "is longer than a screen"});
    check_words(*readme, folders, out);
  }
  return out;
}

Violations check_named_paths(const Tree& tree) {
  std::set<std::string_view> known;
  for (const auto& file : tree) known.insert(file.path);
  Violations out;
  for (const auto& file : tree) {
    if (!file.path.ends_with(".md")) continue;
    const std::string folder(folder_of(file.path));
    for (const auto& word : words_of(file.text)) {
      const bool is_path = word.text.find('/') != std::string_view::npos && is_cpp(word.text) &&
                           word.text.find_first_of("*{<") == std::string_view::npos;
      if (!is_path || known.contains(word.text)) continue;
      if (known.contains(folder + "/" + std::string(word.text))) continue;
      out.push_back({file.path, word.line, std::string(word.text) + " is not there"});
    }
  }
  return out;
}

}  // namespace shoal::tidy
