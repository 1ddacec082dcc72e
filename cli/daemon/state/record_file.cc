// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/state/record_file.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace shoal::daemon {
namespace {

tl::unexpected<Error> cannot(const std::string& path, int error) {
  return fail(error == ENOSPC ? Errc::kNoSpace : Errc::kIo, "cannot write the record " + path,
              std::generic_category().message(error), "choose another place with record.file");
}

}  // namespace

Result<RecordFile> RecordFile::open(const std::string& path) {
  const std::string old = path + ".old";
  if (std::rename(path.c_str(), old.c_str()) != 0 && errno != ENOENT) return cannot(path, errno);
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return cannot(path, errno);
  return RecordFile(path, fd);
}

RecordFile::RecordFile(RecordFile&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}

RecordFile::~RecordFile() {
  if (fd_ >= 0) ::close(fd_);
}

void RecordFile::append(std::string_view bytes) {
  while (fd_ >= 0 && !bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      spdlog::warn("the record ends here: {}: {}", path_, std::generic_category().message(errno));
      ::close(std::exchange(fd_, -1));
    }
  }
}

}  // namespace shoal::daemon
