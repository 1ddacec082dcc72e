// SPDX-License-Identifier: Apache-2.0
#include "transfer/library/hash_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include "proto/types/limits.h"

namespace shoal::transfer {
namespace {

constexpr std::size_t kReadBytes = 1 << 20;
constexpr std::uint64_t kTellEvery = 8 << 20;

tl::unexpected<Error> failed(const Met& met, int error) {
  return fail(error == EACCES ? Errc::kDenied : Errc::kIo, "cannot read " + met.relative,
              std::generic_category().message(error));
}

tl::unexpected<Error> changed(const Met& met) {
  return fail(Errc::kSourceChanged, "cannot share " + met.relative, "it changed while it was read");
}

// Whether the open file, and what its name leads to now, are still as at the start.
bool is_as_before(const Met& met, int fd, const FileStamp& stamp) {
  struct stat open_one {};
  struct stat named_one {};
  return ::fstat(fd, &open_one) == 0 && stamp_of(open_one) == stamp &&
         ::fstatat(met.folder, met.name, &named_one, AT_SYMLINK_NOFOLLOW) == 0 &&
         stamp_of(named_one) == stamp;
}

}  // namespace

Result<HashedFile> hash_file(const Met& met, const std::function<bool(std::uint64_t)>& on_bytes) {
  // O_NONBLOCK: the name may have become a FIFO since it was looked at.
  const Fd fd(
      ::openat(met.folder, met.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd) {
    if (errno == ENOENT || errno == ELOOP) return changed(met);
    return failed(met, errno);
  }
  struct stat status {};
  if (::fstat(fd.value(), &status) != 0) return failed(met, errno);
  if (!S_ISREG(status.st_mode)) {
    return fail(Errc::kInvalidArgument, "cannot share " + met.relative, "it is no regular file");
  }
  const FileStamp stamp = stamp_of(status);
  if (stamp.device != met.stamp.device) return changed(met);
  if (stamp.size > limits::kFileBytesMax) {
    return fail(Errc::kTooLarge, "cannot share " + met.relative, "it is longer than 4 TiB");
  }
  (void)::posix_fadvise(fd.value(), 0, 0, POSIX_FADV_SEQUENTIAL);  // a hint: nothing to handle
  TreeHasher hasher(stamp.size);
  std::vector<std::uint8_t> buffer(kReadBytes);
  std::uint64_t told = 0;
  for (;;) {
    const ssize_t got = ::read(fd.value(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(met, errno);
    if (got == 0) break;
    if (!hasher.update({buffer.data(), static_cast<std::size_t>(got)})) return changed(met);
    if (hasher.seen() - told < kTellEvery) continue;
    told = hasher.seen();
    if (!on_bytes(told)) return fail(Errc::kCancelled, "the scan was stopped");
  }
  if (hasher.seen() != stamp.size || !is_as_before(met, fd.value(), stamp)) return changed(met);
  return HashedFile{hasher.finish(), stamp};
}

}  // namespace shoal::transfer
