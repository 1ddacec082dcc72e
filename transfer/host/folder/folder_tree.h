// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proto/types/result.h"
#include "transfer/core/listing.h"
#include "transfer/host/disk/files.h"

namespace shoal::transfer {

/// One entry of a folder with its name on this disk.
struct PlacedEntry {
  std::string path;                  ///< local, safe names
  std::optional<ContentId> content;  ///< none: an empty folder
};

/// What a folder's download keeps on the disk: "<folder>/.part/<id of the list>.folder" with the
/// list and the files, each under its content id, until all are there; then a tree is made of them,
/// read back whole, and moved to its name. All calls block; one thread at a time.
class FolderTree {
 public:
  /// Where the files of that list lie while `folder` is their destination.
  static std::string stage_of(const std::string& folder, const ContentId& list);
  /// Opens it, made if needed. Errors: kDenied, kNoSpace, kIo, kConflict (another process has it).
  static Result<FolderTree> open(const std::string& folder, const ContentId& list);
  /// What is there, only to read the list of it: nothing is made, and whoever has it open keeps it.
  /// Errors: kNotFound, kDenied, kIo.
  static Result<FolderTree> look(const std::string& folder, const ContentId& list);

  /// Where files are fetched to.
  [[nodiscard]] const std::string& place() const { return path_; }
  /// Bytes on the disk of what is not whole yet.
  [[nodiscard]] std::uint64_t part_bytes() const;
  /// Whether a file of that content lies there, as far as its length tells.
  [[nodiscard]] bool has(const ContentId& content) const;
  /// Whether its bytes are right too: reads it. Errors: it cannot be known (kIo, kDenied).
  [[nodiscard]] Result<bool> has_whole(const ContentId& content) const;
  /// The list. Errors: kIo, kIntegrity and kTooLarge (it is none), kNotFound.
  [[nodiscard]] Result<std::vector<ListingEntry>> read_list(const ContentId& list) const;
  /// Forgets a file.
  void drop(const ContentId& content);

  /// What is to outlive this process, replaced as a whole and durable. Errors: kNoSpace, kIo.
  Result<void> keep(const std::string& note);
  /// None: there is none. Errors: it cannot be known (kIo, kDenied).
  [[nodiscard]] Result<std::optional<std::string>> note() const;

  /// False stops with kCancelled.
  using OnBytes = std::function<bool(std::uint64_t bytes)>;

  /// Makes the tree anew. Errors: kNoSpace, kIo, kNotFound (a file is missing), kCancelled.
  Result<void> build(const std::vector<PlacedEntry>& entries, const OnBytes& on_bytes);
  /// Reads the tree: it has these entries and nothing else, and each file is its content. After
  /// kIntegrity, `spoiled()` is the content whose file was wrong, if it was one.
  Result<void> verify(const std::vector<PlacedEntry>& entries, const OnBytes& on_bytes);
  [[nodiscard]] const std::optional<ContentId>& spoiled() const { return spoiled_; }
  /// As verify, of what lies under that name in the folder: for a process that finds that an
  /// earlier one was about to give the name.
  Result<void> verify_placed(const std::string& name, const std::vector<PlacedEntry>& entries,
                             const OnBytes& on_bytes);

  /// A name for the tree that is free now, from a safe one.
  [[nodiscard]] Result<std::string> free_name(const std::string& safe) const;
  /// Moves the tree there, durably; nothing is replaced. Its path. Errors: kConflict (taken by
  /// now), kIo.
  Result<std::string> give_name(const std::string& name);
  /// Makes durable that it has its name.
  Result<void> sync_name();
  /// Removes all but what has its name.
  void remove();

 private:
  FolderTree(const std::string& folder, const ContentId& list);
  Result<void> open_stage(bool make);
  Result<void> check(const FileHandle& top, const std::vector<PlacedEntry>& entries,
                     const OnBytes& on_bytes);
  Result<void> take(const FileHandle& into, const std::string& name, const ContentId& content,
                    bool first, const OnBytes& on_bytes);

  std::string folder_path_;
  std::string path_;
  FileHandle folder_;
  FileHandle parts_;
  FileHandle stage_;
  FileHandle lock_;
  std::string name_;  ///< in ".part"
  std::optional<ContentId> spoiled_;
};

}  // namespace shoal::transfer
