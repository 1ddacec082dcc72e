// SPDX-License-Identifier: Apache-2.0
#include "transfer/library/share_watch.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "proto/types/limits.h"

namespace shoal::transfer {
namespace {

constexpr int kOpenFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
                                  IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF |
                                  IN_ONLYDIR | IN_EXCL_UNLINK;
constexpr std::uint32_t kGone = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT;

struct CloseDir {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

std::string join(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

// Whether `folder` is `above`, or lies in it.
bool is_in(const std::string& folder, const std::string& above) {
  return above.empty() || folder == above || folder.starts_with(above + "/");
}

std::vector<std::string> folders_in(int folder) {
  std::vector<std::string> names;
  const int own = ::openat(folder, ".", kOpenFolder);
  const std::unique_ptr<DIR, CloseDir> dir(own < 0 ? nullptr : ::fdopendir(own));
  if (!dir) {
    if (own >= 0) ::close(own);
    return names;
  }
  while (const dirent* const entry = ::readdir(dir.get())) {
    const std::string name = static_cast<const char*>(entry->d_name);
    const bool maybe = entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN;
    if (maybe && !is_skipped(name)) names.push_back(name);
  }
  return names;
}

}  // namespace

Result<std::unique_ptr<ShareWatch>> ShareWatch::open(Options options) {
  Fd fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!fd) {
    return fail(Errc::kIo, "shares cannot be watched", std::generic_category().message(errno),
                "changes are found by the scans of every rescan.interval");
  }
  return std::unique_ptr<ShareWatch>(new ShareWatch(std::move(fd), options));
}

ShareWatch::~ShareWatch() = default;

std::vector<std::string> ShareWatch::follow(const std::vector<std::string>& shares,
                                            const ClosedFolders& closed) {
  const bool others_closed = closed != closed_;
  closed_ = closed;
  const std::set<std::string> wanted(shares.begin(), shares.end());
  for (const auto& share : std::set<std::string>(shares_)) {
    if (wanted.contains(share) && !others_closed) continue;
    drop(share, "");
    shares_.erase(share);
  }
  if (shares_.empty()) limited_ = false;
  std::vector<std::string> fresh;
  for (const auto& share : wanted) {
    if (shares_.contains(share)) continue;
    watch_share(share);
    if (shares_.contains(share)) fresh.push_back(share);
  }
  return fresh;
}

void ShareWatch::watch_share(const std::string& share) {
  auto root = open_root(share);
  if (!root) return;  // not there: a scan says so, and the next follow() looks again
  shares_.insert(share);
  if (!root->file.empty()) {
    watch_folder(root->fd.value(), {share, "", root->file});
  } else {
    watch_tree(std::move(root->fd), share, "", root->device, 0);
  }
}

// False: nothing more can be watched.
bool ShareWatch::watch_folder(int folder_fd, const Spot& spot) {
  if (spots_.size() >= options_.watches_max) {
    limited_ = true;
    return false;
  }
  // By its descriptor: the name may lead elsewhere by now.
  const std::string path = "/proc/self/fd/" + std::to_string(folder_fd);
  const int watch = ::inotify_add_watch(fd_.value(), path.c_str(), kEvents);
  if (watch < 0) {
    limited_ = limited_ || errno == ENOSPC || errno == ENOMEM;
    return errno != ENOSPC && errno != ENOMEM;
  }
  if (spots_.emplace(spot, watch).second) by_watch_[watch].push_back(spot);
  return true;
}

void ShareWatch::watch_tree(Fd folder, const std::string& share, const std::string& relative,
                            std::uint64_t device, std::size_t depth) {
  struct stat status {};
  if (::fstat(folder.value(), &status) != 0) return;
  if (static_cast<std::uint64_t>(status.st_dev) != device) return;
  const std::pair here{status.st_dev, status.st_ino};
  if (std::ranges::find(closed_, here) != closed_.end()) return;
  if (!watch_folder(folder.value(), {share, relative}) || depth >= limits::kScanDepthMax) return;
  for (const auto& name : folders_in(folder.value())) {
    Fd inner(::openat(folder.value(), name.c_str(), kOpenFolder));
    if (inner) watch_tree(std::move(inner), share, join(relative, name), device, depth + 1);
  }
}

// A folder that came: with all in it.
void ShareWatch::watch_again(const std::string& share, const std::string& folder) {
  auto root = open_root(share);
  if (!root || !root->file.empty()) return;
  Fd at(std::move(root->fd));
  std::size_t depth = 0;
  for (std::string_view rest = folder; !rest.empty(); ++depth) {
    const std::string name(rest.substr(0, rest.find('/')));
    rest.remove_prefix(std::min(name.size() + 1, rest.size()));
    at = Fd(::openat(at.value(), name.c_str(), kOpenFolder));
    if (!at) return;  // gone again
  }
  drop(share, folder);
  watch_tree(std::move(at), share, folder, root->device, depth);
}

// Forgets the watches of that folder and of all in it.
void ShareWatch::drop(const std::string& share, const std::string& folder) {
  for (auto one = spots_.lower_bound({share, folder}); one != spots_.end();) {
    if (one->first.share != share) break;
    if (!is_in(one->first.folder, folder)) {
      // Names such as "a-b" sort between "a" and "a/b".
      ++one;
      continue;
    }
    auto& spots = by_watch_[one->second];
    std::erase(spots, one->first);
    if (spots.empty()) {
      ::inotify_rm_watch(fd_.value(), one->second);
      by_watch_.erase(one->second);
    }
    one = spots_.erase(one);
  }
}

void ShareWatch::changed(const std::string& share, const std::string& folder, bool deep) {
  auto& changes = changes_[share];
  changes[folder] = changes[folder] || deep;
  if (changes.size() > limits::kChangesMax) changes = {{"", true}};
}

void ShareWatch::on_event(const Spot& spot, std::uint32_t mask, const std::string& name) {
  if ((mask & kGone) != 0) {
    // Of folders inside a share the one above tells.
    if (!spot.folder.empty()) return;
    drop(spot.share, "");
    shares_.erase(spot.share);
    return changed(spot.share, "", true);
  }
  if (!spot.only.empty()) {
    if (name == spot.only) changed(spot.share, "", true);
    return;
  }
  if (name.empty() || is_skipped(name)) return;
  const std::string path = join(spot.folder, name);
  if ((mask & IN_ISDIR) != 0) {
    if ((mask & (IN_DELETE | IN_MOVED_FROM)) != 0) {
      drop(spot.share, path);
    } else {
      watch_again(spot.share, path);
    }
    return changed(spot.share, path, true);
  }
  if ((mask & IN_CREATE) != 0) {
    // It is heard of again when it is closed. Not so a second name of a file.
    struct stat status {};
    const std::string full = spot.share + "/" + path;
    if (::lstat(full.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return;
    if (status.st_nlink < 2) return;
  }
  changed(spot.share, spot.folder, false);
}

std::vector<Change> ShareWatch::take() {
  bool lost = false;
  alignas(inotify_event) std::array<char, 64 * 1024> buffer{};
  for (;;) {
    const ssize_t got = ::read(fd_.value(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* const text = buffer.data() + at + sizeof event;
      at += sizeof event + event.len;
      if ((event.mask & IN_Q_OVERFLOW) != 0) lost = true;
      const auto found = by_watch_.find(event.wd);
      if (found == by_watch_.end()) continue;
      const auto spots = found->second;  // what follows may change it
      if ((event.mask & IN_IGNORED) != 0) {
        for (const Spot& spot : spots) spots_.erase(spot);
        by_watch_.erase(event.wd);
        continue;
      }
      const std::string name(text, ::strnlen(text, event.len));
      for (const Spot& spot : spots) on_event(spot, event.mask, name);
    }
  }
  if (lost) {
    // Nobody knows which folders came and went.
    const std::vector<std::string> shares(shares_.begin(), shares_.end());
    follow({}, closed_);
    follow(shares, closed_);
    for (const auto& share : shares) changes_[share] = {{"", true}};
  }
  std::vector<Change> out;
  for (const auto& [share, changes] : std::exchange(changes_, {})) {
    for (const auto& change : changes) {
      const bool covered = std::ranges::any_of(changes, [&change](const auto& other) {
        return other.second && other.first != change.first && is_in(change.first, other.first);
      });
      if (!covered) out.push_back({share, {change.first, change.second}});
    }
  }
  return out;
}

}  // namespace shoal::transfer
