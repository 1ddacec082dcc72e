// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "proto/types/limits.h"
#include "proto/types/time.h"
#include "transfer/core/effects.h"
#include "transfer/core/manifest.h"
#include "transfer/core/piece_map.h"
#include "transfer/core/scheduler.h"
#include "transfer/core/stalls.h"

namespace shoal::transfer {

/// One content on its way here, from any number of sources. Bytes stay with the driver; this
/// machine says what to do with them.
///
/// First the manifest, from one source at a time, believed once it fits the root. Then each piece:
/// asked, hashed, compared, only then written, recorded once it is durable. What an earlier process
/// left is read back and compared at the end, before the file gets its name (Place); what this one
/// wrote is not, since that would ask the page cache for what was just put there, unless somebody
/// else may have written there, too (on_doubt).
/// A full disk is waited for: pieces that do not fit stay in memory, nothing more is asked than
/// fits there, and one of them is tried again every limits::kRoomPause. After a failed sync nobody
/// knows what of the unsynced pieces is on the disk, and reading them back would ask the page
/// cache: they are fetched and written again.
///
/// A source that owes an answer and sends none for Patience::silence is set aside for a pause
/// (Stalled, then AskAgain) when others go on (Scheduler::others_go_on): so the way here is
/// no reason, and there is somebody to go on with. Of the manifest, which one source
/// alone is asked for, when another one is up; one that is being paced is left, not set aside. Who
/// holds back to keep to a rate has not stalled, and none has while this machine slept. The one
/// that is all there is, is waited for.
///
/// Calls are never nested. After Place (but for on_doubt()) and Stopped inputs are ignored.
class Download {
 public:
  enum class Phase : std::uint8_t { kManifest, kPieces, kLastCheck, kPlaced, kStopped };

  /// Requires id.length <= limits::kFileBytesMax. `salt`: whatever sets this peer apart from others
  /// that fetch the same, see Scheduler.
  explicit Download(const ContentId& id, std::uint64_t salt = 0, const Patience& patience = {});

  /// What a journal says; before start. `layer` is judged against the root and ignored when wrong,
  /// with the claims. Pieces in `sure` are durable (a clean stop followed); those in `claimed` are
  /// read back before they are trusted. Requires maps of layout().pieces.
  void restore(const std::vector<Hash256>& layer, const PieceMap& sure, const PieceMap& claimed);
  void start(Instant now, Effects& effects);

  /// It is `now`: before inputs that do not tell the time, when it may have gone on much.
  void at(Instant now) { now_ = std::max(now_, now); }

  /// A source is up. `have` none: every piece; one that has none yet may say later what it got.
  /// `given`: what it gave to others, if it says so. Requires maps of layout().pieces.
  void on_source(SourceRef source, std::optional<PieceMap> have, Effects& effects,
                 std::optional<PieceMap> given = std::nullopt);
  void on_source_gone(SourceRef source, Effects& effects);
  /// A source got pieces. One that tells nothing new, or of what cannot be, is set aside.
  void on_have(SourceRef source, std::span<const std::uint32_t> pieces, Effects& effects);
  /// A source gave pieces to others. One that says so twice is set aside.
  void on_given(SourceRef source, std::span<const std::uint32_t> pieces, Effects& effects);
  /// A source says that it keeps to a rate, so that bytes are late.
  void on_paced(SourceRef source, Instant now);
  void on_manifest(SourceRef source, std::uint32_t first, std::span<const Hash256> hashes,
                   Effects& effects);
  /// True: keep the bytes until Write or Discard of their piece; false: throw them away.
  bool on_chunk(SourceRef source, std::uint64_t offset, std::uint32_t length, Instant now,
                Effects& effects);
  void on_hashed(std::uint32_t piece, const Hash256& hash, Effects& effects);
  /// `error` none: written. kNoSpace: waited for. Others end the download.
  void on_written(std::uint32_t piece, std::optional<Errc> error, Instant now, Effects& effects);
  /// `hash` none: could not be read.
  void on_checked(std::uint32_t piece, std::optional<Hash256> hash, Effects& effects);
  void on_synced(bool durable, Instant now, Effects& effects);
  /// All records so far are written: these pieces are those that were not told yet.
  void on_recorded(std::span<const std::uint32_t> pieces, Effects& effects);
  /// The journal found no room. What it should hold is written with the next record: a Record of
  /// nothing comes after limits::kRoomPause.
  void on_record_waits(Instant now, Effects& effects);
  /// Somebody reads the file while it comes and stands at byte `offset`: what follows, up to
  /// limits::kReadAheadBytes, is fetched first. None: that reader has ended.
  void on_reader(std::uint64_t reader, std::optional<std::uint64_t> offset, Effects& effects);
  /// Instead of giving the file its name, when Place asks for that: somebody else may have written
  /// to it. All of it is read back first, and what is wrong fetched again. Requires that nothing
  /// else was told since Place.
  void on_doubt(Effects& effects);
  /// The driver cannot go on (journal, folder).
  void on_trouble(Errc reason, Effects& effects);
  /// To be called at deadline().
  void on_timer(Instant now, Effects& effects);
  [[nodiscard]] std::optional<Instant> deadline() const;
  /// Stop, record what is here, end with Stopped.
  void stop(Effects& effects);

  [[nodiscard]] Phase phase() const { return phase_; }
  [[nodiscard]] const Layout& layout() const { return manifest_.layout(); }
  /// Requires phase() past kManifest, or a whole manifest.
  [[nodiscard]] const std::vector<Hash256>& layer() const { return manifest_.layer(); }
  /// All that a journal claimed was read back.
  [[nodiscard]] bool claims_checked() const {
    return phase_ >= Phase::kLastCheck || (to_check_.count() == 0 && checking_.empty());
  }
  /// The disk was full at the last write, or no more may be asked for until the journal has room.
  [[nodiscard]] bool waits_for_room() const {
    return !over() && (full_ || (record_waits_ && tight()));
  }
  [[nodiscard]] bool knows_manifest() const { return manifest_.whole(); }
  /// What is verified and lies on the disk, and may be given to others though it is not durable
  /// yet. `news` is another number whenever it has changed.
  [[nodiscard]] const PieceMap& here() const { return here_; }
  [[nodiscard]] std::uint64_t news() const { return news_; }
  /// What a source that is up has; none: everything, or it is not up.
  [[nodiscard]] std::optional<PieceMap> pieces_of(SourceRef source) const;
  /// Since when the source owes an answer, and this machine was awake; none: it owes nothing.
  [[nodiscard]] std::optional<Instant> silent_since(SourceRef source) const;
  /// Something is missing, and no source that is up has any of it.
  [[nodiscard]] bool starved() const;
  /// The source is nearly all that there is, was right so far and sends so fast (at least `rate`
  /// bytes per second) that another connection to the same peer, as one more source, may bring what
  /// is missing sooner. See limits::kTwinStreams.
  [[nodiscard]] bool worth_twin(SourceRef source, std::uint64_t rate) const;
  /// The bytes of here().
  [[nodiscard]] std::uint64_t bytes_done() const { return bytes_done_; }
  /// Of bytes_done(): restored, and sure or found right when they were read back.
  [[nodiscard]] std::uint64_t bytes_found() const { return bytes_found_; }
  [[nodiscard]] std::uint64_t bytes_wasted() const { return bytes_wasted_; }
  /// What a crash could cost: the pieces that are in memory or being fetched, and those written
  /// that no journal names yet. At most limits::kSyncBytes.
  [[nodiscard]] std::uint64_t bytes_at_risk() const {
    return scheduler_.memory() + unrecorded_bytes_;
  }

 private:
  void go_on(Effects& effects);
  void settle(Effects& effects);
  void ask_manifest(Effects& effects);
  void begin_pieces(Effects& effects);
  void begin_sync(Effects& effects);
  void begin_checks(Effects& effects);
  void write(std::uint32_t piece, Effects& effects);
  void came(std::uint32_t piece);
  void lost(std::uint32_t piece);
  void on_full(std::uint32_t piece, Instant now);
  [[nodiscard]] std::optional<Instant> sync_due() const;
  void set_aside(SourceRef source, Fault fault, Effects& effects);
  void drop_source(SourceRef source, Effects& effects);
  [[nodiscard]] std::optional<Instant> stall_deadline() const;
  void look_for_stalls(Effects& effects);
  void judge_silence(Effects& effects);
  void leave_manifest_source();
  void stalled(SourceRef source, Instant since, Effects& effects);
  void fail(Errc reason, Effects& effects);
  /// Not a piece more could be lost.
  [[nodiscard]] bool tight() const {
    return bytes_at_risk() + layout().piece_length > limits::kSyncBytes;
  }
  [[nodiscard]] bool over() const { return phase_ >= Phase::kPlaced; }

  ContentId id_;
  ManifestBuilder manifest_;
  Scheduler scheduler_;
  Patience patience_;
  Stalls stalls_;
  std::optional<Instant> look_at_;  ///< for sources that have stalled; none: no use in it
  Instant awake_since_{};           ///< silence before that is nobody's fault
  Instant now_{};                   ///< the latest time that an input told
  Phase phase_ = Phase::kManifest;
  bool started_ = false;
  bool stopping_ = false;
  bool seeking_ = false;
  bool syncing_ = false;
  bool full_ = false;
  bool record_waits_ = false;
  std::optional<Instant> record_again_at_;
  std::optional<Errc> reason_;
  std::optional<SourceRef> manifest_from_;
  std::optional<ManifestRange> manifest_asked_;
  Instant manifest_asked_at_{};
  std::vector<SourceRef> manifest_left_;  ///< asked for it, and not waited for: it may come late
  PieceMap here_;
  PieceMap held_;      ///< of here_, durable, or claimed to be and sure
  PieceMap to_check_;  ///< to be read back: claimed, or of held_ in the last check
  PieceMap found_;     ///< of held_: those of bytes_found_
  PieceMap verified_;  ///< of held_: this process wrote them or has read them back last
  std::vector<std::uint32_t> checking_;
  std::vector<std::uint32_t> hashing_;
  std::vector<std::uint32_t> writing_;
  std::vector<std::uint32_t> blocked_;  ///< in memory, no room on the disk
  std::optional<Instant> retry_at_;
  std::vector<std::uint32_t> unsynced_;
  std::vector<std::uint32_t> in_sync_;
  std::optional<Instant> unsynced_since_;
  std::uint64_t unsynced_bytes_ = 0;
  std::uint64_t unrecorded_bytes_ = 0;  ///< written: unsynced, being synced or being recorded
  std::uint64_t news_ = 0;
  std::uint64_t bytes_done_ = 0;
  std::uint64_t bytes_found_ = 0;
  std::uint64_t bytes_wasted_ = 0;
  unsigned disk_faults_ = 0;
};

}  // namespace shoal::transfer
