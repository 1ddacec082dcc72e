// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "bootstrap/core/address_book.h"
#include "bootstrap/core/index.h"
#include "bootstrap/http/directory.h"
#include "bootstrap/http/index_request.h"
#include "bootstrap/store/index_store.h"
#include "proto/types/result.h"

namespace shoal::bootstrap {

/// What a directory's index allows.
struct IndexOptions {
  IndexLimits limits;
  AddressLimits searches = {.requests_burst = limits::kSearchesBurst,
                            .requests_per_second = limits::kSearchesPerSecond};
};

/// The files that peers with live leases offer: verifies updates, asks the rules (bootstrap/core),
/// keeps the outcome (bootstrap/store), finds. Any thread.
class DirectoryIndex {
 public:
  /// Both must outlive this. Hears from now on of leases that end.
  DirectoryIndex(Directory& directory, IndexStore& store, Directory::Clocks clocks,
                 IndexOptions options = {});
  DirectoryIndex(const DirectoryIndex&) = delete;
  DirectoryIndex& operator=(const DirectoryIndex&) = delete;

  /// After a start: what was kept of peers whose leases ended meanwhile goes. Errors: of the store.
  Result<void> begin();

  /// Errors: kDenied (forged, or no live lease), kInvalidArgument, kConflict (sequence_of says what
  /// to pass), kTooLarge, kOverloaded, those of the store. `address` is numeric.
  Result<IndexHead> put(const IndexRequest& request, const std::string& address);
  /// Nothing for a peer without a live lease.
  Result<IndexHead> head(const PeerId& owner);
  /// What the sequence of that peer's next replacement must pass.
  std::uint64_t sequence_of(const PeerId& owner);

  struct Found {
    IndexStore::Row row;
    Directory::Listed owner;
  };
  struct Page {
    std::vector<Found> files;
    std::int64_t next = 0;  ///< to go on after; 0: this was the last page
  };
  /// Files whose owners are there. Errors: kOverloaded (that address asks too much), of the store.
  Result<Page> find(IndexStore::Wanted wanted, const std::string& address);

  /// Deletes files of peers that are gone; called now and then, after the directory's sweep().
  void sweep();
  /// Files in it, also those of leases that ended a moment ago.
  Result<std::uint64_t> size() { return store_.size(); }

 private:
  Result<void> end_gone();

  Directory& directory_;
  IndexStore& store_;
  const Directory::Clocks clocks_;
  const IndexOptions options_;

  std::mutex changing_;  // one at a time looks at a lease, changes files and ends others'
  std::mutex mutex_;     // guards all below; taken last
  std::vector<PeerId> gone_;
  AddressBook searches_;
};

}  // namespace shoal::bootstrap
