// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "proto/http/admission.h"
#include "proto/types/limits.h"
#include "proto/types/limits_http.h"

namespace shoal::http {

/// The connections of a server: who is let in, and who has to give way to others.
///
/// A connection waits for its client (to send, or to read) or is at work. When there is no room
/// for a newcomer, or the memory of those that wait is used up, the one that has waited for longest
/// goes: an honest client is quick, and one that is not has had its time. None at work ever goes.
/// Not thread-safe. Cost: O(log connections), and O(connections) where somebody has to go.
class Guests {
 public:
  using Id = std::uint64_t;
  struct Limits {
    std::size_t connections_max = limits::kHttpConnections;
    std::size_t per_address_max = limits::kHttpConnectionsPerAddress;
    std::size_t unfinished_max = limits::kHttpUnfinishedBytes;
    std::size_t unread_max = limits::kHttpUnreadBytes;
  };
  /// What a connection waits for.
  enum class For : std::uint8_t { kRequest, kReader };

  /// Bytes that the client of a guest has read in all, as far as is known.
  using ReadSoFar = std::function<std::uint64_t(Id)>;

  /// `read_so_far` is asked about a reader before it has to go; none: only read_on() tells.
  explicit Guests(Limits limits, ReadSoFar read_so_far = {});

  /// One that has to be cut, and what it holds until then.
  struct Leaver {
    Id id;
    std::size_t bytes;
    friend bool operator==(const Leaver&, const Leaver&) = default;
  };
  struct Entry {
    std::optional<Id> in;  ///< the newcomer, who waits; none: no room
    std::optional<Leaver> gave_way;
  };
  /// A connection of the address `key`. `exempt`: it is counted only in the total.
  Entry enter(const std::string& key, bool exempt);
  /// It ended. Nothing when it gave way before.
  void leave(Id guest);

  /// It waits and holds so many bytes. Its time counts from when it began to wait for that, after
  /// work() or the other. Returns who gives way and is to be cut: itself too, with nothing, when it
  /// did before.
  std::vector<Leaver> wait(Id guest, For what, std::size_t bytes);
  /// Its client has read some: it waits anew. Nothing when it does not wait.
  void read_on(Id guest);
  /// It is at work and cannot be made to go. False: it gave way before.
  bool work(Id guest);

  [[nodiscard]] std::size_t connections() const { return admission_.connections(); }
  /// Bytes of those that wait.
  [[nodiscard]] std::size_t bytes(For what) const {
    return what == For::kRequest ? unfinished_ : unread_;
  }

 private:
  struct Guest {
    std::string key;
    std::uint64_t since = 0;  ///< its place among those that wait; 0: at work
    For what = For::kRequest;
    std::size_t bytes = 0;
    std::uint64_t read = 0;    ///< so far, when last asked
    std::uint64_t credit = 0;  ///< of that, what it has not been spared for
  };
  using Waiting = std::map<std::uint64_t, Id>;  ///< the longest first

  std::size_t& sum(For what) { return what == For::kRequest ? unfinished_ : unread_; }
  void stop_waiting(Guest& guest);
  std::size_t remove(std::map<Id, Guest>::iterator guest);
  bool has_read_on(Id id, Guest& guest) const;
  using Fits = std::function<bool(const Guest&)>;
  std::optional<Id> next_to_go(const Fits& fits, std::optional<Id> newcomer);

  const Limits limits_;
  const ReadSoFar read_so_far_;
  Admission admission_;
  std::map<Id, Guest> guests_;
  Waiting waiting_;
  Id next_ = 1;
  std::uint64_t clock_ = 0;
  std::size_t unfinished_ = 0;
  std::size_t unread_ = 0;
};

}  // namespace shoal::http
