// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "proto/types/ids.h"
#include "proto/types/result.h"
#include "transfer/core/piece_map.h"

namespace shoal::transfer {

/// A file that this peer shares, or is fetching itself, held open while a stream serves it.
///
/// Threads: `read` may be called by several threads at once; it blocks on the disk.
class ServedFile {
 public:
  virtual ~ServedFile() = default;

  /// What it is called here: one component, no path.
  [[nodiscard]] virtual std::string name() const = 0;
  /// Its manifest, one hash per piece.
  [[nodiscard]] virtual const std::vector<Hash256>& layer() const = 0;
  /// The pieces that are here by now; none: every piece. Any thread.
  [[nodiscard]] virtual std::optional<PieceMap> pieces() const { return std::nullopt; }
  /// Calls `news` whenever pieces() has changed, until what it returns is gone: from any thread,
  /// under a lock of the file, so it must neither block nor call the file.
  [[nodiscard]] virtual std::shared_ptr<void> listen(std::function<void()> news) {
    static_cast<void>(news);
    return nullptr;
  }
  /// Fills `into` with the bytes from `offset` on and checks afterwards that the file is still the
  /// one that was hashed. Requires that the range lies in one piece of the file.
  /// Errors: kSourceChanged (edited, truncated or replaced since), kNotFound (the piece is not
  /// here, or not any more), kIo.
  virtual Result<void> read(std::uint64_t offset, std::span<std::uint8_t> into) = 0;
  /// As read(), unless that had to wait, for a disk or a lock: then false, and `into` is not to be
  /// looked at. Who cannot tell says false.
  virtual Result<bool> read_now(std::uint64_t offset, std::span<std::uint8_t> into) {
    static_cast<void>(offset);
    static_cast<void>(into);
    return false;
  }
};

/// Where the transfer service finds what it may serve. Blocking; any thread.
class FileSource {
 public:
  virtual ~FileSource() = default;

  /// Errors: kNotFound (not shared), kSourceChanged (edited since it was shared), kIo.
  virtual Result<std::shared_ptr<ServedFile>> open_file(const ContentId& id) = 0;
};

}  // namespace shoal::transfer
