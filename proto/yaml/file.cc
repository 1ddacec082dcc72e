// SPDX-License-Identifier: Apache-2.0
#include "proto/yaml/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "proto/types/limits.h"

namespace shoal::yaml {

Result<std::optional<std::string>> read_file(const std::string& path, bool must_exist,
                                             const std::string& next) {
  const auto failed = [&](int error) {
    return fail(Errc::kConfig, "the configuration cannot be read",
                path + ": " + std::generic_category().message(error), next);
  };
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    const bool absent = errno == ENOENT || errno == ENOTDIR;
    if (absent && !must_exist) return std::optional<std::string>();
    return failed(errno);
  }
  struct stat status {};
  std::string text;
  int error = ::fstat(fd, &status) != 0 ? errno : S_ISDIR(status.st_mode) ? EISDIR : 0;
  // A pipe that somebody writes to is waited for; one that nobody has opened for that is empty.
  if (error == 0 && ::fcntl(fd, F_SETFL, O_RDONLY) != 0) error = errno;
  if (error == 0 && status.st_size > static_cast<off_t>(limits::kConfigBytes)) {
    text.resize(limits::kConfigBytes + 1);  // refused by its size
  }
  while (error == 0 && text.size() <= limits::kConfigBytes) {
    const std::size_t before = text.size();
    text.resize(before + 4096);
    const ssize_t got = ::read(fd, text.data() + before, 4096);
    text.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) error = errno;
    if (got <= 0) break;
  }
  ::close(fd);
  if (error != 0) return failed(error);
  return std::optional<std::string>(std::move(text));
}

}  // namespace shoal::yaml
