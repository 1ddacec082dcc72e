// SPDX-License-Identifier: Apache-2.0
#include "transfer/library/shared_file.h"

#include <linux/magic.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace shoal::transfer {

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

FileStamp stamp_of(const struct stat& status) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  return {static_cast<std::uint64_t>(status.st_dev), static_cast<std::uint64_t>(status.st_ino),
          static_cast<std::uint64_t>(status.st_size),
          std::int64_t{status.st_mtim.tv_sec} * kSecond + std::int64_t{status.st_mtim.tv_nsec}};
}

Result<void> SharedFile::recheck() const {
  struct stat status {};
  if (::fstat(fd.value(), &status) != 0) {
    return fail(Errc::kIo, "cannot look at " + name, std::generic_category().message(errno));
  }
  if (stamp_of(status) == stamp) return {};
  return fail(Errc::kSourceChanged, name + " is not served any more",
              "it was edited since it was shared", "a rescan shares it as it is now");
}

Result<void> SharedFile::read_at(std::uint64_t offset, std::span<std::uint8_t> bytes) const {
  while (!bytes.empty()) {
    const ssize_t got = ::pread(fd.value(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      return fail(Errc::kIo, "cannot read " + name, std::generic_category().message(errno));
    if (got == 0) {
      return fail(Errc::kSourceChanged, name + " is not served any more", "it became shorter",
                  "a rescan shares it as it is now");
    }
    offset += static_cast<std::uint64_t>(got);
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
  return {};
}

// RWF_NOWAIT, see preadv2(2): files in the page cache. A tmpfs does not know it, and has no disk.
Result<bool> SharedFile::read_now(std::uint64_t offset, std::span<std::uint8_t> bytes) const {
  const iovec into{bytes.data(), bytes.size()};
  const ssize_t got = ::preadv2(fd.value(), &into, 1, static_cast<off_t>(offset), RWF_NOWAIT);
  if (got == static_cast<ssize_t>(bytes.size())) return true;
  if (got >= 0 || errno != EOPNOTSUPP) return false;
  struct statfs system {};
  if (::fstatfs(fd.value(), &system) != 0 || system.f_type != TMPFS_MAGIC) return false;
  if (auto read = read_at(offset, bytes); !read) return tl::unexpected(read.error());
  return true;
}

}  // namespace shoal::transfer
