// SPDX-License-Identifier: Apache-2.0
#include "cli/client/files/new_config.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <sys/stat.h>
#include <boost/json.hpp>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "cli/config/config.h"

namespace shoal::client {
namespace {

namespace fs = std::filesystem;

// A text in JSON's quotes is one in YAML's.
std::string quoted(const std::string& text) {
  return boost::json::serialize(boost::json::string(text));
}

tl::unexpected<Error> cannot_write(const std::string& path, int error) {
  const Errc code = error == EEXIST   ? Errc::kConflict
                    : error == ENOSPC ? Errc::kNoSpace
                                      : Errc::kIo;
  return fail(code, "cannot write " + path, std::generic_category().message(error),
              "choose another place with --home or --config");
}

Result<void> make_folder(const fs::path& folder) {
  std::error_code error;
  if (folder.empty() || fs::is_directory(folder, error)) return {};
  if (auto parent = make_folder(folder.parent_path()); !parent) return parent;
  if (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return cannot_write(folder.string(), errno);
}

}  // namespace

std::string new_config(const NewConfig& wanted) {
  std::string out = config::starter_file(wanted.name, wanted.listen);
  if (!wanted.directory.empty()) {
    out += fmt::format("\ndirectory:\n  url: {}\n", quoted(wanted.directory));
  }
  if (!wanted.friends.empty()) out += "\nfriends:\n";
  for (const auto& one : wanted.friends) {
    out += fmt::format("  - url: {}\n    role: {}\n", quoted(one.url), one.role);
  }
  return out;
}

Result<void> write_new(const std::string& path, const std::string& text) {
  if (auto folder = make_folder(fs::path(path).parent_path()); !folder) return folder;
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return cannot_write(path, errno);
  const auto written = ::write(fd, text.data(), text.size());
  const int error = written < 0 ? errno : ENOSPC;
  const bool whole = written == static_cast<ssize_t>(text.size());
  if (::close(fd) == 0 && whole) return {};
  ::unlink(path.c_str());
  return cannot_write(path, whole ? errno : error);
}

}  // namespace shoal::client
