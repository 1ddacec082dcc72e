// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/disk/part_file.h"

#include <algorithm>
#include <vector>

#include "proto/types/limits.h"
#include "proto/types/text.h"
#include "transfer/core/merkle.h"
#include "transfer/host/disk/name.h"

namespace shoal::transfer {
namespace {

constexpr unsigned kNamesTried = 9999;

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

Result<std::string> whole(const DiskFile& file) {
  const auto size = file.size();
  if (!size) return tl::unexpected<Error>(size.error());
  if (*size > limits::kJournalBytes) {
    return fail(Errc::kTooLarge, "cannot read the journal", "it is longer than any journal");
  }
  std::string text(*size, '\0');
  auto got = file.read(0, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  if (!got) return tl::unexpected<Error>(got.error());
  return text;
}

std::string mebibytes(std::uint64_t bytes) { return std::to_string(bytes >> 20U) + " MiB"; }

Error no_room(std::uint64_t need, std::uint64_t free, std::uint64_t keep, std::string what) {
  return {Errc::kNoSpace, std::move(what),
          "it needs " + mebibytes(need + (1U << 20U) - 1) + " more, and of the " + mebibytes(free) +
              " that are free " + mebibytes(keep) + " are left alone",
          "free some space, or choose another folder"};
}

}  // namespace

std::string journal_name(const ContentId& id) { return to_text(id) + ".journal"; }
std::string part_name(const ContentId& id) { return to_text(id) + ".part"; }

Result<void> check_room(const DiskFolder& disk, const ContentId& id, const std::string& folder,
                        std::uint64_t keep_free) {
  const std::uint64_t here = std::min(id.length, disk.part_bytes(part_name(id)));
  const std::uint64_t need = id.length - here;
  const std::uint64_t free = disk.free_bytes();
  if (need == 0 || (free >= keep_free && free - keep_free >= need)) return {};
  return tl::unexpected<Error>(no_room(need, free, keep_free, "cannot fetch into " + folder));
}

Result<std::unique_ptr<PartFile>> PartFile::open(std::unique_ptr<DiskFolder> disk,
                                                 const DownloadRequest& request, Leftover& left,
                                                 std::uint64_t keep_free) {
  auto part = std::make_unique<PartFile>();
  part->disk_ = std::move(disk);
  part->content_ = request.content;
  part->folder_path_ = request.folder;
  part->keep_free_ = keep_free;
  auto journal = part->disk_->open_alone(journal_name(request.content));
  if (!journal) return tl::unexpected<Error>(journal.error());
  part->journal_ = std::move(*journal);
  if (auto done = part->take_over(request, left); !done) {
    return tl::unexpected<Error>(done.error());
  }
  return part;
}

Result<void> PartFile::take_over(const DownloadRequest& request, Leftover& left) {
  auto text = whole(*journal_);
  if (!text) return tl::unexpected<Error>(text.error());
  JournalContents& found = left.journal = read_journal(*text);
  if (!found.request || found.request->content != content_) found = {};
  records_ = JournalWriter(found.records);
  journal_end_ = found.good_bytes;
  auto there = disk_->open_part(part_name(content_), false);
  if (!there && there.error().code == Errc::kNotFound && !found.placing.empty()) {
    const auto placed = is_placed(found.placing);
    if (!placed) return tl::unexpected<Error>(placed.error());
    if (*placed) {
      // As in place(): the journal goes when the name is durable.
      if (auto done = disk_->sync_placed(); !done) return done;
      if (auto done = disk_->sync_parts(); !done) return done;
      left.placed = folder_path_ + "/" + found.placing;
      disk_->remove_part(journal_name(content_));
      return {};
    }
  }
  if (auto file = reopen(); !file) return file;
  const auto size = file_->size();
  if (!size) return tl::unexpected<Error>(size.error());
  reserved_ = *size;
  reached_ = *size;
  bool shorter = false;  // somebody cut the file, or took it away
  const Layout layout(content_.length);
  for (auto piece = found.sure.next(0); piece; piece = found.sure.next(*piece + 1)) {
    if (layout.offset(*piece) + layout.size(*piece) <= *size) continue;
    found.sure.remove(*piece);
    found.claimed.add(*piece);
    shorter = true;
  }
  if (auto cut = journal_->cut(found.good_bytes); !cut) return cut;
  if (found.request) {
    // Again, because what we read may be in the cache alone: an earlier process may have ended on a
    // sync that failed, and a hole in the journal would take all later records with it.
    text->resize(found.good_bytes);
    auto done = journal_->write(0, bytes_of(*text));
    if (done) done = journal_->sync();
    if (!done && done.error().code != Errc::kNoSpace) return done;
  }
  std::string record;
  if (!found.request) {
    record = records_.head(request);
  } else if (!request.sources.empty() && (request.sources != found.request->sources ||
                                          request.key_pem != found.request->key_pem)) {
    record = records_.sources(request.sources, request.key_pem);
  }
  if (request.id != 0 && (!found.request || found.request->id != request.id)) {
    record += records_.number(request.id);
  }
  if (found.paused) record += records_.paused(false);  // whoever opens it goes on with it
  // Before it grows again, with zeros in the place of what was sure.
  if (shorter) record += records_.doubt();
  if (!record.empty()) {
    auto done = append(record);
    // Sources are no loss: a journal without them makes the next process search. A doubt is waited
    // for before the file grows.
    if (!done && (done.error().code != Errc::kNoSpace || !found.request)) return done;
    doubt_waits_ = shorter && !done;
  }
  return disk_->sync_parts();
}

Result<bool> PartFile::is_placed(const std::string& name) const {
  const auto file = disk_->open_placed(name);
  if (!file) return false;
  const auto size = (*file)->size();
  if (!size || *size != content_.length) return false;
  TreeHasher hasher(content_.length);
  std::vector<std::uint8_t> bytes;
  for (std::uint64_t at = 0; at < content_.length; at += bytes.size()) {
    bytes.resize(std::min<std::uint64_t>(limits::kRangeBytes, content_.length - at));
    if (auto got = (*file)->read(at, bytes); !got) return tl::unexpected<Error>(got.error());
    if (!hasher.update(bytes)) return false;
  }
  return hasher.finish().id == content_;
}

Result<void> PartFile::reopen() {
  // The old one stays when that fails: others may be at work with it.
  auto file = disk_->open_part(part_name(content_), true);
  if (!file) return tl::unexpected<Error>(file.error());
  file_ = std::move(*file);
  return {};
}

Result<void> PartFile::reserve(std::uint64_t offset, std::uint64_t end) {
  const std::lock_guard lock(reserving_);
  if (end <= reserved_) return {};
  if (doubt_waits_) {  // asked without the lock, under which the journal is synced
    const std::lock_guard alone(appending_);
    if (auto written = write_records(); !written) return written;
  }
  const std::uint64_t step = limits::kReserveBytes;
  const std::uint64_t from = std::max(reserved_, offset / step * step);
  const std::uint64_t to = std::min((end + step - 1) / step * step, content_.length);
  const std::uint64_t free = disk_->free_bytes();
  if (free < keep_free_ || free - keep_free_ < to - from) {
    return tl::unexpected<Error>(
        no_room(to - from, free, keep_free_, "cannot write to the part file"));
  }
  auto done = file_->reserve(from, to - from);
  if (done) reserved_ = to;
  return done;
}

Result<void> PartFile::write(std::uint64_t offset, std::span<const std::uint8_t> bytes) {
  const auto before = file_->size();
  if (!before || *before < reached_) shrunk_ = true;
  if (auto room = reserve(offset, offset + bytes.size()); !room) return room;
  auto done = file_->write(offset, bytes);
  if (done) reach(offset + bytes.size());
  return done;
}

void PartFile::reach(std::uint64_t end) {
  std::uint64_t before = reached_;
  while (before < end && !reached_.compare_exchange_weak(before, end)) {
  }
}

bool PartFile::touched() {
  const bool shrunk = shrunk_.exchange(false);
  return file_->touched() || shrunk;
}

Result<void> PartFile::read(std::uint64_t offset, std::span<std::uint8_t> into) const {
  return file_->read(offset, into);
}

Result<std::unique_ptr<DiskFile>> PartFile::reader() const {
  return disk_->open_part(part_name(content_), false);
}

Result<void> PartFile::sync() { return file_->sync(); }

Result<void> PartFile::append(const std::string& record) {
  const std::lock_guard alone(appending_);
  unwritten_ += record;
  return write_records();
}

Result<void> PartFile::write_records() {
  if (journal_error_) return tl::unexpected<Error>(*journal_error_);
  if (unwritten_.empty()) return {};
  auto done = journal_->write(journal_end_, bytes_of(unwritten_));
  if (!done && done.error().code == Errc::kNoSpace) return done;
  if (done) done = journal_->sync();
  if (!done) {
    journal_error_ = done.error();
    return done;
  }
  journal_end_ += unwritten_.size();
  unwritten_.clear();
  doubt_waits_ = false;
  return done;
}

Result<std::string> PartFile::place(const std::string& safe) {
  const auto size = file_->size();
  if (!size) return tl::unexpected<Error>(size.error());
  if (*size < content_.length) {
    return fail(Errc::kIo, "cannot name the file " + safe,
                "somebody cut its part file since it was written", "get it again");
  }
  if (*size > content_.length) {
    if (auto cut = file_->cut(content_.length); !cut) return tl::unexpected<Error>(cut.error());
  }
  if (auto done = sync(); !done) return tl::unexpected<Error>(done.error());
  std::string name = safe;
  for (unsigned number = 2;; ++number) {
    if (!disk_->is_taken(name)) {
      // So that a process that finds the journal and no part file knows where to look. Without
      // room for it, it would fetch again.
      auto noted = append(records_.placing(name));
      if (!noted && noted.error().code != Errc::kNoSpace) {
        return tl::unexpected<Error>(noted.error());
      }
      auto done = disk_->place(part_name(content_), name);
      if (done) break;
      if (done.error().code == Errc::kNotFound) {
        return fail(Errc::kNotFound, "cannot name the file " + safe,
                    "somebody took its part file away, or the folder", "get it again");
      }
      if (done.error().code != Errc::kConflict) return tl::unexpected<Error>(done.error());
    }
    if (number > kNamesTried) {
      return fail(Errc::kConflict, "cannot name the file " + safe,
                  "that name and " + std::to_string(kNamesTried) + " like it are taken",
                  "move some of them away");
    }
    name = numbered_name(safe, number);
  }
  if (auto done = disk_->sync_placed(); !done) return tl::unexpected<Error>(done.error());
  if (auto done = disk_->sync_parts(); !done) return tl::unexpected<Error>(done.error());
  disk_->remove_part(journal_name(content_));
  return folder_path_ + "/" + name;
}

void PartFile::remove() {
  // The journal first: a download that was cancelled must not come back.
  disk_->remove_part(journal_name(content_));
  disk_->remove_part(part_name(content_));
}

}  // namespace shoal::transfer
