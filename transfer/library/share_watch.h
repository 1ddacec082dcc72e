// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "proto/types/limits_library.h"
#include "proto/types/result.h"
#include "transfer/library/walk.h"

namespace shoal::transfer {

/// Something happened in that part of a share.
struct Change {
  std::string share;  ///< as it was given to follow()
  ScanRange range;
  friend bool operator==(const Change& a, const Change& b) {
    return std::tie(a.share, a.range.folder, a.range.deep) ==
           std::tie(b.share, b.range.folder, b.range.deep);
  }
};

/// Hears from the kernel what changes in shares (inotify(7)).
///
/// A hint and no more: of what it says the catalogue is brought in line by scans, and a scan of all
/// now and then finds what it missed (folders beyond the limit of watches, network file systems,
/// writes through memory maps, or through a second name of a file outside). A file counts when it
/// is closed, not while it grows. When the kernel's queue was too short for a burst, everything is
/// said to have changed. Threads: one at a time.
class ShareWatch {
 public:
  struct Options {
    std::size_t watches_max = limits::kWatchesMax;
  };

  /// Errors: kIo (the kernel has none left for this user).
  static Result<std::unique_ptr<ShareWatch>> open(Options options);
  static Result<std::unique_ptr<ShareWatch>> open() { return open(Options{}); }
  ~ShareWatch();
  ShareWatch(const ShareWatch&) = delete;
  ShareWatch& operator=(const ShareWatch&) = delete;

  /// Readable when take() has something to say.
  [[nodiscard]] int fd() const { return fd_.value(); }

  /// Watches these shares and no others, but nothing in `closed` folders. Blocks while it walks the
  /// folders of new ones. Returns those that are watched from now on: what changed in them before
  /// was not heard.
  std::vector<std::string> follow(const std::vector<std::string>& shares,
                                  const ClosedFolders& closed);
  /// What changed since the last call, each part once and none within another. Does not wait.
  std::vector<Change> take();

  [[nodiscard]] std::size_t watches() const { return spots_.size(); }
  /// Not every folder is watched: there are more than the limit, or than the kernel allows.
  [[nodiscard]] bool limited() const { return limited_; }

 private:
  /// A folder of a share that is watched. The same folder may lie in two shares.
  struct Spot {
    std::string share;
    std::string folder;
    std::string only = {};  ///< a single file is shared: its name
    friend auto operator<=>(const Spot&, const Spot&) = default;
  };

  ShareWatch(Fd fd, Options options) : fd_(std::move(fd)), options_(options) {}
  void watch_share(const std::string& share);
  bool watch_folder(int folder_fd, const Spot& spot);
  void watch_tree(Fd folder, const std::string& share, const std::string& relative,
                  std::uint64_t device, std::size_t depth);
  void watch_again(const std::string& share, const std::string& folder);
  void drop(const std::string& share, const std::string& folder);
  void on_event(const Spot& spot, std::uint32_t mask, const std::string& name);
  void changed(const std::string& share, const std::string& folder, bool deep);

  Fd fd_;
  const Options options_;
  ClosedFolders closed_;
  std::set<std::string> shares_;
  std::map<Spot, int> spots_;
  std::map<int, std::vector<Spot>> by_watch_;
  bool limited_ = false;
  /// By share and folder: whether what lies below counts.
  std::map<std::string, std::map<std::string, bool>> changes_;
};

}  // namespace shoal::transfer
