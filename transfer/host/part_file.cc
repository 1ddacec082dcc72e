// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/part_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "proto/types/limits.h"
#include "proto/types/text.h"
#include "transfer/host/name.h"

namespace shoal::transfer {
namespace {

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

Result<std::string> whole(const FileHandle& file) {
  struct stat about {};
  if (::fstat(file.value(), &about) != 0) {
    return tl::unexpected<Error>(os_error(errno, "cannot read the journal"));
  }
  if (static_cast<std::uint64_t>(about.st_size) > limits::kJournalBytes) {
    return fail(Errc::kTooLarge, "cannot read the journal", "it is longer than any journal");
  }
  std::string text(static_cast<std::size_t>(about.st_size), '\0');
  auto got = read_at(file, 0, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  if (!got) return tl::unexpected<Error>(got.error());
  return text;
}

}  // namespace

std::string journal_name(const ContentId& id) { return to_text(id) + ".journal"; }

Result<std::unique_ptr<PartFile>> PartFile::open(const DownloadRequest& request,
                                                 JournalContents& found) {
  auto part = std::make_unique<PartFile>();
  part->folder_path_ = request.folder;
  part->name_ = to_text(request.content) + ".part";
  part->journal_name_ = journal_name(request.content);
  part->length_ = request.content.length;
  auto step = [](auto result, auto& into) -> Result<void> {
    if (!result) return tl::unexpected<Error>(result.error());
    into = std::move(*result);
    return {};
  };
  const auto opened =
      step(open_folder(request.folder), part->folder_)
          .and_then([&] {
            auto made = make_folder(part->folder_, ".part");
            if (!made) made.error().what += " in " + request.folder;
            return made;
          })
          .and_then([&] {
            return step(open_beneath(part->folder_, ".part", O_RDONLY | O_DIRECTORY), part->parts_);
          })
          .and_then([&] {
            return step(open_beneath(part->parts_, part->journal_name_, O_RDWR | O_CREAT),
                        part->journal_);
          });
  if (!opened) return tl::unexpected<Error>(opened.error());
  if (::flock(part->journal_.value(), LOCK_EX | LOCK_NB) != 0) {
    return fail(Errc::kConflict, "cannot fetch into " + request.folder,
                "another process fetches the same content there", "wait for it");
  }
  auto text = whole(part->journal_);
  if (!text) return tl::unexpected<Error>(text.error());
  found = read_journal(*text);
  if (!found.request || found.request->content != request.content) found = {};
  part->records_ = JournalWriter(found.records);
  part->journal_end_ = found.good_bytes;
  if (auto file = part->reopen(); !file) return tl::unexpected<Error>(file.error());
  if (::ftruncate(part->journal_.value(), static_cast<off_t>(found.good_bytes)) != 0) {
    return tl::unexpected<Error>(os_error(errno, "cannot cut the journal"));
  }
  std::string record;
  if (!found.request) {
    record = part->records_.head(request);
  } else if (!request.sources.empty() && (request.sources != found.request->sources ||
                                          request.key_pem != found.request->key_pem)) {
    record = part->records_.sources(request.sources, request.key_pem);
  }
  if (!record.empty()) {
    if (auto done = part->append(record); !done) return tl::unexpected<Error>(done.error());
  }
  if (auto done = sync_file(part->parts_); !done) return tl::unexpected<Error>(done.error());
  return part;
}

Result<void> PartFile::reopen() {
  file_.reset();
  auto file = open_beneath(parts_, name_, O_RDWR | O_CREAT);
  if (!file) return tl::unexpected<Error>(file.error());
  file_ = std::move(*file);
  return {};
}

Result<void> PartFile::write(std::uint64_t offset, std::span<const std::uint8_t> bytes) {
  return write_at(file_, offset, bytes);
}

Result<void> PartFile::read(std::uint64_t offset, std::span<std::uint8_t> into) const {
  return read_at(file_, offset, into);
}

Result<void> PartFile::sync() { return sync_data(file_); }

Result<void> PartFile::append(const std::string& record) {
  auto done = write_at(journal_, journal_end_, bytes_of(record));
  if (done) done = sync_data(journal_);
  if (done) journal_end_ += record.size();
  return done;
}

Result<std::string> PartFile::place(const std::string& safe) {
  struct stat about {};
  if (::fstat(file_.value(), &about) != 0 || static_cast<std::uint64_t>(about.st_size) != length_) {
    // Only ever longer: each byte up to length_ was read back.
    if (::ftruncate(file_.value(), static_cast<off_t>(length_)) != 0) {
      return tl::unexpected<Error>(os_error(errno, "cannot cut the part file"));
    }
  }
  if (auto done = sync_file(file_); !done) return tl::unexpected<Error>(done.error());
  std::string name = safe;
  for (unsigned number = 2;; ++number) {
    if (::renameat2(parts_.value(), name_.c_str(), folder_.value(), name.c_str(),
                    RENAME_NOREPLACE) == 0) {
      break;
    }
    if (errno != EEXIST || number > 9999) {
      return tl::unexpected<Error>(os_error(errno, "cannot name the file " + name));
    }
    name = numbered_name(safe, number);
  }
  for (const FileHandle* one : {&folder_, &parts_}) {
    if (auto done = sync_file(*one); !done) return tl::unexpected<Error>(done.error());
  }
  ::unlinkat(parts_.value(), journal_name_.c_str(), 0);
  return folder_path_ + "/" + name;
}

void PartFile::remove() {
  ::unlinkat(parts_.value(), name_.c_str(), 0);
  ::unlinkat(parts_.value(), journal_name_.c_str(), 0);
}

}  // namespace shoal::transfer
