// SPDX-License-Identifier: Apache-2.0
// Links that have something to write. Internal to this folder; strand only.
#pragma once

#include <memory>
#include <utility>
#include <vector>

namespace shoal::overlay {

class LinkEnd;

/// Has all that one turn sends over a link go out in one write, without a turn more: who comes
/// first opens a turn, and its end flushes.
class Outbox {
 public:
  /// While one lives, writes wait; turns may lie inside each other.
  class Turn {
   public:
    explicit Turn(Outbox& outbox) : outbox_(outbox) { ++outbox_.turns_; }
    ~Turn() {
      if (outbox_.turns_ == 1) outbox_.flush();
      --outbox_.turns_;
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Outbox& outbox_;
  };

  /// False: there is no turn whose end would flush `end`.
  bool add(std::weak_ptr<LinkEnd> end) {
    if (turns_ == 0) return false;
    waiting_.push_back(std::move(end));
    return true;
  }

 private:
  void flush();

  std::vector<std::weak_ptr<LinkEnd>> waiting_;
  int turns_ = 0;
};

}  // namespace shoal::overlay
