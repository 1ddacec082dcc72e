// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/team.h"

#include "sim/engine/threads.h"

namespace shoal::sim {

Team::Team(unsigned members) {
  threads_ = start_threads(members - 1, [this](unsigned number) { serve(number + 1); });
  members_ = static_cast<unsigned>(threads_.size()) + 1;
  shares_ = std::make_unique<Share[]>(members_);
  begin_.emplace(static_cast<std::ptrdiff_t>(members_));
  end_.emplace(static_cast<std::ptrdiff_t>(members_));
  counted_.count_down();
}

Team::~Team() {
  if (members_ == 1) return;
  over_ = true;
  begin_->arrive_and_wait();
}

void Team::work(std::uint32_t parts, const std::function<void(unsigned, std::uint32_t)>& job) {
  if (members_ == 1) {
    for (std::uint32_t part = 0; part < parts; ++part) job(0, part);
    return;
  }
  job_ = &job;
  for (unsigned member = 0; member < members_; ++member) {
    shares_[member].next = static_cast<std::uint32_t>(std::uint64_t{parts} * member / members_);
    shares_[member].end =
        static_cast<std::uint32_t>(std::uint64_t{parts} * (member + 1) / members_);
  }
  begin_->arrive_and_wait();
  take_part(0);
  end_->arrive_and_wait();
}

void Team::take_part(unsigned member) {
  for (unsigned i = 0; i < members_; ++i) {
    Share& share = shares_[(member + i) % members_];
    while (share.next.load(std::memory_order_relaxed) < share.end) {
      const std::uint32_t part = share.next.fetch_add(1, std::memory_order_relaxed);
      if (part < share.end) (*job_)(member, part);
    }
  }
}

void Team::serve(unsigned member) {
  counted_.wait();
  for (;;) {
    begin_->arrive_and_wait();
    if (over_) return;
    take_part(member);
    end_->arrive_and_wait();
  }
}

}  // namespace shoal::sim
