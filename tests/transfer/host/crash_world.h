// SPDX-License-Identifier: Apache-2.0
// One process with one download on a disk of faults: the core and the part file as DownloadJob
// drives them, its threads replaced by drawn orders.
#pragma once

#include <deque>
#include <functional>
#include <set>

#include "tests/transfer/host/fault_disk.h"
#include "transfer/core/download.h"
#include "transfer/host/disk/part_file.h"

namespace shoal::transfer::testing {

/// A file that everybody knows. Made once: hashing it in each case would test nothing more.
struct KnownFile {
  explicit KnownFile(std::uint64_t length);
  [[nodiscard]] std::span<const std::uint8_t> piece(std::uint32_t index) const;
  std::vector<std::uint8_t> bytes;
  FileTree tree;
  Layout layout;
};
const KnownFile& known_file(std::size_t which);
inline constexpr std::size_t kKnownFiles = 5;

class Process {
 public:
  enum class End : std::uint8_t { kRunning, kDone, kStopped, kFailed, kDead };

  Process(FaultDisk& disk, const KnownFile& file, Rng& rng);
  /// Plays to its end. `stop_after`: after so many steps it is asked to stop.
  End run(std::uint64_t stop_after = ~std::uint64_t{0});

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] Errc error() const { return error_; }
  [[nodiscard]] std::uint64_t fetched() const { return fetched_; }
  /// The most that a kill could have cost beyond what the core told; 0 as long as it tells right.
  [[nodiscard]] std::uint64_t hidden_risk() const { return hidden_risk_; }
  [[nodiscard]] const Leftover& leftover() const { return left_; }

 private:
  using Task = std::function<void()>;

  bool step();
  void look_for_hidden_risk();
  void drain();
  void act(const AskManifest& one);
  void act(const AskRange& one);
  void act(const Rest& /*one*/) {}
  void act(const Hash& one);
  void act(const Write& one);
  void act(const Check& one);
  void act(const Sync&);
  void act(const Record& one);
  void act(const RecordManifest&);
  void act(const Place&);
  void act(const Stopped& one);
  void act(const Discard& one) { in_memory_.erase(one.piece); }
  void act(const SetAside&);
  void act(const Stalled& /*one*/) {}
  void act(const AskAgain& /*one*/) {}
  void act(const Seek&) {}
  void append(std::string record, std::vector<std::uint32_t> pieces = {});
  void end(End how, Errc error = Errc::kInternal);

  FaultDisk& disk_;
  const KnownFile& file_;
  Rng& rng_;
  Download core_;
  Effects effects_;
  std::unique_ptr<PartFile> part_;
  Leftover left_;
  Instant now_{};
  std::vector<std::uint32_t> unrecorded_;  ///< whose records wait for room
  std::set<std::uint32_t> in_memory_;      ///< pieces of which anything was asked, until a write
  std::uint64_t hidden_risk_ = 0;
  /// One after the other. DownloadJob writes and reads pieces in rows beside its syncs and records;
  /// these orders are drawn here only in so far as tasks come in another order.
  std::deque<Task> on_disk_;
  std::deque<Task> results_;  ///< of these, on their way back
  std::deque<Task> network_;
  std::vector<Task> hashing_;  ///< on any thread: in any order
  End end_ = End::kRunning;
  Errc error_ = Errc::kInternal;
  std::string path_;
  std::uint64_t fetched_ = 0;
};

}  // namespace shoal::transfer::testing
