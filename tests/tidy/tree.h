// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace shoal::tidy {

/// One text file. `path` is relative to the repository's root, with forward slashes.
struct File {
  std::string path;
  std::string text;
};

/// The files to check, ordered by path.
using Tree = std::vector<File>;

/// One broken rule. `line` counts from 1; 0 means the whole file.
struct Violation {
  std::string path;
  int line = 0;
  std::string what;
};
using Violations = std::vector<Violation>;

/// Reads every text file below `root` but version control, build output and what .gitignore names
/// at the top. A file with a NUL byte is not text and is left out.
Tree read_tree(const std::string& root);

/// The folder of `path`; empty for a file at the top.
std::string_view folder_of(std::string_view path);

/// Is `path` a C++ source or header of ours?
bool is_cpp(std::string_view path);

/// Is `folder` equal to `parent`, or below it?
bool is_within(std::string_view folder, std::string_view parent);

/// The lines of `text` without their newlines.
std::vector<std::string_view> lines_of(std::string_view text);

/// One violation a line, as a compiler would print it.
std::string show(const Violations& violations);

}  // namespace shoal::tidy
