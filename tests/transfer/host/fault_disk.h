// SPDX-License-Identifier: Apache-2.0
// A folder on a disk that loses power, runs full and fails, as a crash would find it.
//
// What is written lies in a cache until it is synced. When the power goes, each unsynced write may
// have reached the disk, or not, or some of its sectors; of the unsynced changes of names a first
// part has, as a file system with a journal keeps them. After a failed sync the cache takes the
// bytes for written although they are not, so that the next sync succeeds without them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "proto/types/rng.h"
#include "transfer/host/disk/disk.h"

namespace shoal::transfer::testing {

class FaultDisk {
 public:
  using Content = std::vector<std::uint8_t>;
  /// What of the unsynced is on the disk after a crash.
  enum class Survives : std::uint8_t { kNothing, kAll, kSome };

  FaultDisk() : medium_(std::make_shared<Medium>()) {}

  /// The folder as a process sees it. At most one process at a time.
  [[nodiscard]] std::unique_ptr<DiskFolder> mount() const;

  /// Changes of the disk so far: writes, cuts, reservations, syncs, names.
  [[nodiscard]] std::uint64_t operations() const { return medium_->operations; }
  /// The power goes in front of that operation: it and all later ones fail.
  void cut_power_at(std::uint64_t operation) { medium_->power_until = operation; }
  /// An operation found no power.
  [[nodiscard]] bool dead() const { return medium_->dead; }
  /// That operation fails with that error, once.
  void fail_at(std::uint64_t operation, Errc error) { medium_->failures[operation] = error; }
  /// So many operations from that one on find no room; only those count that take some.
  void fill_for(unsigned operations, std::uint64_t from = 0) {
    medium_->full_for = operations;
    medium_->full_from = from;
  }
  void set_free_bytes(std::uint64_t bytes) { medium_->free = bytes; }

  /// The power comes back. Requires that no process has it mounted.
  void restart(Survives survives, Rng& rng);

  /// What is in the folder and in ".part", by name.
  [[nodiscard]] std::map<std::string, Content> placed() const;
  [[nodiscard]] std::map<std::string, Content> parts() const;
  /// One of these; empty when it is not there.
  [[nodiscard]] Content part(const std::string& name) const;
  /// Somebody else's file.
  void add_placed(const std::string& name, Content content);
  void remove_part(const std::string& name) { medium_->parts.erase(name); }
  /// A bit of that file turns over, in the cache and on the disk. Requires that it is that long.
  void spoil_part(const std::string& name, std::uint64_t offset);

 private:
  friend class FaultFile;
  friend class FaultFolder;

  struct Change {
    std::uint64_t offset;  ///< or the new length, when it is a cut
    Content bytes;
    bool is_cut;
  };
  struct Inode {
    Content cached;
    Content durable;
    std::vector<Change> unsynced;
    bool locked = false;
  };
  using InodeRef = std::shared_ptr<Inode>;
  using Names = std::map<std::string, InodeRef>;
  struct NameChange {
    std::string part;    ///< empty: none
    std::string placed;  ///< empty: none
    InodeRef inode;      ///< none: removed from ".part"
    bool durable = false;
  };
  struct Medium {
    Names parts;
    Names placed;
    Names durable_parts;
    Names durable_placed;
    std::vector<NameChange> names;
    std::uint64_t operations = 0;
    std::uint64_t power_until = ~std::uint64_t{0};
    bool dead = false;
    std::map<std::uint64_t, Errc> failures;
    unsigned full_for = 0;
    std::uint64_t full_from = 0;
    std::uint64_t free = ~std::uint64_t{0};

    /// Counts an operation; the error with which it fails, if it does.
    Result<void> begin(bool takes_room);
  };

  static void apply(const Change& change, Content& to);
  static void survive(Inode& inode, Survives survives, Rng& rng);

  std::shared_ptr<Medium> medium_;
};

}  // namespace shoal::transfer::testing
