// SPDX-License-Identifier: Apache-2.0
// The floor under a flood: the same frames over the same links, and nothing but "forward what was
// not seen before, and answer when all of that is answered".
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace shoal::overlay {

/// How many frames of each kind have arrived anywhere, and at how many peers the first one; and how
/// many ends of links there are.
struct Heard {
  std::atomic<std::size_t> ends = 0;
  std::atomic<std::size_t> queries = 0;
  std::atomic<std::size_t> echoes = 0;
  std::atomic<std::size_t> reached = 0;
};

/// One peer of the floor. A frame is a kind, some filling and 16 bytes that say which flood it is
/// of. Each frame of a query is answered by one echo: at once where it is a repeat, else when all
/// that were sent on are answered. That is what a flood sends, frame by frame. A silent query is
/// not answered. Calls are never concurrent.
class FloorPeer {
 public:
  static constexpr std::size_t kIdBytes = 16;
  static constexpr char kQuery = 'q';
  static constexpr char kSilent = 's';
  static constexpr char kEcho = 'e';

  /// A frame of so many bytes in all.
  static std::string frame(char kind, std::size_t bytes, std::uint64_t flood) {
    std::string id = std::to_string(flood);
    id.insert(0, kIdBytes - id.size(), '0');
    return kind + std::string(bytes - 1 - kIdBytes, '.') + id;
  }

  /// `echo_bytes`: of each echo.
  FloorPeer(Heard& heard, std::size_t echo_bytes) : heard_(heard), echo_bytes_(echo_bytes) {}
  virtual ~FloorPeer() = default;
  FloorPeer(const FloorPeer&) = delete;
  FloorPeer& operator=(const FloorPeer&) = delete;

 protected:
  /// By its number: they are counted from 0.
  virtual void send(std::size_t end, std::string frame) = 0;
  std::size_t add_end() {
    ++heard_.ends;
    return ends_++;
  }

  /// `ended` is called when all is answered.
  void start(const std::string& frame, std::function<void()> ended) {
    ended_ = std::move(ended);
    take_query(std::nullopt, frame);
  }
  void take(std::size_t from, const std::string& frame) {
    if (frame.front() == kEcho) {
      take_echo(frame);
    } else if (frame.front() == kQuery || frame.front() == kSilent) {
      ++heard_.queries;
      take_query(from, frame);
    }
  }

 private:
  /// What a peer knows of one flood.
  struct Asked {
    std::optional<std::size_t> from;  ///< none: its origin
    std::size_t open;                 ///< frames sent on and not answered
  };

  static std::string id_of(const std::string& frame) {
    return frame.substr(frame.size() - kIdBytes);
  }
  void take_query(std::optional<std::size_t> from, const std::string& frame) {
    const auto [at, first] = asked_.try_emplace(id_of(frame), Asked{from, 0});
    if (!first) return answer(*from, frame);
    ++heard_.reached;
    for (std::size_t end = 0; end < ends_; ++end) {
      if (end == from) continue;
      ++at->second.open;
      send(end, frame);
    }
    if (at->second.open == 0 && from) answer(*from, frame);
  }
  void answer(std::size_t to, const std::string& frame) {
    if (frame.front() == kSilent) return;
    send(to, kEcho + std::string(echo_bytes_ - 1 - kIdBytes, '.') + id_of(frame));
  }
  void take_echo(const std::string& frame) {
    ++heard_.echoes;
    Asked& asked = asked_.at(id_of(frame));
    if (--asked.open > 0) return;
    if (asked.from) return send(*asked.from, frame);
    ended_();
  }

  Heard& heard_;
  const std::size_t echo_bytes_;
  std::size_t ends_ = 0;
  std::map<std::string, Asked> asked_;
  std::function<void()> ended_;  ///< of the last own flood
};

}  // namespace shoal::overlay
