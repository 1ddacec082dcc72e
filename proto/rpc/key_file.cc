// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/key_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

namespace shoal::rpc {
namespace {

constexpr std::size_t kKeyFileBytes = 4096;

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  [[nodiscard]] int operator*() const { return fd_; }
  [[nodiscard]] bool good() const { return fd_ >= 0; }

 private:
  int fd_;
};

tl::unexpected<Error> io_error(const std::string& path, int error) {
  return fail(Errc::kIo, "cannot use the key " + path, std::generic_category().message(error));
}

// None when there is no such file.
Result<std::optional<std::string>> read_key(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.good() && errno == ENOENT) return std::nullopt;
  if (!file.good()) return io_error(path, errno);
  struct stat status {};
  if (::fstat(*file, &status) != 0) return io_error(path, errno);
  if (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid() || (status.st_mode & 077) != 0) {
    return fail(Errc::kDenied, "the key " + path + " is not used",
                "it is not a file that only this user can read",
                "if nobody copied it: chmod 600 " + path);
  }
  std::array<char, kKeyFileBytes> buffer{};
  const ssize_t size = ::read(*file, buffer.data(), buffer.size());
  if (size < 0) return io_error(path, errno);
  return std::string(buffer.data(), static_cast<std::size_t>(size));
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Written and synced under a name of this process, then linked: under its own name there is a whole
// key or none, and whoever links first wins.
Result<void> write_key(const std::string& dir, const std::string& path, const std::string& pem) {
  static std::mutex one_at_a_time;  // the draft is named by process
  const std::scoped_lock lock(one_at_a_time);
  const std::string draft = path + "." + std::to_string(::getpid());
  ::unlink(draft.c_str());
  const Fd file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.good()) return io_error(path, errno);
  const bool written = write_all(*file, pem) && ::fsync(*file) == 0;
  const bool linked = written && (::link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const int error = errno;
  ::unlink(draft.c_str());
  if (!linked) return io_error(path, error);
  const Fd folder(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.good() || ::fsync(*folder) != 0) return io_error(path, errno);
  return {};
}

Result<void> check_folder(const std::string& dir) {
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(dir).parent_path(), ignored);
  if (::mkdir(dir.c_str(), 0700) != 0 && errno != EEXIST) return io_error(dir, errno);
  struct stat status {};
  if (::stat(dir.c_str(), &status) != 0) return io_error(dir, errno);
  if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid() || (status.st_mode & 022) != 0) {
    return fail(Errc::kDenied, "the folder " + dir + " is not used for a key",
                "it is not a folder that only this user can write to", "chmod 700 " + dir);
  }
  return {};
}

}  // namespace

Result<std::string> read_or_write_key_file(const std::string& dir,
                                           const std::function<std::string()>& make) {
  if (auto folder = check_folder(dir); !folder) return tl::unexpected(folder.error());
  const std::string path = dir + "/identity.key";
  for (int round = 0; round < 2; ++round) {
    auto pem = read_key(path);
    if (!pem) return tl::unexpected(pem.error());
    if (*pem) return std::move(**pem);
    if (auto written = write_key(dir, path, make()); !written) {
      return tl::unexpected(written.error());
    }
  }
  return fail(Errc::kIo, "cannot use the key " + path, "it vanished after it was written");
}

}  // namespace shoal::rpc
