// SPDX-License-Identifier: Apache-2.0
#include "tests/support/reference_data.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace shoal::tests {
namespace {

namespace fs = std::filesystem;

std::optional<fs::path> folder() {
  if (const char* const named = std::getenv("SHOAL_REFERENCE_DATA"); named != nullptr) {
    return fs::is_directory(named) ? std::optional<fs::path>(named) : std::nullopt;
  }
  for (fs::path at = fs::current_path();; at = at.parent_path()) {
    if (fs::is_directory(at / "shared" / "data")) return at / "shared" / "data";
    if (at == at.parent_path()) return std::nullopt;
  }
}

// Quoted cells may hold commas.
std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      cells.emplace_back();
    } else if (c != '\r') {
      cells.back() += c;
    }
  }
  return cells;
}

}  // namespace

std::optional<std::string> reference_data(std::string_view file) {
  const auto data = folder();
  if (!data) return std::nullopt;
  const fs::path path = *data / file;
  // A folder without the file is no reason to skip.
  if (!fs::exists(path)) throw std::runtime_error(path.string() + " is missing");
  return path.string();
}

std::optional<ReferenceTable> ReferenceTable::read(std::string_view file) {
  const auto path = reference_data(file);
  if (!path) return std::nullopt;
  std::ifstream in(*path);
  ReferenceTable table;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (table.columns_.empty()) {
      table.columns_ = split(line);
    } else {
      table.cells_.push_back(split(line));
    }
  }
  return table;
}

const std::string& ReferenceTable::text(std::size_t row, std::string_view column) const {
  const auto at = std::find(columns_.begin(), columns_.end(), column);
  if (at == columns_.end()) throw std::out_of_range("no column " + std::string(column));
  return cells_.at(row).at(static_cast<std::size_t>(at - columns_.begin()));
}

double ReferenceTable::number(std::size_t row, std::string_view column) const {
  return std::stod(text(row, column));
}

}  // namespace shoal::tests
