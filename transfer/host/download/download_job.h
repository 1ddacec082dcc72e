// SPDX-License-Identifier: Apache-2.0
// One download: drives the core with links, a part file and timers. Internal to this folder.
#pragma once

#include <sys/stat.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "transfer/core/download.h"
#include "transfer/core/meter.h"
#include "transfer/host/disk/part_file.h"
#include "transfer/host/disk/piece_bytes.h"
#include "transfer/host/download/download_manager.h"
#include "transfer/host/link/source_link.h"
#include "transfer/host/serve/shelf.h"

namespace shoal::transfer {

class DownloadJob : public std::enable_shared_from_this<DownloadJob> {
 public:
  /// Why it stops. A stronger reason replaces a weaker one.
  enum class Halt : std::uint8_t { kNone, kProcessEnds, kPaused, kCancelled };
  using Ended = std::function<void()>;  ///< on the strand, once, when its files are closed

  DownloadJob(std::uint64_t id, boost::asio::any_io_executor io, boost::asio::any_io_executor work,
              std::shared_ptr<const DownloadHooks> hooks, const TransferTimes& times,
              DownloadRequest request, Ended ended);

  // Any thread.
  void start();
  void add_sources(std::vector<SourceInfo> sources, std::string key_pem);
  void stop(Halt why);
  /// Instead of start(): it was paused by the user in an earlier process, with that much done.
  void lie_held(const PieceMap& here);
  void on_reader(std::uint64_t reader, std::optional<std::uint64_t> offset);
  [[nodiscard]] DownloadStatus status() const;
  [[nodiscard]] DownloadDetails details() const;
  /// None: nothing can be served yet, or any more.
  [[nodiscard]] std::shared_ptr<ServedFile> served() const;
  /// The file that it ended with; none: it did not, or its manifest is not known. Blocks.
  [[nodiscard]] Result<std::shared_ptr<ServedFile>> placed() const;
  /// It ended with a file in that folder which is as it was left.
  [[nodiscard]] bool left_in(const std::string& folder) const;

 private:
  struct Source {
    SourceInfo info;
    std::string key_pem;
    std::size_t endpoint = 0;
    std::shared_ptr<SourceLink> link = {};
    bool set_aside = false;
    bool edited = false;                  ///< what it has: asked when a search finds it anew
    std::optional<Stalled> stalled = {};  ///< it is in a pause
    bool described = false;
    std::string why = {};                                      ///< when lost, edited or set aside
    std::shared_ptr<Meter> meter = std::make_shared<Meter>();  ///< of all streams to this peer
    std::optional<SourceStatus::Place> place = {};  ///< while it lets us wait for our turn
    bool as_friend = false;  ///< dialled with our own key though it was found with another
    bool by_key = false;     ///< as a friend it would not have us
    bool grpc_only = false;  ///< it takes no message streams
  };
  using Buffer = std::shared_ptr<PieceBytes>;

  template <class F>
  void on_strand(F f) {
    boost::asio::post(strand_, [self = shared_from_this(), f = std::move(f)] { f(*self); });
  }
  /// In the piece's row, with the file held open; not at all when the download is over by then.
  template <class F>
  void on_file(std::uint32_t piece, F f) {
    boost::asio::post(rows_[piece % rows_.size()],
                      [self = shared_from_this(), f = std::move(f)]() mutable {
                        const auto open = self->share_file();
                        if (self->part_ && !self->over_) f(*self);
                      });
  }
  [[nodiscard]] std::shared_lock<std::shared_mutex> share_file() {
    const std::lock_guard turn(file_gate_);
    return std::shared_lock(file_mutex_);
  }
  [[nodiscard]] std::unique_lock<std::shared_mutex> take_file() {
    const std::lock_guard turn(file_gate_);
    return std::unique_lock(file_mutex_);
  }
  template <class F>
  void on_work(F f) {
    boost::asio::post(work_, [self = shared_from_this(), f = std::move(f)] { f(*self); });
  }
  void opened(Result<std::unique_ptr<PartFile>> part, const Leftover& left);
  // On the disk's row, before anything else.
  [[nodiscard]] std::string lies_here(LocalCopy& copy);
  void adopt(PartFile& part, ServedFile& local, Leftover& left);
  void take_source(SourceInfo info, const std::string& key_pem);
  void take_sources(std::vector<SourceInfo> sources, const std::string& key_pem);
  void dial_all();
  void dial(SourceRef ref);
  void on_message(SourceRef ref, const Parts& message);
  void on_parsed(SourceRef ref, const ::shoal::v1::FetchResponse& message);
  void on_queued(SourceRef ref, const ::shoal::v1::Queued& queued);
  void ask_content(SourceRef ref);
  void hear_name(const std::string& name);
  void on_link_end(SourceRef ref, const grpc::Status& status);
  void drop(SourceRef ref, Fault fault);
  void set_aside(SourceRef ref, Fault fault);
  void on_stalled(const Stalled& stall);
  void ask_again(SourceRef ref);
  void consider_twin();
  [[nodiscard]] std::optional<SourceRef> other_stream(SourceRef ref) const;
  void hang_up(SourceRef ref);
  [[nodiscard]] bool left_to_other(SourceRef ref);
  [[nodiscard]] std::size_t peers_up() const;
  void found();        ///< there is a source that has what is missing
  void seek();         ///< there is no source: looks again and again until there is
  void widen();        ///< there is one: looks for more now and then
  void look_around();  ///< dials those that were lost, searches others
  [[nodiscard]] bool needs_bytes() const;
  void carry_out(const Effects& todo);
  void run();  ///< carries out the effects, then reports
  void arm();
  void hash(std::uint32_t piece);
  void write(std::uint32_t piece);
  void check(std::uint32_t piece);
  void sync();
  void record(const std::vector<std::uint32_t>& pieces);
  /// `pieces`: what it records, of which the core hears once it is written.
  void append(std::string record, std::vector<std::uint32_t> pieces = {});
  void place_if_ours();  ///< reads all of it back first where somebody else may have written
  void place();
  void offer();  ///< the manifest is known: others may have what is here
  void show();   ///< tells them what came
  void halted();
  void finish(DownloadState state, std::optional<Error> error, std::string path = {});
  void note_sources();  ///< into details_; under mutex_, as the next
  [[nodiscard]] DownloadStatus measured() const;
  [[nodiscard]] std::int64_t busy_ms() const;
  void report(bool always);
  void report_later();
  [[nodiscard]] Instant now() const;
  void ask(SourceRef ref, const ::shoal::v1::FetchRequest& request);

  const std::shared_ptr<const DownloadHooks> hooks_;
  const TransferTimes times_;
  const boost::asio::any_io_executor io_;
  const boost::asio::any_io_executor strand_;
  const boost::asio::any_io_executor work_;
  // One after the other: syncs and journal records must not overtake each other.
  const boost::asio::any_io_executor disk_;
  // Beside that, the bytes of pieces: several at once, but not all threads for one slow disk.
  const std::vector<boost::asio::any_io_executor> rows_;
  DownloadRequest request_;
  Ended ended_;
  Download core_;
  Effects effects_;
  std::shared_ptr<PartFile> part_;
  std::vector<std::uint32_t> unrecorded_;  ///< on disk_: whose records wait for room
  /// Shared by what reads and writes pieces, alone by what opens the file anew or closes it.
  std::shared_mutex file_mutex_;
  /// Held until either is got, so that no piece overtakes what waits to be alone: the mutex itself
  /// would let one after the other in.
  std::mutex file_gate_;
  std::map<SourceRef, Source> sources_;  ///< one for each peer, and twin_
  std::map<std::uint32_t, Buffer> buffers_;
  /// The piece that was written when its hash was made, of which the core is being told.
  std::optional<std::uint32_t> written_;
  boost::asio::steady_timer sync_timer_;
  boost::asio::steady_timer seek_timer_;
  std::chrono::milliseconds seek_pause_;
  boost::asio::steady_timer widen_timer_;
  std::chrono::milliseconds widen_pause_;
  boost::asio::steady_timer report_timer_;
  std::chrono::steady_clock::time_point reported_;
  bool report_late_ = false;      ///< the timer will tell
  std::shared_ptr<Shelf> shelf_;  ///< while it is served; changes under mutex_
  std::uint64_t shown_ = 0;       ///< core_.news() of the last update
  Meter meter_;
  std::chrono::steady_clock::time_point began_;
  std::optional<Error> disk_error_;
  std::size_t doubts_ = 0;  ///< times that somebody else had written to the part file
  std::uint32_t refs_ = 0;
  /// The second stream to a peer whose first is up: an entry of its own in sources_, dialled from
  /// the start to the end. Whoever looks at sources_ as peers leaves it out.
  std::optional<SourceRef> twin_;
  Instant twin_after_{};  ///< no other one before
  std::chrono::milliseconds twin_pause_;
  bool seeking_ = false;
  bool widening_ = false;
  bool sought_ = false;  ///< once: the first time needs no pause
  Halt halt_ = Halt::kNone;
  std::atomic<bool> over_ = false;
  std::atomic<bool> halting_ = false;  ///< for what runs long off the strand
  mutable std::mutex mutex_;
  struct stat left_ {};      ///< of the file it ended with; guarded by mutex_
  DownloadDetails details_;  ///< guarded by mutex_, as what follows
  /// Of details_.status.from: how fast, and how long silent.
  struct Seen {
    Meter meter;
    std::optional<Instant> silent_since = {};
    std::optional<Instant> again = {};  ///< none: it is not in a pause
  };
  std::vector<Seen> seen_;
  Meter meter_seen_;
};

}  // namespace shoal::transfer
