// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/page_file.h"

#include <filesystem>
#include <fstream>
#include <string_view>

namespace shoal::sim::cli {
namespace {

namespace fs = std::filesystem;

// Whether whoever names this file for a page may have meant another: an experiment, say.
bool is_something_else(const std::string& path) {
  constexpr std::string_view kBeginning = "<!DOCTYPE html>";
  std::error_code error;
  if (!fs::is_regular_file(path, error) || fs::file_size(path, error) == 0) return false;
  std::ifstream in(path, std::ios::binary);
  std::string beginning(kBeginning.size(), '\0');
  in.read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
  return beginning != kBeginning;
}

}  // namespace

Result<void> write_page(const std::string& path, const std::string& page) {
  const auto cannot = [&](const std::string& why, const std::string& next = {}) {
    return fail(Errc::kInvalidArgument, "cannot write " + path, why, next);
  };
  if (is_something_else(path)) {
    return cannot("there is such a file, and it is no page",
                  "move it away, or choose another name");
  }
  std::error_code error;
  const fs::path folder = fs::path(path).parent_path();
  if (!folder.empty()) fs::create_directories(folder, error);
  if (error) return cannot(error.message());
  const std::string fresh = path + ".new";
  {
    std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
    out << page;
    out.close();
    if (!out) {
      fs::remove(fresh, error);
      return cannot("no such folder, no right to write there, or no space");
    }
  }
  fs::rename(fresh, path, error);
  if (!error) return {};
  std::error_code ignored;
  fs::remove(fresh, ignored);
  return cannot(error.message());
}

}  // namespace shoal::sim::cli
