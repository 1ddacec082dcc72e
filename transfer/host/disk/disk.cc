// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/disk/disk.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <limits>
#include <optional>
#include <utility>

#include "transfer/host/disk/files.h"
#include "transfer/host/disk/write_watch.h"

namespace shoal::transfer {
namespace {

tl::unexpected<Error> failed(std::string what) {
  return tl::unexpected<Error>(os_error(errno, std::move(what)));
}

class RealFile final : public DiskFile {
 public:
  explicit RealFile(FileHandle file) : file_(std::move(file)) {}

  [[nodiscard]] Result<std::uint64_t> size() const override {
    struct stat about {};
    if (::fstat(file_.value(), &about) != 0) return failed("cannot read the part file");
    return static_cast<std::uint64_t>(about.st_size);
  }
  Result<void> read(std::uint64_t offset, std::span<std::uint8_t> into) const override {
    return read_at(file_, offset, into);
  }
  Result<void> write(std::uint64_t offset, std::span<const std::uint8_t> bytes) override {
    return write_at(file_, offset, bytes);
  }
  Result<void> cut(std::uint64_t length) override {
    if (::ftruncate(file_.value(), static_cast<off_t>(length)) == 0) return {};
    return failed("cannot cut the part file");
  }
  Result<void> reserve(std::uint64_t offset, std::uint64_t length) override {
    // Not posix_fallocate, which writes all the zeros where it cannot reserve.
    while (::fallocate(file_.value(), 0, static_cast<off_t>(offset), static_cast<off_t>(length)) !=
           0) {
      if (errno == EOPNOTSUPP || errno == ENOSYS) return {};
      if (errno != EINTR) return failed("cannot reserve room for the part file");
    }
    return {};
  }
  Result<void> sync() override { return sync_data(file_); }
  bool touched() override { return (ear_ && ear_->heard()) | has_new_holes(); }
  void listen() { ear_.emplace(file_); }

 private:
  // All room of a part file is taken before it is written to: who cut it left a hole. A file system
  // that packs bytes looks like that, too, so it is told once.
  bool has_new_holes() {
    struct stat about {};
    if (::fstat(file_.value(), &about) != 0) return true;
    const bool holes = about.st_blocks * 512 < about.st_size;
    return !std::exchange(holes_, holes) && holes;
  }

  FileHandle file_;
  std::optional<WriteWatch::Ear> ear_;  ///< goes before the file
  bool holes_ = false;
};

Result<std::unique_ptr<DiskFile>> wrap(Result<FileHandle> file, bool listens = false) {
  if (!file) return tl::unexpected<Error>(file.error());
  auto real = std::make_unique<RealFile>(std::move(*file));
  if (listens) real->listen();
  return real;
}

class RealFolder final : public DiskFolder {
 public:
  RealFolder(FileHandle folder, FileHandle parts)
      : folder_(std::move(folder)), parts_(std::move(parts)) {}

  Result<std::unique_ptr<DiskFile>> open_part(const std::string& name, bool make) override {
    // What becomes the user's file has the modes that the umask leaves; until then its folder,
    // which is the owner's alone, keeps others out.
    return wrap(open_beneath(parts_, name, make ? O_RDWR | O_CREAT : O_RDONLY, 0666), make);
  }

  Result<std::unique_ptr<DiskFile>> open_alone(const std::string& name) override {
    for (int tries = 0; tries < 100; ++tries) {
      auto file = open_beneath(parts_, name, O_RDWR | O_CREAT);
      if (!file) return tl::unexpected<Error>(file.error());
      if (::flock(file->value(), LOCK_EX | LOCK_NB) != 0) break;
      // Between the two calls whoever had it may have removed it: a lock on a file without a name
      // keeps nobody away.
      struct stat about {};
      if (::fstat(file->value(), &about) == 0 && about.st_nlink != 0) return wrap(std::move(file));
    }
    return fail(Errc::kConflict, "cannot fetch into this folder",
                "another process fetches the same content there", "wait for it");
  }

  Result<std::unique_ptr<DiskFile>> open_placed(const std::string& name) override {
    return wrap(open_beneath(folder_, name, O_RDONLY));
  }
  [[nodiscard]] bool is_taken(const std::string& name) const override {
    struct stat about {};
    return ::fstatat(folder_.value(), name.c_str(), &about, AT_SYMLINK_NOFOLLOW) == 0;
  }
  Result<void> place(const std::string& part, const std::string& name) override {
    if (::renameat2(parts_.value(), part.c_str(), folder_.value(), name.c_str(),
                    RENAME_NOREPLACE) == 0) {
      return {};
    }
    return failed("cannot name the file " + name);
  }
  [[nodiscard]] bool has_part(const std::string& name) const override {
    struct stat about {};
    return ::fstatat(parts_.value(), name.c_str(), &about, AT_SYMLINK_NOFOLLOW) == 0;
  }
  void remove_part(const std::string& name) override {
    ::unlinkat(parts_.value(), name.c_str(), 0);
  }
  Result<void> sync_parts() override { return sync_file(parts_); }
  Result<void> sync_placed() override { return sync_file(folder_); }

  [[nodiscard]] std::uint64_t free_bytes() const override {
    struct statvfs about {};
    if (::fstatvfs(parts_.value(), &about) != 0 || about.f_blocks == 0) {
      return std::numeric_limits<std::uint64_t>::max();
    }
    return std::uint64_t{about.f_bavail} * about.f_frsize;
  }
  [[nodiscard]] std::uint64_t part_bytes(const std::string& name) const override {
    struct stat about {};
    if (::fstatat(parts_.value(), name.c_str(), &about, AT_SYMLINK_NOFOLLOW) != 0) return 0;
    return static_cast<std::uint64_t>(about.st_blocks) * 512;
  }

 private:
  FileHandle folder_;
  FileHandle parts_;
};

}  // namespace

Result<std::unique_ptr<DiskFolder>> open_disk(const std::string& folder) {
  auto top = open_folder(folder);
  if (!top) return tl::unexpected<Error>(top.error());
  if (auto made = make_folder(*top, ".part"); !made) {
    made.error().what += " in " + folder;
    return tl::unexpected<Error>(made.error());
  }
  auto parts = open_beneath(*top, ".part", O_RDONLY | O_DIRECTORY);
  if (!parts) return tl::unexpected<Error>(parts.error());
  return std::make_unique<RealFolder>(std::move(*top), std::move(*parts));
}

}  // namespace shoal::transfer
