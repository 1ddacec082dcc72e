// SPDX-License-Identifier: Apache-2.0
#include "sim/input/lines.h"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "proto/types/limits.h"

namespace shoal::sim {
namespace {

constexpr std::size_t kBufferBytes = 4 * limits::kSimLineBytes;

gzFile file_of(void* file) { return static_cast<gzFile>(file); }

std::string message_of(int number) {
  return std::error_code(number, std::generic_category()).message();
}

}  // namespace

void LineReader::Close::operator()(void* file) const { gzclose(file_of(file)); }

Result<LineReader> LineReader::open(const std::string& path) {
  const std::string what = "cannot read " + path;
  std::error_code code;
  const auto status = std::filesystem::status(path, code);
  if (status.type() == std::filesystem::file_type::not_found) {
    return fail(Errc::kNotFound, what, "there is no such file", "check the path");
  }
  if (status.type() == std::filesystem::file_type::directory) {
    return fail(Errc::kInvalidArgument, what, "it is a folder", "name a file in it");
  }
  errno = 0;
  const gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return fail(Errc::kInvalidArgument, what, message_of(errno), {});
  gzbuffer(file, 128 * 1024);
  return LineReader(path, file);
}

Result<bool> LineReader::refill() {
  buffer_.resize(kBufferBytes);
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
            buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
  end_ -= begin_;
  begin_ = 0;
  const int got = gzread(file_of(file_.get()), buffer_.data() + end_,
                         static_cast<unsigned>(buffer_.size() - end_));
  int error = Z_OK;
  const char* const words = gzerror(file_of(file_.get()), &error);
  // Data that end early are told as an error beside what could be read.
  if (got < 0 || (got == 0 && error != Z_OK && error != Z_STREAM_END)) {
    std::string why = error == Z_ERRNO ? message_of(errno) : std::string(words);
    if (why.starts_with(path_ + ": ")) why.erase(0, path_.size() + 2);  // zlib names it too
    const Errc code = error == Z_ERRNO ? Errc::kIo : Errc::kInvalidArgument;
    return fail(code, "cannot read " + path_, std::move(why), "is the file whole?");
  }
  end_ += static_cast<std::size_t>(got);
  return got > 0;
}

Result<std::optional<std::string_view>> LineReader::next() {
  const auto newline = [this](std::size_t from) {
    const void* const found =
        from == end_ ? nullptr : std::memchr(buffer_.data() + from, '\n', end_ - from);
    return found == nullptr
               ? end_
               : static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data());
  };
  std::size_t at = newline(begin_);
  while (at == end_ && end_ - begin_ <= limits::kSimLineBytes) {
    const auto more = refill();
    if (!more) return tl::unexpected(more.error());
    at = newline(begin_);
    if (!*more) break;
  }
  if (begin_ == end_) return std::nullopt;
  ++number_;
  if (at - begin_ > limits::kSimLineBytes) {
    Error error = complain("it is longer than " + std::to_string(limits::kSimLineBytes) + " bytes");
    error.code = Errc::kTooLarge;
    return tl::unexpected(std::move(error));
  }
  std::string_view line(buffer_.data() + begin_, at - begin_);
  begin_ = std::min(at + 1, end_);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

Error LineReader::complain(std::string why, std::string next) const {
  return Error{Errc::kInvalidArgument, "cannot read " + path_,
               "line " + std::to_string(number_) + ": " + std::move(why), std::move(next)};
}

std::string_view take_word(std::string_view& text, Commas commas) {
  const std::string_view gaps = commas == Commas::kSeparate ? " \t," : " \t";
  text.remove_prefix(std::min(text.find_first_not_of(gaps), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(gaps));
  text.remove_prefix(word.size());
  return word;
}

}  // namespace shoal::sim
