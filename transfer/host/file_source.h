// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "proto/types/ids.h"
#include "proto/types/result.h"

namespace shoal::transfer {

/// A file that this peer shares, held open while a stream serves it.
///
/// Threads: `read` may be called by several threads at once; it blocks on the disk.
class ServedFile {
 public:
  virtual ~ServedFile() = default;

  /// What it is called here: one component, no path.
  [[nodiscard]] virtual std::string name() const = 0;
  /// Its manifest, one hash per piece.
  [[nodiscard]] virtual const std::vector<Hash256>& layer() const = 0;
  /// Fills `into` with the bytes from `offset` on and checks afterwards that the file is still the
  /// one that was hashed. Requires that the range lies in the file.
  /// Errors: kSourceChanged (edited, truncated or replaced since), kIo.
  virtual Result<void> read(std::uint64_t offset, std::span<std::uint8_t> into) = 0;
};

/// Where the transfer service finds what it may serve. Blocking; any thread.
class FileSource {
 public:
  virtual ~FileSource() = default;

  /// Errors: kNotFound (not shared), kSourceChanged (edited since it was shared), kIo.
  virtual Result<std::shared_ptr<ServedFile>> open_file(const ContentId& id) = 0;
};

}  // namespace shoal::transfer
