// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/process/instance_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>

#include "proto/http/token.h"
#include "proto/types/limits.h"

namespace shoal::daemon {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

bool lock_soon(int fd) {
  const auto until = std::chrono::steady_clock::now() + limits::kLockWait;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(limits::kLockPoll);
  }
  return true;
}

}  // namespace

Result<void> make_private_folder(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (const auto parent = fs::path(path).parent_path(); !fs::exists(parent, error)) {
    if (auto made = make_private_folder(parent.string()); !made) return made;
  }
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) {
    if (fs::is_directory(path, error)) return {};
    return fail(Errc::kIo, "cannot use " + path, "it is no folder");
  }
  return fail(Errc::kIo, "cannot make the folder " + path, reason(errno),
              "choose another place with --home");
}

Result<InstanceLock> InstanceLock::take(const std::string& folder) {
  const std::string path = folder + "/shoald.lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return fail(Errc::kIo, "cannot write " + path, reason(errno));
  InstanceLock lock(fd);
  std::array<char, 32> pid{};
  if (!lock_soon(fd)) {
    const ssize_t got = ::pread(fd, pid.data(), pid.size() - 1, 0);
    std::string who(pid.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    return fail(Errc::kConflict, "a shoald runs here already",
                (who.empty() ? "another process" : "pid " + who) + " holds " + path,
                "shoal status asks it; shoal down stops it; --home DIR starts another peer");
  }
  const std::string text = std::to_string(::getpid());
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, text.data(), text.size(), 0) < 0) {
    return fail(Errc::kIo, "cannot write " + path, reason(errno));
  }
  return lock;
}

InstanceLock::~InstanceLock() {
  if (fd_ >= 0) ::close(fd_);
}

Result<std::string> write_token(const std::string& path) {
  const std::string token = http::new_token();
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const bool written =
      fd >= 0 && ::write(fd, token.data(), token.size()) == static_cast<ssize_t>(token.size());
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (!written) return fail(Errc::kIo, "cannot write " + fresh, reason(error));
  if (::rename(fresh.c_str(), path.c_str()) != 0) {
    return fail(Errc::kIo, "cannot write " + path, reason(errno));
  }
  return token;
}

}  // namespace shoal::daemon
