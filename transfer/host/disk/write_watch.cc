// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/disk/write_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>
#include <utility>

namespace shoal::transfer {
namespace {

// What add() gives when the kernel has no watch left, and what is left of that once it was told.
constexpr int kDeaf = -1;
constexpr int kToldDeaf = -2;

}  // namespace

WriteWatch& WriteWatch::of_this_process() {
  static WriteWatch watch;
  return watch;
}

WriteWatch::WriteWatch() : kernel_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

int WriteWatch::add(const FileHandle& file) {
  const std::lock_guard lock(mutex_);
  if (!kernel_.open()) return kDeaf;
  const std::string name = "/proc/self/fd/" + std::to_string(file.value());
  const int watch = ::inotify_add_watch(kernel_.value(), name.c_str(), IN_CLOSE_WRITE);
  if (watch < 0) return kDeaf;
  ++spots_[watch].ears;  // of one file there is one watch, however often it is open
  return watch;
}

void WriteWatch::remove(int watch) {
  const std::lock_guard lock(mutex_);
  const auto spot = spots_.find(watch);
  if (spot == spots_.end() || --spot->second.ears != 0) return;
  spots_.erase(spot);
  ::inotify_rm_watch(kernel_.value(), watch);
}

bool WriteWatch::heard(int& watch) {
  const std::lock_guard lock(mutex_);
  if (watch == kToldDeaf) return false;
  if (watch == kDeaf) {
    watch = kToldDeaf;
    return true;
  }
  take();
  return std::exchange(spots_.at(watch).heard, false);
}

void WriteWatch::take() {
  alignas(inotify_event) std::array<char, 4096> bytes{};
  for (;;) {
    const ssize_t got = ::read(kernel_.value(), bytes.data(), bytes.size());
    if (got <= 0) return;
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      inotify_event event{};
      std::memcpy(&event, bytes.data() + at, sizeof event);
      at += sizeof event + event.len;
      const bool lost = (event.mask & IN_Q_OVERFLOW) != 0;
      for (auto& [watch, spot] : spots_) {
        if (lost || (watch == event.wd && (event.mask & IN_CLOSE_WRITE) != 0)) spot.heard = true;
      }
    }
  }
}

}  // namespace shoal::transfer
