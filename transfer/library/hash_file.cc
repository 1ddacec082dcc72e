// SPDX-License-Identifier: Apache-2.0
#include "transfer/library/hash_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
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

}  // namespace

tl::unexpected<Error> changed_meanwhile(const std::string& relative) {
  return fail(Errc::kSourceChanged, "cannot share " + relative, "it changed while it was read");
}

bool is_as_it_was(const Met& met, int fd, const FileStamp& stamp) {
  struct stat open_one {};
  struct stat named_one {};
  return ::fstat(fd, &open_one) == 0 && stamp_of(open_one) == stamp &&
         ::fstatat(met.folder, met.name, &named_one, AT_SYMLINK_NOFOLLOW) == 0 &&
         stamp_of(named_one) == stamp;
}

Result<OpenedFile> open_to_hash(const Met& met) {
  // O_NONBLOCK: the name may have become a FIFO since it was looked at.
  Fd fd(::openat(met.folder, met.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd) {
    if (errno == ENOENT || errno == ELOOP) return changed_meanwhile(met.relative);
    return failed(met, errno);
  }
  struct stat status {};
  if (::fstat(fd.value(), &status) != 0) return failed(met, errno);
  if (!S_ISREG(status.st_mode)) {
    return fail(Errc::kInvalidArgument, "cannot share " + met.relative, "it is no regular file");
  }
  const FileStamp stamp = stamp_of(status);
  if (stamp.device != met.stamp.device) return changed_meanwhile(met.relative);
  if (stamp.size > limits::kFileBytesMax) {
    return fail(Errc::kTooLarge, "cannot share " + met.relative, "it is longer than 4 TiB");
  }
  (void)::posix_fadvise(fd.value(), 0, 0, POSIX_FADV_SEQUENTIAL);  // a hint: nothing to handle
  return OpenedFile{std::move(fd), stamp};
}

Result<std::size_t> read_some(const Met& met, int fd, std::uint64_t offset,
                              std::span<std::uint8_t> into) {
  for (;;) {
    const ssize_t got = ::pread(fd, into.data(), into.size(), static_cast<off_t>(offset));
    if (got > 0) return static_cast<std::size_t>(got);
    if (got == 0) return changed_meanwhile(met.relative);
    if (errno != EINTR) return failed(met, errno);
  }
}

Result<HashedFile> hash_file(const Met& met, const std::function<bool(std::uint64_t)>& on_bytes) {
  const auto opened = open_to_hash(met);
  if (!opened) return tl::unexpected(opened.error());
  const FileStamp& stamp = opened->stamp;
  TreeHasher hasher(stamp.size);
  std::vector<std::uint8_t> buffer(kReadBytes);
  std::uint64_t told = 0;
  while (hasher.seen() < stamp.size) {
    const auto want = std::min<std::uint64_t>(buffer.size(), stamp.size - hasher.seen());
    const auto got = read_some(met, opened->fd.value(), hasher.seen(),
                               {buffer.data(), static_cast<std::size_t>(want)});
    if (!got) return tl::unexpected(got.error());
    if (!hasher.update({buffer.data(), *got})) return changed_meanwhile(met.relative);
    if (hasher.seen() - told < kTellEvery) continue;
    told = hasher.seen();
    if (!on_bytes(told)) return fail(Errc::kCancelled, "the scan was stopped");
  }
  if (!is_as_it_was(met, opened->fd.value(), stamp)) return changed_meanwhile(met.relative);
  return HashedFile{hasher.finish(), stamp};
}

}  // namespace shoal::transfer
