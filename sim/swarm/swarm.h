// SPDX-License-Identifier: Apache-2.0
// Many peers fetch one file from one that has it and from one another.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <tuple>
#include <vector>

#include "proto/types/rng.h"
#include "sim/swarm/shared_line.h"
#include "transfer/core/download.h"
#include "transfer/core/shaper.h"
#include "transfer/core/spread.h"
#include "transfer/core/upload.h"
#include "transfer/core/upload_queue.h"

namespace shoal::sim {

struct SwarmSpec {
  std::uint32_t leechers = 100;
  std::uint64_t bytes = std::uint64_t{128} << 20U;  ///< the file, above 0
  std::uint64_t seed_up = 12'500'000;               ///< bytes per second, above 0; as all of these
  std::uint64_t up = 12'500'000;                    ///< of each leecher
  std::uint64_t down = 12'500'000;                  ///< of each leecher
  std::vector<std::uint64_t> downs = {};            ///< instead, by leecher; empty: all as `down`
  Duration delay = std::chrono::milliseconds(20);   ///< one way
  bool twins = false;          ///< each leecher takes a spare turn at the seed whenever it can
  std::uint32_t sources = 16;  ///< leechers that each leecher knows, beside the seed; drawn
  transfer::UploadSlots slots = {};
  transfer::UploadRates rates = {};  ///< that the seed keeps to; PeerIds by peer_id()
  std::uint32_t silent = 0;  ///< so many leechers, the first, send nothing more from silent_at on
  Instant silent_at{};
  Duration stop_after = std::chrono::hours(24);
  std::uint64_t seed = 1;
};

struct SwarmResult {
  std::vector<Instant> done;        ///< by leecher; Instant::max(): not done
  std::vector<std::uint64_t> from;  ///< bytes sent, by peer; 0 is the seed
  std::uint64_t wasted = 0;         ///< bytes that came and were thrown away
  std::uint64_t turns = 0;
  std::uint64_t refused = 0;  ///< knocked at a full queue, or for a spare turn that was none
  std::uint64_t spare = 0;    ///< of `turns`
  std::uint64_t stalled = 0;  ///< sources set aside because they answered nothing
  std::uint64_t stalled_falsely = 0;  ///< of these, sources that did not fall silent
  std::uint64_t events = 0;
  [[nodiscard]] Instant last() const;
};

/// What no distribution can be faster than: max(F/u_s, F/d, N F/(u_s + N u)) (Kumar, Ross: "Peer-
/// assisted file distribution: the minimum distribution time", HotWeb 2006). All lines as in the
/// spec, without `downs`.
Duration fluid_bound(const SwarmSpec& spec);

/// How long so many bytes take at that rate, rounded up.
Duration time_for(std::uint64_t bytes, std::uint64_t rate);

/// The identity of peer `index` of a swarm.
PeerId peer_id(std::uint32_t index);

/// Drives the cores of transfer/core in virtual time: each leecher a Download, each peer that has
/// something an UploadQueue, a Shaper and an Upload per stream. Bytes do not exist.
///
/// An uplink is shared equally by the answers under way, a downlink takes one after the other; 2
/// MiB of a stream may be on their way, so a slow taker holds up nobody else. Everybody has the
/// manifest from the start. A leecher learns of another's first piece at once, and dials whoever
/// refused it again after growing pauses, as a download on the wire does. Have-updates are told in
/// batches. Whoever is done stays and serves. Equal specs give equal runs.
class Swarm {
 public:
  /// Called for each answer that peer `from` begins to send to `to`.
  using OnSent =
      std::function<void(std::uint32_t from, std::uint32_t to, Instant at, std::uint32_t bytes)>;

  explicit Swarm(SwarmSpec spec, OnSent on_sent = nullptr);
  /// Until all are done or spec.stop_after has passed. Call once.
  SwarmResult play();
  [[nodiscard]] const transfer::Download& download(std::uint32_t leecher) const {
    return *peers_[leecher + 1].download;
  }

 private:
  enum class Kind : std::uint8_t {
    kWish,       ///< a server hears that a stream wants a turn
    kDescribed,  ///< a fetcher hears that its turn has begun, and what is there
    kHave,       ///< a fetcher hears of new pieces
    kGiven,      ///< a fetcher hears which pieces others got
    kOver,       ///< a fetcher hears that its turn is over
    kAsked,      ///< a server gets a request
    kRest,       ///< a server hears that a fetcher needs nothing
    kChunk,      ///< a fetcher gets an answer
    kTaken,      ///< a server hears that an answer was taken
    kLine,       ///< something is through an uplink
    kNews,       ///< a server tells what it got
    kTimer,      ///< a peer's own deadlines
  };
  struct Event {
    Instant at;
    std::uint64_t number;
    Kind kind;
    std::uint32_t who;       ///< a stream; for the last three a peer
    std::uint32_t turn = 0;  ///< of the stream
    std::uint32_t length = 0;
    std::uint64_t offset = 0;
    friend bool operator>(const Event& a, const Event& b) {
      return std::tie(a.at, a.number) > std::tie(b.at, b.number);
    }
  };
  struct Stream {
    std::uint32_t server;
    std::uint32_t fetcher;
    std::uint32_t turn = 0;
    std::optional<transfer::Upload> upload;       ///< in its turn
    std::optional<transfer::Upload::Read> held;   ///< to be sent next
    std::optional<transfer::PieceMap> told;       ///< with the description under way
    std::optional<transfer::PieceMap> given;      ///< with it, too
    std::queue<std::vector<std::uint32_t>> news;  ///< under way
    std::optional<std::uint32_t> piece;           ///< of the last answer
    std::uint64_t under_way = 0;                  ///< bytes that were not taken yet
    std::uint32_t on_line = 0;                    ///< of these, in the uplink
    bool partial = false;                         ///< pieces may come at the server
    bool wants_tokens = false;
    Instant last_arrival{};
    Duration pause{};  ///< until it knocks again
    bool spare = false;
    bool knocks = false;                     ///< a spare one that will ask for its turn
    std::optional<std::uint32_t> twin = {};  ///< the spare stream beside it, the next one
  };
  struct Peer {
    explicit Peer(const SwarmSpec& spec, std::uint64_t up, Instant now, bool seeds);

    std::optional<transfer::Download> download;
    transfer::Effects effects;
    std::optional<transfer::PieceMap> here;  ///< none: all
    transfer::UploadQueue queue;
    transfer::Spread spread;
    transfer::Shaper shaper;
    SharedLine line;
    std::vector<std::uint32_t> serves;    ///< streams in their turn
    std::vector<std::uint32_t> known_by;  ///< streams that may fetch from it
    Instant down_free{};
    std::uint64_t down;
    bool news_due = false;
    std::optional<Instant> timer;
    std::optional<Instant> line_due;
  };

  void at(Instant when, Kind kind, std::uint32_t who, std::uint32_t turn = 0,
          std::uint64_t offset = 0, std::uint32_t length = 0);
  void happen(const Event& event);
  void draw_sources();
  void wish(std::uint32_t stream);
  void knock_again(std::uint32_t stream);
  void described(const Event& event);
  void over(const Event& event);
  void chunk(const Event& event);
  void asked(const Event& event);
  void tell_news(std::uint32_t peer);
  void timer(std::uint32_t peer);
  void line(std::uint32_t peer);

  void serve(std::uint32_t peer);
  void begin_turn(std::uint32_t stream);
  void end_turn(std::uint32_t stream);
  void offer(std::uint32_t stream);
  void send(std::uint32_t stream);
  void drain(std::uint32_t peer);
  void hang_up(std::uint32_t stream);
  [[nodiscard]] bool is_silent(std::uint32_t peer) const;
  void got(std::uint32_t peer, std::uint32_t piece);
  void finish(std::uint32_t peer);
  void arm(std::uint32_t peer);
  [[nodiscard]] Instant arrival(const Stream& stream) const;
  [[nodiscard]] bool is_done(std::uint32_t peer) const;

  SwarmSpec spec_;
  OnSent on_sent_;
  transfer::Layout layout_;
  std::vector<Hash256> layer_;
  std::vector<Peer> peers_;
  std::vector<Stream> streams_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t number_ = 0;
  Instant now_{};
  std::uint32_t left_ = 0;
  SwarmResult result_;
};

}  // namespace shoal::sim
