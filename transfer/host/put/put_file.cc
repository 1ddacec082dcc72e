// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/put/put_file.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "proto/types/limits.h"
#include "proto/types/limits_inbox.h"

namespace shoal::transfer {
namespace {

constexpr std::uint64_t kHashAtOnce = 8 << 20;

}  // namespace

PutFile::PutFile(FileHandle file, std::string path, const struct stat& about)
    : file_(std::move(file)),
      path_(std::move(path)),
      about_(about),
      length_(static_cast<std::uint64_t>(about.st_size)),
      hasher_(length_) {}

Result<std::unique_ptr<PutFile>> PutFile::open(const std::string& path) {
  // O_NONBLOCK: a FIFO must not keep us waiting.
  FileHandle file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file.open()) return tl::unexpected<Error>(os_error(errno, "cannot read " + path));
  struct stat about {};
  if (::fstat(file.value(), &about) != 0) {
    return tl::unexpected<Error>(os_error(errno, "cannot read " + path));
  }
  if (!S_ISREG(about.st_mode)) {
    return fail(Errc::kInvalidArgument, "cannot put " + path, "it is no regular file",
                "name a file; a folder goes as one archive");
  }
  if (static_cast<std::uint64_t>(about.st_size) > limits::kFileBytesMax) {
    return fail(Errc::kTooLarge, "cannot put " + path, "it is longer than 4 TiB");
  }
  return std::unique_ptr<PutFile>(new PutFile(std::move(file), path, about));
}

PutStamp PutFile::stamp() const {
  return {length_, about_.st_mtim.tv_sec * std::int64_t{1'000'000'000} + about_.st_mtim.tv_nsec};
}

bool PutFile::changed() const {
  struct stat now {};
  return ::fstat(file_.value(), &now) != 0 || now.st_size != about_.st_size ||
         now.st_mtim.tv_sec != about_.st_mtim.tv_sec ||
         now.st_mtim.tv_nsec != about_.st_mtim.tv_nsec;
}

Result<void> PutFile::read(std::uint64_t offset, std::span<std::uint8_t> into) const {
  auto got = read_at(file_, offset, into);
  if (changed()) {
    return fail(Errc::kSourceChanged, "cannot put " + path_, "it changed while it was read",
                "put it again when nobody writes to it");
  }
  return got;
}

Result<bool> PutFile::hash_some() {
  std::vector<std::uint8_t> bytes;
  const std::uint64_t until = std::min(length_, hasher_.seen() + kHashAtOnce);
  while (hasher_.seen() < until) {
    bytes.resize(std::min<std::uint64_t>(limits::kPutReadBytes, until - hasher_.seen()));
    if (auto got = read(hasher_.seen(), bytes); !got) return tl::unexpected<Error>(got.error());
    if (!hasher_.update(bytes)) return fail(Errc::kInternal, "cannot hash " + path_);
  }
  if (hasher_.seen() < length_) return false;
  tree_ = hasher_.finish();
  return true;
}

}  // namespace shoal::transfer
