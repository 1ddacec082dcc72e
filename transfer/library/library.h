// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/types/bodies.h"
#include "proto/types/ids.h"
#include "proto/types/limits.h"
#include "proto/types/result.h"
#include "transfer/core/merkle.h"
#include "transfer/library/hash_help.h"
#include "transfer/library/shared_file.h"
#include "transfer/library/walk.h"

namespace shoal::transfer {

enum class ShareState : std::uint8_t {
  kReady,    ///< scanned; what it holds is searched and served
  kPartial,  ///< its scan was stopped before the end; what was reached is searched and served
  kMissing,  ///< its folder is not there (an unmounted disk): all is kept, nothing is searched
};
std::string_view to_text(ShareState state);

/// One share as it stands.
struct ShareInfo {
  std::string path;  ///< absolute, symbolic links in it resolved when it was added
  ShareState state = ShareState::kReady;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t errors = 0;  ///< files and folders that could not be shared, see errors()
};

/// What a scan of one share did.
struct ScanSummary {
  ShareInfo share;
  std::uint64_t hashed = 0;      ///< files whose bytes were read
  std::uint64_t forgotten = 0;   ///< files that are no longer there
  std::uint64_t duplicates = 0;  ///< files whose content another shared file has too
  std::uint64_t changing = 0;    ///< files that changed while they were hashed, twice
  std::uint64_t listed = 0;      ///< files that are new, or that are other than before
  /// What is searched and served is other than before.
  [[nodiscard]] bool changed() const { return listed + forgotten > 0; }
};

/// How far a scan is. Totals are those of a walk made just before; files may come and go meanwhile.
struct ScanProgress {
  std::string_view share;  ///< valid during the call
  std::uint64_t files = 0;
  std::uint64_t files_total = 0;
  std::uint64_t bytes = 0;
  std::uint64_t bytes_total = 0;
};
/// Called on the scanning thread after each file and every 8 MiB of a long one; false stops the
/// scan. Everything committed so far is kept.
using OnProgress = std::function<bool(const ScanProgress&)>;

/// Why something inside a share is not shared.
struct ScanError {
  std::string share;
  std::string path;  ///< relative to the share; bytes that are no UTF-8 shown as '_'
  std::string why;
};

struct LibraryQuery {
  std::string terms;                 ///< words, all must match, the last one as a prefix
  std::optional<ContentId> content;  ///< or exactly this content; then terms are not looked at
  std::uint64_t length_min = 0;      ///< bytes
  std::uint64_t length_max = UINT64_MAX;
  std::size_t limit = limits::kHitsPerPeer;
};

struct LibraryMatches {
  std::vector<HitFile> files;  ///< one per content; best first, then by name
  /// Further contents that match. Of what matches more than limits::kMatchesLooked files only the
  /// newest of these are looked at, so then it is the least that there are.
  std::uint64_t excess = 0;
};

/// One shared file, for its owner's eyes.
struct LibraryFile {
  std::int64_t number = 0;  ///< grows along a listing
  ContentId content;
  std::string name;
  std::string path;  ///< absolute; bytes that are no UTF-8 shown as '_'
};

struct LibraryStats {
  std::uint64_t shares = 0;
  std::uint64_t files = 0;  ///< one file in two nested shares counts once
  std::uint64_t bytes = 0;
};

/// What this peer shares: a catalogue in SQLite of hashed files, searched by words (FTS5) or by
/// content.
///
/// Only what the catalogue lists leaves this machine. A scan follows no symbolic link, leaves the
/// share's file system for no other, reads only regular files, and skips hidden ones and `.part`.
/// A file whose (device, inode, size, mtime) is known is not read again.
/// Threads: any; calls do their work on the caller's thread. Scans run one at a time, and neither
/// searches nor open_file wait for one. Callbacks may call all but add_share and the rescans.
class Library {
 public:
  struct Options {
    std::string database;  ///< path of the file; its folder must exist
    /// Never shared, wherever they lie: the key of a peer must not leave with the folder above it.
    std::vector<std::string> private_folders = {};
    HashHelp help = {};  ///< its threads must outlive the library
  };

  /// Opens or makes the catalogue. A damaged one is moved aside, and rebuilt empty; `notice` says
  /// so. Errors: kIo, kNoSpace, kConflict (made by a newer version, or in use by another process).
  static Result<std::unique_ptr<Library>> open(const Options& options);
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  /// Folders that no scan enters, as they are now: those that are private.
  [[nodiscard]] ClosedFolders closed() const;

  /// What its owner should be told about how it was opened; empty when there is nothing.
  [[nodiscard]] const std::string& notice() const;

  /// Shares a folder or a single file and scans it. A share again is scanned again. An empty folder
  /// is fine. Errors: kNotFound, kInvalidArgument (neither folder nor regular file), kDenied
  /// (unreadable, or in a private folder), kIo, kNoSpace, kCancelled (stopped; what was reached is
  /// kept, the share too).
  Result<ScanSummary> add_share(const std::string& path, const OnProgress& progress = {});
  /// That file has just been read by somebody else and is all of that tree: a scan that meets it
  /// unchanged, wherever it was moved on its disk, need not read it. Remembered among
  /// limits::kHashCacheSpare others. Errors: kNotFound, kSourceChanged (not as long), kIo,
  /// kNoSpace.
  Result<void> remember(const std::string& path, const FileTree& tree);
  /// Scans all shares. Errors: as above; a missing folder is no error.
  Result<std::vector<ScanSummary>> rescan(const OnProgress& progress = {});
  /// Scans a part of a share, for whoever heard that something changed there: a folder relative to
  /// the share (raw bytes, empty: the share itself) and, when `deep`, those below. All of it when
  /// the share was not `ready`. Errors: as above, kNotFound (not shared).
  Result<ScanSummary> rescan_part(const std::string& share, const std::string& folder, bool deep,
                                  const OnProgress& progress = {});
  /// Forgets a share and its files, at once even when it is being scanned. Errors: kNotFound.
  Result<void> remove_share(const std::string& path);

  [[nodiscard]] Result<std::vector<ShareInfo>> shares() const;
  /// At most limits::kScanErrorsMax per share; ShareInfo::errors counts all.
  [[nodiscard]] Result<std::vector<ScanError>> errors() const;
  [[nodiscard]] Result<LibraryStats> stats() const;
  /// Files with a number above `after`, at most `limit`; with `terms`, those that match them.
  [[nodiscard]] Result<std::vector<LibraryFile>> files(const std::string& terms, std::size_t limit,
                                                       std::int64_t after = 0) const;

  /// Terms are data: no character of them is an operator. Words or a content that nothing matches
  /// give no files; so do no words at all. Folders match by their names and those of the folders
  /// above them; they come first, at most a quarter of the limit.
  [[nodiscard]] Result<LibraryMatches> search(const LibraryQuery& query) const;

  /// Contents behind `after` in the order of their ids, each once, at most `limit`. ContentId{} is
  /// before all. Each with all words that search() finds it by: of all its names and their folders.
  [[nodiscard]] Result<std::vector<shoal::SharedFile>> contents(const ContentId& after,
                                                                std::size_t limit) const;

  /// What is shared under that path, a file or a folder (its name then ends in '/', and its content
  /// is its list, see transfer/core/listing.h), to be given to somebody: see folder_list. Errors:
  /// kNotFound (not shared).
  [[nodiscard]] Result<HitFile> at(const std::string& path) const;

  /// The list of a shared folder, by its content id. One that was given to somebody, by this or by
  /// at(), is still given when the folder has another by now, as long as every file on it is
  /// shared, wherever it lies. Errors: kNotFound (no such folder), kSourceChanged (one that was
  /// given, with what of it is not shared any more).
  struct FolderList {
    std::string name;  ///< ends in '/'
    std::string text;
    FileTree tree;  ///< of the text
  };
  [[nodiscard]] Result<FolderList> folder_list(const ContentId& content) const;
  /// Stays the same while nothing changes that this library answers, within one process.
  [[nodiscard]] Result<std::int64_t> version() const;

  /// Opens a listed file to serve it. Errors: kNotFound (not listed), kSourceChanged (listed, but
  /// no copy on disk is as it was hashed; a rescan puts that right), kIo.
  [[nodiscard]] Result<SharedFile> open_file(const ContentId& content) const;

 private:
  struct State;
  explicit Library(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace shoal::transfer
