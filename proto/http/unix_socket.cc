// SPDX-License-Identifier: Apache-2.0
#include "proto/http/unix_socket.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

namespace shoal::http {
namespace {

std::string what(const std::string& path) { return "cannot listen on " + path; }

std::string errno_text() { return std::generic_category().message(errno); }

Result<void> check_folder(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  std::filesystem::create_directories(folder.parent_path(), error);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail(Errc::kIo, what(path), "its folder cannot be made: " + errno_text());
  }
  struct stat status {};
  if (::lstat(folder.c_str(), &status) != 0) return fail(Errc::kIo, what(path), errno_text());
  if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid()) {
    return fail(Errc::kDenied, what(path), folder.string() + " is not a folder of this user",
                "choose a socket path in a folder of your own");
  }
  if ((status.st_mode & 077) != 0) {
    return fail(Errc::kDenied, what(path), folder.string() + " is open to other users",
                "chmod 700 " + folder.string() + ", or choose another socket path");
  }
  return {};
}

// Whether somebody accepts connections there.
bool answers(const sockaddr_un& address) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  const int result = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const bool yes = result == 0 || errno == EAGAIN;  // EAGAIN: its queue is full
  ::close(fd);
  return yes;
}

Result<void> remove_stale(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return {};
  if (!S_ISSOCK(status.st_mode)) {
    return fail(Errc::kConflict, what(path), "there is a file of another kind",
                "move it away, or choose another socket path");
  }
  if (answers(address)) {
    return fail(Errc::kConflict, what(path), "somebody answers there",
                "stop that process first, or choose another socket path");
  }
  if (::unlink(path.c_str()) != 0) return fail(Errc::kIo, what(path), errno_text());
  return {};
}

}  // namespace

Result<UnixPlace> UnixPlace::take(const std::string& path) {
  if (path.size() >= sizeof(sockaddr_un{}.sun_path) || !path.starts_with('/')) {
    return fail(Errc::kInvalidArgument, what(path),
                "a socket path is absolute and at most 107 bytes long", "choose another one");
  }
  if (auto folder = check_folder(path); !folder) return tl::unexpected(folder.error());
  const int fd = ::open((path + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return fail(Errc::kIo, what(path), "its lock cannot be opened: " + errno_text());
  UnixPlace place({}, fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    return fail(Errc::kConflict, what(path), "another process holds its lock",
                "stop that process first, or choose another socket path");
  }
  if (auto removed = remove_stale(path); !removed) return tl::unexpected(removed.error());
  place.path_ = path;
  return place;
}

UnixPlace::UnixPlace(UnixPlace&& other) noexcept
    : path_(std::exchange(other.path_, {})), lock_fd_(std::exchange(other.lock_fd_, -1)) {}

UnixPlace& UnixPlace::operator=(UnixPlace&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(lock_fd_, other.lock_fd_);
  return *this;
}

UnixPlace::~UnixPlace() {
  if (!path_.empty()) ::unlink(path_.c_str());
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

}  // namespace shoal::http
