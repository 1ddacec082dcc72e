// SPDX-License-Identifier: Apache-2.0
#include "tests/tidy/files.h"

#include <algorithm>
#include <array>
#include <string>

#include "tests/tidy/code.h"

namespace shoal::tidy {
namespace {

constexpr std::array<std::string_view, 28> kTopLevel = {
    // folders
    "proto", "overlay", "transfer", "bootstrap", "broker", "cli", "sim", "tests", "configs", "docs",
    ".ci",
    // project files and tool settings
    "CMakeLists.txt", "CMakePresets.json", "README.md", "ARCHITECTURE.md", "CHANGELOG.md",
    "LICENSE", "NOTICE", "Dockerfile", "go", "packages.txt", "packages-ci.txt", "buf.yaml",
    ".clang-format", ".clang-tidy", ".editorconfig", ".gitignore", ".gitattributes"};

constexpr std::array<std::string_view, 2> kScripts = {"go", ".ci/run"};

// Written in two halves, so that this file does not break its own rule.
constexpr std::array<std::array<std::string_view, 2>, 4> kMachinePaths = {
    {{"/wo", "rk/"}, {"/ro", "ot/"}, {"/tmp/", "plan"}, {"/home/", "user"}}};

bool is_cmake(std::string_view path) {
  return path.ends_with("CMakeLists.txt") || path.ends_with(".cmake");
}

bool is_script(std::string_view path) {
  return path.ends_with(".sh") || path.ends_with(".py") ||
         std::find(kScripts.begin(), kScripts.end(), path) != kScripts.end();
}

bool is_source(std::string_view path) {
  return is_cpp(path) || path.ends_with(".proto") || is_cmake(path) || is_script(path);
}

}  // namespace

Violations check_sizes(const Tree& tree) {
  Violations out;
  for (const auto& file : tree) {
    if (!is_source(file.path)) continue;
    const int cap = is_within(folder_of(file.path), "tests") ? kTestLinesMax : kLinesMax;
    const auto count = static_cast<int>(lines_of(file.text).size());
    if (count > cap) {
      out.push_back({file.path, count, "has more than " + std::to_string(cap) + " lines"});
    }
  }
  return out;
}

Violations check_licence(const Tree& tree) {
  Violations out;
  for (const auto& file : tree) {
    if (!is_source(file.path)) continue;
    const auto lines = lines_of(file.text);
    const std::size_t at = !lines.empty() && lines[0].starts_with("#!") ? 1 : 0;
    const std::string_view comment =
        is_cpp(file.path) || file.path.ends_with(".proto") ? "//" : "#";
    const std::string expected = std::string(comment) + " SPDX-License-Identifier: Apache-2.0";
    if (lines.size() <= at || lines[at] != expected) {
      out.push_back({file.path, static_cast<int>(at) + 1, "must read: " + expected});
    }
  }
  return out;
}

Violations check_top_level(const Tree& tree) {
  Violations out;
  std::string_view last;
  for (const auto& file : tree) {
    const std::string_view path = file.path;
    const std::string_view top = path.substr(0, path.find('/'));
    if (top == last) continue;
    last = top;
    if (std::find(kTopLevel.begin(), kTopLevel.end(), top) == kTopLevel.end()) {
      out.push_back({file.path, 0, std::string(top) + " is not part of the layout"});
    }
  }
  return out;
}

Violations check_wildcards(const Tree& tree) {
  Violations out;
  for (const auto& file : tree) {
    const auto lines = lines_of(file.text);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const int line = static_cast<int>(i) + 1;
      if (is_cmake(file.path) && lines[i].find("file(GLOB") != std::string_view::npos) {
        out.push_back({file.path, line, "file lists are explicit"});
      }
      if (is_cpp(file.path) && lines[i].starts_with("using namespace ") &&
          lines[i].find("literals") == std::string_view::npos) {
        out.push_back({file.path, line, "names are taken one by one"});
      }
    }
    if (!is_cpp(file.path)) continue;
    for (const auto& include : includes_of(file.text)) {
      if (include.target == "bits/stdc++.h") {
        out.push_back({file.path, include.line, "headers are included one by one"});
      }
    }
  }
  return out;
}

Violations check_guards(const Tree& tree) {
  Violations out;
  for (const auto& file : tree) {
    if (!file.path.ends_with(".h")) continue;
    const std::string code = strip_code(file.text);
    const auto first = code.find_first_not_of(" \n");
    if (first == std::string::npos || !code.substr(first).starts_with("#pragma once")) {
      out.push_back({file.path, 1, "must start with #pragma once"});
    }
  }
  return out;
}

Violations check_machine_paths(const Tree& tree) {
  Violations out;
  for (const auto& file : tree) {
    const auto lines = lines_of(file.text);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      for (const auto& halves : kMachinePaths) {
        const std::string path = std::string(halves[0]) + std::string(halves[1]);
        if (lines[i].find(path) == std::string_view::npos) continue;
        out.push_back({file.path, static_cast<int>(i) + 1, path + " exists on one machine only"});
      }
    }
  }
  return out;
}

}  // namespace shoal::tidy
