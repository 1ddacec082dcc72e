// SPDX-License-Identifier: Apache-2.0
// What all served streams of one content have been given. Internal to this folder.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "proto/asio.h"
#include "proto/types/ids.h"
#include "transfer/core/spread.h"

namespace shoal::transfer {

/// A Spread for each content of which somebody has a turn. Any thread. Streams may call it under a
/// lock of their own: what they hear is posted to `io`.
class SpreadDesk {
 public:
  explicit SpreadDesk(boost::asio::any_io_executor io) : io_(std::move(io)) {}

  /// A turn begins; see Spread. `news`: call take_news(); heard late, it brings nothing.
  std::optional<PieceMap> begin(UploadRef turn, const ContentId& content, std::uint32_t pieces,
                                const PeerId& peer, std::function<void()> news);
  /// Requires that its turn has begun, and a piece of its content.
  void on_asked(UploadRef turn, std::uint32_t piece);
  void on_sent(UploadRef turn, std::uint32_t piece);
  std::vector<std::uint32_t> take_news(UploadRef turn);
  /// Unknown ones are ignored.
  void end(UploadRef turn);

 private:
  struct Turn {
    ContentId content;
    std::function<void()> news;
  };
  Spread& spread_of(UploadRef turn) { return contents_.at(turns_.at(turn).content); }

  boost::asio::any_io_executor io_;
  std::mutex mutex_;  ///< guards what follows
  std::map<UploadRef, Turn> turns_;
  std::map<ContentId, Spread> contents_;
};

}  // namespace shoal::transfer
