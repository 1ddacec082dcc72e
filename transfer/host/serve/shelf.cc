// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/serve/shelf.h"

#include <utility>

namespace shoal::transfer {

Shelf::Shelf(const Layout& layout, std::string name, std::vector<Hash256> layer,
             std::unique_ptr<DiskFile> file)
    : layout_(layout),
      name_(std::move(name)),
      layer_(std::move(layer)),
      file_(std::move(file)),
      here_(layout.pieces) {}

void Shelf::update(const PieceMap& here) {
  const std::lock_guard lock(mutex_);
  here_ = here;
  for (const auto& [number, news] : listeners_) news();
}

void Shelf::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

std::optional<PieceMap> Shelf::pieces() const {
  const std::lock_guard lock(mutex_);
  return here_;
}

std::shared_ptr<void> Shelf::listen(std::function<void()> news) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t number = next_listener_++;
  listeners_.emplace(number, std::move(news));
  // Any address but null serves: only the end of the last owner counts.
  return {this, [weak = weak_from_this(), number](void*) {
            const auto self = weak.lock();
            if (!self) return;
            const std::lock_guard held(self->mutex_);
            self->listeners_.erase(number);
          }};
}

bool Shelf::has(std::uint32_t piece) const {
  const std::lock_guard lock(mutex_);
  return !closed_ && here_.has(piece);
}

Result<void> Shelf::read(std::uint64_t offset, std::span<std::uint8_t> into) {
  const std::uint32_t piece = layout_.piece_of(offset);
  const auto gone = [] {
    return fail(Errc::kNotFound, "cannot serve this piece",
                "it is not fetched any more, or has to be fetched again");
  };
  if (!has(piece)) return gone();
  if (auto got = file_->read(offset, into); !got) return got;
  // A piece that the disk lost meanwhile (a sync failed) may have been read as anything.
  if (!has(piece)) return gone();
  return {};
}

}  // namespace shoal::transfer
