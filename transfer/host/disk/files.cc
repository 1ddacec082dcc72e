// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/disk/files.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace shoal::transfer {
namespace {

tl::unexpected<Error> failed(std::string what) {
  return tl::unexpected<Error>(os_error(errno, std::move(what)));
}

}  // namespace

void FileHandle::reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Error os_error(int errno_value, std::string what) {
  std::string why = std::generic_category().message(errno_value);
  switch (errno_value) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return {Errc::kNoSpace, std::move(what), std::move(why),
              "free some space and start it again: what is here stays"};
    case EACCES:
    case EPERM:
    case EROFS:
      return {Errc::kDenied, std::move(what), std::move(why), "look at the folder's permissions"};
    case ENOENT:
      return {Errc::kNotFound, std::move(what), std::move(why), {}};
    case EEXIST:
      return {Errc::kConflict, std::move(what), std::move(why), {}};
    case ELOOP:
    case EXDEV:
      return {Errc::kDenied, std::move(what), "a link stands in the way", "remove the link"};
    default:
      return {Errc::kIo, std::move(what), std::move(why), {}};
  }
}

Result<FileHandle> open_folder(const std::string& path) {
  FileHandle fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.open()) return failed("cannot open the folder " + path);
  return fd;
}

Result<std::string> folder_to_fetch_into(const std::string& path) {
  std::error_code error;
  const auto folder = std::filesystem::canonical(path, error);
  if (!error && std::filesystem::is_directory(folder, error)) return folder.string();
  return fail(Errc::kInvalidArgument, "cannot fetch into " + path, "it is no folder that exists",
              "make it first, or name another");
}

Result<FileHandle> open_beneath(const FileHandle& folder, const std::string& path, int flags,
                                unsigned mode) {
  open_how how{};
  how.flags = static_cast<unsigned>(flags | O_CLOEXEC | O_NONBLOCK);
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const long opened = ::syscall(SYS_openat2, folder.value(), path.c_str(), &how, sizeof how);
  FileHandle fd(static_cast<int>(opened));
  if (!fd.open()) return failed("cannot open " + path);
  struct stat about {};
  if (::fstat(fd.value(), &about) != 0) return failed("cannot open " + path);
  const bool directory = (flags & O_DIRECTORY) != 0;
  if (directory ? !S_ISDIR(about.st_mode) : !S_ISREG(about.st_mode)) {
    return fail(Errc::kDenied, "cannot open " + path, "it is no regular file", "remove it");
  }
  return fd;
}

Result<void> make_folder(const FileHandle& folder, const std::string& name) {
  if (::mkdirat(folder.value(), name.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return failed("cannot make the folder " + name);
}

Result<void> write_at(const FileHandle& file, std::uint64_t offset,
                      std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(file.value(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed("cannot write to the part file");
    offset += static_cast<std::uint64_t>(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> read_at(const FileHandle& file, std::uint64_t offset, std::span<std::uint8_t> into) {
  while (!into.empty()) {
    const ssize_t got = ::pread(file.value(), into.data(), into.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("cannot read the file");
    if (got == 0) return fail(Errc::kIo, "cannot read the file", "it is shorter than it was");
    offset += static_cast<std::uint64_t>(got);
    into = into.subspan(static_cast<std::size_t>(got));
  }
  return {};
}

Result<void> sync_file(const FileHandle& file) {
  if (::fsync(file.value()) != 0) return failed("cannot make the file durable");
  return {};
}

Result<void> sync_data(const FileHandle& file) {
  if (::fdatasync(file.value()) != 0) return failed("cannot make the part file durable");
  return {};
}

}  // namespace shoal::transfer
