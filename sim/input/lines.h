// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/types/result.h"

namespace shoal::sim {

/// Reads a text file line by line, gzipped or plain, in constant memory.
class LineReader {
 public:
  /// Errors: kNotFound, kInvalidArgument (a folder, or it may not be read).
  static Result<LineReader> open(const std::string& path);

  /// The next line without its end ("\n" or "\r\n"); nothing after the last. Valid until the next
  /// call. Errors: kIo, kInvalidArgument (gzip's data are damaged or end early), kTooLarge (longer
  /// than limits::kSimLineBytes).
  Result<std::optional<std::string_view>> next();

  /// An error about the line that next() gave last: "cannot read <path>", "line 12: <why>".
  [[nodiscard]] Error complain(std::string why, std::string next = {}) const;

 private:
  struct Close {
    void operator()(void* file) const;
  };

  LineReader(std::string path, void* file) : path_(std::move(path)), file_(file) {}
  /// True when there was more to read.
  Result<bool> refill();

  std::string path_;
  std::unique_ptr<void, Close> file_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // what is not yet given, in buffer_
  std::size_t end_ = 0;
  std::uint64_t number_ = 0;
};

enum class Commas : std::uint8_t { kAreText, kSeparate };
/// Takes the first word off `text`: what lies between blanks and tabs (and commas, if so). Empty
/// when there is none.
std::string_view take_word(std::string_view& text, Commas commas = Commas::kAreText);

}  // namespace shoal::sim
