// SPDX-License-Identifier: Apache-2.0
#include "sim/swarm/shared_line.h"

namespace shoal::sim {
namespace {

constexpr std::uint64_t kMillion = 1'000'000;

}  // namespace

void SharedLine::advance(Instant now) {
  const auto passed = static_cast<std::uint64_t>((now - at_).count());
  if (!under_way_.empty()) work_ += passed * rate_ / under_way_.size();
  at_ = now;
}

void SharedLine::add(std::uint32_t who, std::uint64_t bytes, Instant now) {
  advance(now);
  under_way_.emplace(work_ + bytes * kMillion, who);
}

std::optional<Instant> SharedLine::next_done() const {
  if (under_way_.empty()) return std::nullopt;
  const std::uint64_t first = under_way_.begin()->first;
  const std::uint64_t left = first > work_ ? first - work_ : 0;
  const std::uint64_t micros = (left * under_way_.size() + rate_ - 1) / rate_;
  return at_ + Duration{static_cast<Duration::rep>(micros)};
}

std::optional<std::uint32_t> SharedLine::take_done(Instant now) {
  advance(now);
  if (under_way_.empty() || under_way_.begin()->first > work_) return std::nullopt;
  const std::uint32_t who = under_way_.begin()->second;
  under_way_.erase(under_way_.begin());
  return who;
}

}  // namespace shoal::sim
