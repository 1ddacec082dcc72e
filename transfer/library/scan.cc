// SPDX-License-Identifier: Apache-2.0
#include "transfer/library/scan.h"

#include <SQLiteCpp/Transaction.h>

#include <utility>

#include "transfer/library/hash_file.h"
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
  Scan(SQLite::Database& db, std::mutex& writing, ShareRow share, const ClosedFolders& closed,
       const OnProgress& progress)
      : db_(db),
        writer_(db),
        writing_(writing),
        share_(std::move(share)),
        closed_(closed),
        progress_(progress) {}

  Result<ScanSummary> run() {
    const auto root = open_root(share_.path);
    if (!root || is_unmounted(*root)) return keep(root ? "" : root.error().why);
    single_ = !root->file.empty();
    begin(root->device);
    count(*root);
    const bool whole = tell(0) && walk(*root, closed_, walker());
    if (!commit()) return removed();
    return finish(whole);
  }

 private:
  // A mount point whose disk is gone: another device than at the last scan, and nothing in it.
  [[nodiscard]] bool is_unmounted(const ShareRoot& root) const {
    return share_.device != 0 && share_.device != root.device && is_empty_folder(root);
  }

  Result<ScanSummary> keep(const std::string& why) {
    const std::lock_guard lock(writing_);
    SQLite::Transaction transaction(db_);
    writer_.clear_errors(share_.id);
    writer_.add_error(share_.id, "",
                      (why.empty() ? "its disk is not mounted" : why) + "; its files are kept");
    writer_.set_state(share_.id, ShareState::kMissing, 1);
    transaction.commit();
    return summary_;
  }

  void begin(std::uint64_t device) {
    const std::lock_guard lock(writing_);
    SQLite::Transaction transaction(db_);
    generation_ = writer_.begin_scan(share_, device);
    writer_.clear_errors(share_.id);
    transaction.commit();
  }

  void count(const ShareRoot& root) {
    progress_now_.share = share_.path;
    walk(root, closed_,
         {[&](const Met& met) {
            ++progress_now_.files_total;
            progress_now_.bytes_total += met.stamp.size;
            return true;
          },
          [](const std::string&, const std::string&) {}});
  }

  Walker walker() {
    return {[this](const Met& met) { return one(met); },
            [this](const std::string& relative, const std::string& why) { error(relative, why); }};
  }

  bool tell(std::uint64_t bytes_of_this) {
    if (!progress_) return true;
    ScanProgress now = progress_now_;
    now.bytes += bytes_of_this;
    return progress_(now);
  }

  bool one(const Met& met) {
    if (!take(met)) return false;
    ++progress_now_.files;
    progress_now_.bytes += met.stamp.size;
    const bool full =
        batch_.size() >= limits::kScanBatchFiles || batch_bytes_ >= limits::kScanBatchBytes;
    if (full && !commit()) return false;
    return tell(0);
  }

  // False when the scan was stopped in the middle of the file.
  bool take(const Met& met) {
    std::optional<Hash256> known;
    {
      const std::lock_guard lock(writing_);
      known = writer_.known(met.stamp);
    }
    if (known) {
      batch_.push_back({met.relative, met.stamp, *known, std::nullopt});
      return true;
    }
    const auto on_bytes = [this](std::uint64_t bytes) { return tell(bytes); };
    auto hashed = hash_file(met, on_bytes);
    if (!hashed && hashed.error().code == Errc::kSourceChanged) {
      hashed = hash_file(met, on_bytes);  // one more try
      if (!hashed && hashed.error().code == Errc::kSourceChanged) ++summary_.changing;
    }
    if (!hashed) {
      if (hashed.error().code == Errc::kCancelled) return false;
      error(met.relative, hashed.error().why);
      return true;
    }
    ++summary_.hashed;
    batch_bytes_ += hashed->stamp.size;
    const Hash256 root = hashed->tree.id.root;
    batch_.push_back({met.relative, hashed->stamp, root, std::move(hashed->tree)});
    return true;
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
      writer_.list(share_, generation_, entry.relative,
                   single_ ? share_.path : parent + "/" + entry.relative, entry.stamp, entry.root);
    }
    for (const auto& [relative, why] : error_batch_) writer_.add_error(share_.id, relative, why);
    transaction.commit();
    batch_.clear();
    error_batch_.clear();
    batch_bytes_ = 0;
    return true;
  }

  Result<ScanSummary> finish(bool whole) {
    const std::lock_guard lock(writing_);
    if (!writer_.has_share(share_.id)) return removed();
    SQLite::Transaction transaction(db_);
    if (whole) summary_.forgotten = writer_.forget_older(share_.id, generation_);
    writer_.set_state(share_.id, whole ? ShareState::kReady : ShareState::kPartial, errors_);
    transaction.commit();
    if (!whole) {
      return fail(Errc::kCancelled, "the scan of " + share_.path + " did not end", "it was stopped",
                  "a rescan goes on where it ended");
    }
    summary_.duplicates = writer_.duplicates(share_.id);
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
  const ClosedFolders& closed_;
  const OnProgress& progress_;
  ScanSummary summary_;
  ScanProgress progress_now_;
  std::int64_t generation_ = 0;
  bool single_ = false;
  std::uint64_t errors_ = 0;
  std::uint64_t batch_bytes_ = 0;
  std::vector<Entry> batch_;
  std::vector<std::pair<std::string, std::string>> error_batch_;
};

}  // namespace

Result<ScanSummary> scan_share(SQLite::Database& db, std::mutex& writing, const ShareRow& share,
                               const ClosedFolders& closed, const OnProgress& progress) {
  return Scan(db, writing, share, closed, progress).run();
}

}  // namespace shoal::transfer
