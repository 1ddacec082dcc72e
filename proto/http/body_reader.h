// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "proto/types/result.h"

namespace shoal::http {

/// Where an upload's handler reads the body from. The handler's thread only.
class BodyReader {
 public:
  BodyReader() = default;
  BodyReader(const BodyReader&) = delete;
  BodyReader& operator=(const BodyReader&) = delete;

  /// Bytes of the whole body, as its head says.
  [[nodiscard]] virtual std::uint64_t length() const = 0;
  /// At least one byte, or 0 when the whole body was read. A client that waits to be told so
  /// (Expect: 100-continue) is told with the first call that it may send.
  /// Errors: kTimeout (nothing came for limits::kHttpStreamStall), kUnreachable (the client went
  /// away before the end, or the server stops).
  virtual Result<std::size_t> read(std::span<std::uint8_t> into) = 0;

 protected:
  ~BodyReader() = default;
};

}  // namespace shoal::http
