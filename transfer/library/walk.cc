// SPDX-License-Identifier: Apache-2.0
#include "transfer/library/walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>
#include <system_error>

#include "proto/types/limits.h"

namespace shoal::transfer {
namespace {

constexpr int kOpenFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

std::string cause() { return std::generic_category().message(errno); }

struct CloseDir {
  void operator()(DIR* dir) const { ::closedir(dir); }
};
using Dir = std::unique_ptr<DIR, CloseDir>;

Dir read_folder(Fd fd) {
  const int own = ::dup(fd.value());
  if (own < 0) return nullptr;
  DIR* dir = ::fdopendir(own);
  if (dir == nullptr) ::close(own);
  return Dir(dir);
}

class Walking {
 public:
  Walking(std::uint64_t device, bool deep, const ClosedFolders& closed, const Walker& walker)
      : device_(device), deep_(deep), closed_(closed), walker_(walker) {}

  // Says so when it is. One that cannot be looked at fails later, in words of its own.
  bool is_closed(int folder_fd, const std::string& relative) {
    struct stat status {};
    if (closed_.empty() || ::fstat(folder_fd, &status) != 0) return false;
    const std::pair here{status.st_dev, status.st_ino};
    if (std::ranges::find(closed_, here) == closed_.end()) return false;
    walker_.on_error(relative, "it holds this peer's own key and state, which are never shared");
    return true;
  }

  bool folder(Fd fd, const std::string& relative, std::size_t depth) {
    const int folder_fd = fd.value();
    if (is_closed(folder_fd, relative)) return true;
    const Fd keep(::dup(folder_fd));
    const Dir dir = read_folder(std::move(fd));
    if (!dir || !keep) {
      walker_.on_error(relative, cause());
      return true;
    }
    const std::uint64_t before = met_;
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(dir.get());
      if (entry == nullptr) {
        const bool failed = errno != 0;
        if (failed) walker_.on_error(relative, cause());
        if (!failed && met_ == before && !relative.empty() && walker_.on_empty) {
          walker_.on_empty(relative);
        }
        return true;
      }
      const std::string name = static_cast<const char*>(entry->d_name);
      if (!is_skipped(name) && !one(keep.value(), name, relative, depth)) return false;
    }
  }

  bool one(int folder_fd, const std::string& name, const std::string& above, std::size_t depth) {
    const std::string relative = above.empty() ? name : above + "/" + name;
    struct stat status {};
    if (::fstatat(folder_fd, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno != ENOENT) walker_.on_error(relative, cause());  // else gone since it was listed
      return true;
    }
    if (static_cast<std::uint64_t>(status.st_dev) != device_) {
      if (!deep_) return true;  // a folder, which nobody asked about
      walker_.on_error(relative, "it is on another file system; share it by itself");
      return true;
    }
    if (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) ++met_;
    if (S_ISREG(status.st_mode)) {
      return walker_.on_file({folder_fd, name.c_str(), relative, stamp_of(status)});
    }
    if (!S_ISDIR(status.st_mode) || !deep_) return true;
    if (depth >= limits::kScanDepthMax) {
      walker_.on_error(relative, "it lies too many folders deep");
      return true;
    }
    Fd inner(::openat(folder_fd, name.c_str(), kOpenFolder));
    if (!inner) {
      if (errno != ENOENT) walker_.on_error(relative, cause());
      return true;
    }
    return folder(std::move(inner), relative, depth + 1);
  }

 private:
  std::uint64_t device_;
  bool deep_;
  const ClosedFolders& closed_;
  const Walker& walker_;
  std::uint64_t met_ = 0;  ///< files and folders
};

}  // namespace

Result<ShareRoot> open_root(const std::string& path) {
  const auto failed = [&](int error) {
    const Errc code = error == ENOENT || error == ENOTDIR ? Errc::kNotFound
                      : error == EACCES                   ? Errc::kDenied
                                                          : Errc::kIo;
    return fail(code, "cannot share " + path, std::generic_category().message(error),
                "check the path, and that this user may read it");
  };
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return failed(errno);
  if (!S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode)) {
    return fail(Errc::kInvalidArgument, "cannot share " + path,
                "it is neither a folder nor a regular file");
  }
  ShareRoot root;
  std::string folder = path;
  if (S_ISREG(status.st_mode)) {
    const auto slash = path.rfind('/');
    root.file = path.substr(slash + 1);
    folder = slash == 0 ? "/" : path.substr(0, slash);
  }
  root.fd = Fd(::open(folder.c_str(), kOpenFolder));
  if (!root.fd) return failed(errno);
  root.device = static_cast<std::uint64_t>(status.st_dev);
  return root;
}

ClosedFolders closed_folders(const std::vector<std::string>& paths) {
  ClosedFolders out;
  for (const auto& path : paths) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) out.emplace_back(status.st_dev, status.st_ino);
  }
  return out;
}

bool is_skipped(std::string_view name) { return name.starts_with('.') || name.ends_with(".part"); }

bool walk(const ShareRoot& root, const ScanRange& range, const ClosedFolders& closed,
          const Walker& walker) {
  Walking walking(root.device, range.deep, closed, walker);
  if (!root.file.empty() && walking.is_closed(root.fd.value(), "")) return true;
  if (!root.file.empty()) return walking.one(root.fd.value(), root.file, "", 0);
  Fd fd(::openat(root.fd.value(), ".", kOpenFolder));  // its own position to read from
  if (!fd) {
    walker.on_error("", cause());
    return true;
  }
  // Down to where the part begins, past nothing that a walk of all would not enter.
  std::size_t depth = 0;
  for (std::string_view rest = range.folder; !rest.empty(); ++depth) {
    const std::string name(rest.substr(0, rest.find('/')));
    rest.remove_prefix(std::min(name.size() + 1, rest.size()));
    if (is_skipped(name) || depth >= limits::kScanDepthMax || walking.is_closed(fd.value(), "")) {
      return true;
    }
    fd = Fd(::openat(fd.value(), name.c_str(), kOpenFolder));
    struct stat status {};
    if (!fd || ::fstat(fd.value(), &status) != 0) return true;  // not there any more
    if (static_cast<std::uint64_t>(status.st_dev) != root.device) return true;
  }
  return walking.folder(std::move(fd), range.folder, depth);
}

bool is_empty_folder(const ShareRoot& root) {
  if (!root.file.empty()) return false;
  const Dir dir = read_folder(Fd(::openat(root.fd.value(), ".", kOpenFolder)));
  if (!dir) return false;
  int entries = 0;
  while (entries <= 2 && ::readdir(dir.get()) != nullptr) ++entries;
  return entries <= 2;
}

}  // namespace shoal::transfer
