// SPDX-License-Identifier: Apache-2.0
#include "transfer/library/scan.h"

#include <SQLiteCpp/Transaction.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "transfer/library/folders.h"
#include "transfer/library/hash_crew.h"
#include "transfer/library/walk.h"

namespace shoal::transfer {
namespace {

struct Entry {
  std::string relative;
  FileStamp stamp;
  Hash256 root;
  std::optional<FileTree> fresh;  ///< when it was hashed just now
};

class Scan {
 public:
  Scan(SQLite::Database& db, std::mutex& writing, ShareRow share, ScanRange range,
       const ScanTools& tools, const OnProgress& progress)
      : db_(db),
        writer_(db),
        writing_(writing),
        share_(std::move(share)),
        range_(std::move(range)),
        tools_(tools),
        crew_(tools.help),
        progress_(progress) {}

  Result<ScanSummary> run() {
    const auto root = open_root(share_.path);
    if (!root || is_unmounted(*root)) return keep(root ? "" : root.error().why);
    single_ = !root->file.empty();
    // Of a share that was away, or is a single file, a part is as good as nothing.
    if (single_ || share_.state != ShareState::kReady) range_ = {};
    count(*root);
    const bool whole = tell(0) && walk(*root, range_, tools_.closed, walker()) && drain();
    if (!commit()) return removed();
    return finish(whole, root->device);
  }

 private:
  // A mount point whose disk is gone: another device than at the last scan, and nothing in it.
  [[nodiscard]] bool is_unmounted(const ShareRoot& root) const {
    return share_.device != 0 && share_.device != root.device && is_empty_folder(root);
  }

  Result<ScanSummary> keep(const std::string& why) {
    const std::lock_guard lock(writing_);
    SQLite::Transaction transaction(db_);
    writer_.clear_errors(share_.id, {});
    writer_.add_error(share_.id, "",
                      (why.empty() ? "its disk is not mounted" : why) + "; its files are kept");
    writer_.set_state(share_.id, ShareState::kMissing, 1);
    transaction.commit();
    return summary_;
  }

  void count(const ShareRoot& root) {
    progress_now_.share = share_.path;
    if (!progress_) return;
    walk(root, range_, tools_.closed,
         {[&](const Met& met) {
            ++progress_now_.files_total;
            progress_now_.bytes_total += met.stamp.size;
            return true;
          },
          [](const std::string&, const std::string&) {}});
  }

  Walker walker() {
    return {[this](const Met& met) { return one(met); },
            [this](const std::string& relative, const std::string& why) { error(relative, why); },
            [this](const std::string& relative) { empty_.push_back(relative); }};
  }

  bool tell(std::uint64_t bytes_under_way) {
    if (!progress_) return true;
    ScanProgress now = progress_now_;
    now.bytes += bytes_under_way;
    return progress_(now);
  }

  // A file is over, whatever came of it.
  bool over(const FileStamp& met) {
    ++progress_now_.files;
    progress_now_.bytes += met.size;
    const bool full =
        batch_.size() >= limits::kScanBatchFiles || batch_bytes_ >= limits::kScanBatchBytes;
    if (full && !commit()) return false;
    return tell(crew_.bytes());
  }

  bool one(const Met& met) {
    if (is_known(met)) return over(met.stamp);
    while (crew_.full()) {
      if (!take()) return false;
    }
    crew_.add(met);
    return true;
  }

  // Without reading it.
  bool is_known(const Met& met) {
    const std::lock_guard lock(writing_);
    if (const auto row = writer_.unchanged(share_.id, met.relative, met.stamp)) {
      seen_.push_back(*row);
      return true;
    }
    const auto root = writer_.known(met.stamp);
    if (root) batch_.push_back({met.relative, met.stamp, *root, std::nullopt});
    return root.has_value();
  }

  bool drain() {
    while (!crew_.empty()) {
      if (!take()) return false;
    }
    return true;
  }

  // The next hashed file. False when the scan was stopped meanwhile.
  bool take() {
    auto done = crew_.take([this](std::uint64_t bytes) { return tell(bytes); });
    if (done.result) {
      ++summary_.hashed;
      batch_bytes_ += done.result->stamp.size;
      const Hash256 root = done.result->tree.id.root;
      batch_.push_back(
          {std::move(done.relative), done.result->stamp, root, std::move(done.result->tree)});
    } else {
      const Error& what = done.result.error();
      if (what.code == Errc::kCancelled) return false;
      if (what.code == Errc::kSourceChanged) ++summary_.changing;
      error(done.relative, what.why);
    }
    return over(done.met);
  }

  void error(const std::string& relative, const std::string& why) {
    ++errors_;
    if (errors_ <= limits::kScanErrorsMax) error_batch_.emplace_back(relative, why);
  }

  // False when the share is gone.
  bool commit() {
    const std::lock_guard lock(writing_);
    if (!writer_.has_share(share_.id)) return false;
    SQLite::Transaction transaction(db_);
    for (const Entry& entry : batch_) {
      if (entry.fresh) writer_.remember(entry.stamp, *entry.fresh);
      const std::string parent = share_.path == "/" ? "" : share_.path;
      seen_.push_back(writer_.list(share_, entry.relative,
                                   single_ ? share_.path : parent + "/" + entry.relative,
                                   entry.stamp, entry.root));
    }
    if (!batch_.empty() && !single_) {
      std::vector<std::string_view> written;
      for (const Entry& entry : batch_) written.push_back(entry.relative);
      FolderWriter(db_).outdate(share_.id, written);
    }
    transaction.commit();
    summary_.listed += batch_.size();
    batch_.clear();
    batch_bytes_ = 0;
    return true;
  }

  Result<ScanSummary> finish(bool whole, std::uint64_t device) {
    const std::lock_guard lock(writing_);
    if (!writer_.has_share(share_.id)) return removed();
    SQLite::Transaction transaction(db_);
    writer_.set_device(share_.id, device);
    std::ranges::sort(seen_);
    if (whole) summary_.forgotten = writer_.forget_others(share_.id, range_, seen_);
    if (whole && !single_) {
      const bool changed = summary_.listed > 0 || summary_.forgotten > 0;
      FolderWriter(db_).refresh(share_.id, share_.path, range_, empty_, changed);
    }
    const std::uint64_t before = writer_.clear_errors(share_.id, range_);
    for (const auto& [relative, why] : error_batch_) writer_.add_error(share_.id, relative, why);
    if (range_.whole()) {
      writer_.set_state(share_.id, whole ? ShareState::kReady : ShareState::kPartial, errors_);
    } else {
      writer_.change_errors(share_.id, before, errors_);
    }
    transaction.commit();
    if (!whole) {
      return fail(Errc::kCancelled, "the scan of " + share_.path + " did not end", "it was stopped",
                  "a rescan goes on where it ended");
    }
    if (range_.whole()) summary_.duplicates = writer_.duplicates(share_.id);
    return summary_;
  }

  [[nodiscard]] tl::unexpected<Error> removed() const {
    return fail(Errc::kCancelled, "the scan of " + share_.path + " did not end",
                "it is no longer shared");
  }

  SQLite::Database& db_;
  Writer writer_;
  std::mutex& writing_;
  ShareRow share_;
  ScanRange range_;
  const ScanTools& tools_;
  HashCrew crew_;
  const OnProgress& progress_;
  ScanSummary summary_;
  ScanProgress progress_now_;
  bool single_ = false;
  std::vector<std::int64_t> seen_;  ///< rows of files that are there
  std::uint64_t errors_ = 0;
  std::uint64_t batch_bytes_ = 0;
  std::vector<Entry> batch_;
  std::vector<std::string> empty_;  ///< folders
  std::vector<std::pair<std::string, std::string>> error_batch_;
};

}  // namespace

Result<ScanSummary> scan_share(SQLite::Database& db, std::mutex& writing, const ShareRow& share,
                               const ScanRange& range, const ScanTools& tools,
                               const OnProgress& progress) {
  return Scan(db, writing, share, range, tools, progress).run();
}

}  // namespace shoal::transfer
