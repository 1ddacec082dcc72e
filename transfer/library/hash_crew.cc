// SPDX-License-Identifier: Apache-2.0
#include "transfer/library/hash_crew.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "proto/types/assert.h"
#include "proto/types/limits_library.h"
#include "transfer/core/merkle.h"

namespace shoal::transfer {
namespace {

constexpr std::uint64_t kTellEvery = 8 << 20;

// One file under way. What its pieces need is set before they are given out; the rest is guarded by
// the crew's mutex.
struct Work {
  Fd folder;
  std::string name;
  std::string relative;
  FileStamp met;
  Fd fd;
  FileStamp stamp;
  Layout layout{0};
  std::vector<Hash256> layer;
  std::uint32_t given = 0;  ///< pieces, in file order
  std::uint32_t back = 0;
  std::uint64_t bytes = 0;
  std::optional<Error> error;

  [[nodiscard]] bool over() const {
    return back == given && (error.has_value() || given == layout.pieces);
  }
  [[nodiscard]] bool has_piece() const { return !error && given < layout.pieces; }
  [[nodiscard]] Met as_met() const { return {folder.value(), name.c_str(), relative, met}; }
};

// Hashes one piece, read in parts.
Result<Hash256> hash_piece(const Work& work, std::uint32_t piece,
                           std::vector<std::uint8_t>& buffer) {
  PieceHasher hasher(work.layout);
  std::uint64_t at = work.layout.offset(piece);
  const std::uint64_t end = at + work.layout.size(piece);
  while (at < end) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end - at));
    auto got = read_some(work.as_met(), work.fd.value(), at, {buffer.data(), want});
    if (!got) return tl::unexpected(got.error());
    hasher.update({buffer.data(), *got});
    at += *got;
  }
  return hasher.finish();
}

}  // namespace

struct HashCrew::Shared {
  std::mutex mutex;  ///< guards all
  std::condition_variable news;
  std::deque<std::shared_ptr<Work>> works;
  std::size_t pieces_ahead = 0;  ///< of works
  std::uint64_t bytes = 0;       ///< of works
  std::uint64_t bytes_ever = 0;
  unsigned at_work = 0;
  bool stopped = false;

  struct Turn {
    std::shared_ptr<Work> work;
    std::uint32_t piece = 0;
  };
  std::optional<Turn> turn() {
    if (stopped) return std::nullopt;
    for (const auto& work : works) {
      if (work->has_piece()) return Turn{work, work->given++};
    }
    return std::nullopt;
  }

  // One piece, if there is one. Called with `lock` held, which it gives up meanwhile.
  bool one(std::unique_lock<std::mutex>& lock, std::vector<std::uint8_t>& buffer) {
    const auto next = turn();
    if (!next) return false;
    Work& work = *next->work;
    lock.unlock();
    const auto room = std::min<std::size_t>(limits::kHashReadBytes, work.layout.size(next->piece));
    if (buffer.size() < room) buffer.resize(room);
    const auto hash = hash_piece(work, next->piece, buffer);
    lock.lock();
    ++work.back;
    if (hash) {
      work.layer[next->piece] = *hash;
      const std::uint64_t size = work.layout.size(next->piece);
      work.bytes += size;
      bytes += size;
      bytes_ever += size;
    } else if (!work.error) {
      work.error = hash.error();
    }
    if (work.over()) news.notify_all();
    return true;
  }
};

HashCrew::HashCrew(HashHelp help) : shared_(std::make_shared<Shared>()), help_(std::move(help)) {
  if (!help_.run) help_.helpers = 0;
}

HashCrew::~HashCrew() {
  const std::lock_guard lock(shared_->mutex);
  shared_->stopped = true;
  shared_->works.clear();
}

bool HashCrew::empty() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->works.empty();
}

bool HashCrew::full() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->works.size() >= limits::kHashFilesAhead ||
         shared_->pieces_ahead >= limits::kHashPiecesAhead;
}

std::uint64_t HashCrew::bytes() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->bytes;
}

void HashCrew::add(const Met& met) {
  auto work = std::make_shared<Work>();
  work->folder = Fd(::fcntl(met.folder, F_DUPFD_CLOEXEC, 0));
  work->name = met.name;
  work->relative = met.relative;
  work->met = met.stamp;
  auto opened = open_to_hash(met);
  if (opened && work->folder) {
    work->fd = std::move(opened->fd);
    work->stamp = opened->stamp;
    work->layout = Layout(work->stamp.size);
    work->layer.resize(work->layout.pieces);
  } else {
    work->error = opened
                      ? Error{Errc::kIo, "cannot read " + met.relative, "no descriptor is free", {}}
                      : opened.error();
  }
  unsigned more = 0;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->pieces_ahead += work->layer.size();
    // One for each piece: more would find nothing to do.
    more = static_cast<unsigned>(
        std::min<std::size_t>(help_.helpers - shared_->at_work, work->layer.size()));
    shared_->at_work += more;
    shared_->works.push_back(std::move(work));
  }
  for (; more > 0; --more) {
    help_.run([shared = shared_] {
      std::vector<std::uint8_t> buffer;
      std::unique_lock lock(shared->mutex);
      while (shared->one(lock, buffer)) {
      }
      --shared->at_work;
    });
  }
}

HashCrew::Done HashCrew::take(const std::function<bool(std::uint64_t)>& on_bytes) {
  std::vector<std::uint8_t> buffer;
  std::unique_lock lock(shared_->mutex);
  SHOAL_ASSERT(!shared_->works.empty());
  const std::shared_ptr<Work> first = shared_->works.front();
  while (!first->over()) {
    if (!shared_->one(lock, buffer)) {
      // The last pieces are with helpers.
      shared_->news.wait_for(lock, limits::kHashLook);
    }
    if (shared_->bytes_ever - told_ < kTellEvery) continue;
    told_ = shared_->bytes_ever;
    const std::uint64_t bytes = shared_->bytes;
    lock.unlock();
    const bool more = on_bytes(bytes);
    lock.lock();
    if (!more) first->error = Error{Errc::kCancelled, "the scan was stopped", {}, {}};
  }
  shared_->works.pop_front();
  shared_->pieces_ahead -= first->layer.size();
  shared_->bytes -= first->bytes;
  const std::uint64_t others = shared_->bytes;
  lock.unlock();
  Done done{first->relative, first->met, tl::unexpected<Error>(Error{})};
  if (first->error) {
    done.result = tl::unexpected<Error>(*first->error);
  } else if (!is_as_it_was(first->as_met(), first->fd.value(), first->stamp)) {
    done.result = changed_meanwhile(first->relative);
  } else {
    const ContentId id{root_of_layer(first->layer, first->layout), first->layout.length};
    done.result = HashedFile{{id, std::move(first->layer)}, first->stamp};
  }
  if (!done.result && done.result.error().code == Errc::kSourceChanged) {
    done.result =
        hash_file(first->as_met(), [&](std::uint64_t bytes) { return on_bytes(others + bytes); });
  }
  return done;
}

}  // namespace shoal::transfer
