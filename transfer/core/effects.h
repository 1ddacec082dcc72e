// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "proto/types/errc.h"
#include "proto/types/ids.h"
#include "proto/types/time.h"
#include "transfer/core/manifest.h"

namespace shoal::transfer {

/// A peer that serves a download, as its driver names it. Never reused within one download.
using SourceRef = Id<struct SourceRefTag, std::uint32_t>;

/// What a source did that ends its part in a download.
enum class Fault : std::uint8_t {
  kWrongManifest,  ///< its manifest is not what the root names
  kWrongPiece,     ///< a piece from it has another hash
  kUnasked,        ///< it sent what was not asked, or not in that order
  kWrongMap,       ///< what it says to have cannot be read
};

/// Ask a source for hashes. The answer is on_manifest.
struct AskManifest {
  SourceRef source;
  ManifestRange range;
  friend bool operator==(const AskManifest&, const AskManifest&) = default;
};
/// Ask a source for bytes of one piece. The answer is on_chunk.
struct AskRange {
  SourceRef source;
  std::uint64_t offset;
  std::uint32_t length;
  friend bool operator==(const AskRange&, const AskRange&) = default;
};
/// Tell a source that nothing it has is needed now, so that it may serve others. No answer.
struct Rest {
  SourceRef source;
  friend bool operator==(const Rest&, const Rest&) = default;
};
/// Hash the piece that was collected in memory: on_hashed.
struct Hash {
  std::uint32_t piece;
  friend bool operator==(const Hash&, const Hash&) = default;
};
/// Write the piece from memory to the part file: on_written. Free it when that went well; when
/// there was no room the same Write comes again later.
struct Write {
  std::uint32_t piece;
  friend bool operator==(const Write&, const Write&) = default;
};
/// Free what was collected of the piece. No answer.
struct Discard {
  std::uint32_t piece;
  friend bool operator==(const Discard&, const Discard&) = default;
};
/// Read the piece from the part file and hash it: on_checked.
struct Check {
  std::uint32_t piece;
  friend bool operator==(const Check&, const Check&) = default;
};
/// Make durable all that was written (answered by on_written) before: on_synced. If that fails,
/// the file must be opened anew: the same descriptor is never synced again.
struct Sync {
  friend bool operator==(const Sync&, const Sync&) = default;
};
/// Append to the journal: these pieces are durable; none: only what found no room before. Answered
/// by on_recorded, in order; without room by on_record_waits; other trouble is on_trouble.
struct Record {
  std::vector<std::uint32_t> pieces;
  friend bool operator==(const Record&, const Record&) = default;
};
/// Append the manifest to the journal. No answer.
struct RecordManifest {
  friend bool operator==(const RecordManifest&, const RecordManifest&) = default;
};
/// Hang up on a source; it is not used again in this download. No answer.
struct SetAside {
  SourceRef source;
  Fault fault;
  friend bool operator==(const SetAside&, const SetAside&) = default;
};
/// Hang up on a source that answers nothing while another one does; AskAgain comes at `again`.
struct Stalled {
  SourceRef source;
  Instant since;  ///< it sent nothing
  Instant again;
  friend bool operator==(const Stalled&, const Stalled&) = default;
};
/// The pause of a source that had stalled is over: dial it. When it is up, that is on_source.
struct AskAgain {
  SourceRef source;
  friend bool operator==(const AskAgain&, const AskAgain&) = default;
};
/// No source that is up has what is missing: find others. Said once per shortage.
struct Seek {
  friend bool operator==(const Seek&, const Seek&) = default;
};
/// Every byte is verified as it lies on the disk: give the file its name. The last effect.
struct Place {
  friend bool operator==(const Place&, const Place&) = default;
};
/// Stopped, as asked or because of `reason`; what is durable is recorded. The last effect.
struct Stopped {
  std::optional<Errc> reason;
  friend bool operator==(const Stopped&, const Stopped&) = default;
};

using Effect = std::variant<AskManifest, AskRange, Rest, Hash, Write, Discard, Check, Sync, Record,
                            RecordManifest, SetAside, Stalled, AskAgain, Seek, Place, Stopped>;

/// What a core asks of its driver, in this order; the driver drains it after each input.
using Effects = std::vector<Effect>;

}  // namespace shoal::transfer
