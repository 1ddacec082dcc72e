// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/core/address_book.h"

#include "proto/types/assert.h"

namespace shoal::bootstrap {
namespace {

tl::unexpected<Error> too_much(std::string why) {
  return fail(Errc::kOverloaded, "the directory takes no more from this address", std::move(why),
              "try again in a few seconds");
}

}  // namespace

AddressBook::Use* AddressBook::use_of(const std::string& address, Instant now, bool must) {
  const auto found = uses_.find(address);
  if (found != uses_.end()) return &found->second;
  if (uses_.size() >= limits_.addresses_max) forget_idle(now);
  if (uses_.size() >= limits_.addresses_max && !must) return nullptr;
  const Use fresh{Bucket(limits_.requests_burst, limits_.requests_per_second, now),
                  Bucket(limits_.joins_burst, limits_.joins_per_second, now), 0};
  return &uses_.emplace(address, fresh).first->second;
}

Result<void> AddressBook::admit(const std::string& address, Instant now) {
  Use* const use = use_of(address, now, false);
  if (use == nullptr) return too_much("too many addresses are using it");
  if (!use->requests.take(now)) return too_much("too many requests");
  return {};
}

Result<void> AddressBook::join(const std::string& address, Instant now) {
  Use* const use = use_of(address, now, false);
  if (use == nullptr) return too_much("too many addresses are using it");
  if (use->leases >= limits_.leases_max) return too_much("it holds too many leases");
  if (!use->joins.take(now)) return too_much("too many peers joined at once");
  ++use->leases;
  return {};
}

void AddressBook::hold(const std::string& address, Instant now) {
  ++use_of(address, now, true)->leases;
}

void AddressBook::release(const std::string& address) {
  const auto found = uses_.find(address);
  SHOAL_ASSERT(found != uses_.end() && found->second.leases > 0);
  --found->second.leases;
}

void AddressBook::forget_idle(Instant now) {
  std::erase_if(uses_, [&](const auto& each) {
    const Use& use = each.second;
    return use.leases == 0 && use.requests.full(now) && use.joins.full(now);
  });
}

}  // namespace shoal::bootstrap
