// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/types/ids.h"
#include "transfer/core/piece_map.h"
#include "transfer/host/disk/download_request.h"

namespace shoal::transfer {

/// What a journal says about a download. The format: records of
/// XXH3 (8 bytes, over all that follows in the record) | length (4) | sequence (4) | kind (1) |
/// body with little-endian numbers; sequences count from 0. Reading ends at the first record that
/// is not whole, right and next in sequence: what stands before is true, what follows is cut off.
struct JournalContents {
  std::optional<DownloadRequest> request;  ///< none: the head is missing, the journal is useless
  std::vector<Hash256> layer;              ///< empty: not known yet
  PieceMap sure;                           ///< recorded before the last clean stop
  PieceMap claimed;                        ///< recorded since
  bool paused = false;                     ///< by the user, who has not let it go on since
  std::string placing;                     ///< the last name that was to be given; or empty
  std::uint32_t records = 0;
  std::size_t good_bytes = 0;  ///< where to go on
};

/// Encoded records; `sequence` is advanced.
class JournalWriter {
 public:
  explicit JournalWriter(std::uint32_t next_sequence = 0) : sequence_(next_sequence) {}
  std::string head(const DownloadRequest& request);
  /// Sources or key changed.
  std::string sources(const std::vector<SourceInfo>& sources, std::string_view key_pem);
  std::string manifest(const std::vector<Hash256>& layer);
  std::string pieces(const std::vector<std::uint32_t>& pieces);
  std::string clean_stop();
  /// What was sure is only claimed: its bytes went, and other bytes may come in their place.
  std::string doubt();
  /// The user paused it, or lets it go on.
  std::string paused(bool yes);
  /// The number that users know it by.
  std::string number(std::uint64_t id);
  /// The file is about to get this name.
  std::string placing(const std::string& name);

 private:
  std::string record(std::uint8_t kind, std::string_view body);
  std::uint32_t sequence_;
};

/// Never fails: bytes that are no journal give no request.
JournalContents read_journal(std::string_view bytes);

}  // namespace shoal::transfer
