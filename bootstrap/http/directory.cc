// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/http/directory.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "proto/asio.h"
#include "proto/http/admission.h"
#include "proto/http/ascii.h"

namespace shoal::bootstrap {
namespace {

// After a store did not answer, it is left alone for that long: each try may cost seconds.
constexpr Duration kStorePause = std::chrono::seconds(2);

LeaseCard to_lease_card(rpc::CardInfo info, std::string sealed) {
  return {info.id,           std::move(info.name),       std::move(info.endpoints), info.sequence,
          std::move(sealed), std::move(info.public_key), info.issued_unix};
}

// The card that this lease was last renewed with, once more: it was verified then.
std::optional<rpc::CardInfo> known_card(const Lease* lease, const LeaseRequest& request) {
  if (lease == nullptr || lease->card.sealed != request.card) return std::nullopt;
  const LeaseCard& card = lease->card;
  return rpc::CardInfo{card.id,        card.public_key, card.name,
                       card.endpoints, card.sequence,   card.issued_unix};
}

std::optional<boost::asio::ip::address> numeric_host(const std::string& endpoint) {
  std::string host = endpoint.substr(0, endpoint.rfind(':'));
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  if (error) return std::nullopt;
  return address;
}

bool means_here(const boost::asio::ip::address& address) {
  if (address.is_loopback() || address.is_unspecified()) return true;
  if (address.is_v6()) {
    const auto v6 = address.to_v6();
    if (!v6.is_v4_mapped()) return v6.is_link_local();
    return means_here(boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, v6));
  }
  return (address.to_v4().to_uint() >> 16) == 0xa9fe;  // 169.254/16
}

// Of the files of hosts that systems come with, some of them as `NAME.localdomain`, too.
constexpr std::array<std::string_view, 6> kNamesOfHere{
    "localhost4", "localhost6", "ip6-localhost", "ip6-loopback", "ipv6-localhost", "ipv6-loopback"};
// Nothing below these is elsewhere.
constexpr std::array<std::string_view, 4> kDomainsOfHere{"localhost", "localdomain", "localdomain4",
                                                         "localdomain6"};

// What resolvers take for this machine: its names, and addresses as the C library spells them
// (127.1, 2130706433, 0x7f000001, 0177.0.0.1). No public name ends in a number or in .localhost.
bool may_mean_here(const std::string& endpoint) {
  if (const auto address = numeric_host(endpoint)) return means_here(*address);
  std::string name = http::to_lower(endpoint.substr(0, endpoint.rfind(':')));
  while (name.ends_with('.')) name.pop_back();
  const std::string last = name.substr(name.rfind('.') + 1);  // all of it without a dot
  const bool number = last.empty() || last.starts_with("0x") ||
                      last.find_first_not_of("0123456789") == std::string::npos;
  return number || std::ranges::find(kNamesOfHere, name) != kNamesOfHere.end() ||
         std::ranges::find(kDomainsOfHere, last) != kDomainsOfHere.end();
}

// A card from elsewhere must not make others dial themselves.
Result<void> check_endpoints(const rpc::CardInfo& card, const std::string& address) {
  boost::system::error_code error;
  const auto from = boost::asio::ip::make_address(address, error);
  if (error || from.is_loopback()) return {};  // of this machine
  const auto bad = std::ranges::find_if(card.endpoints, may_mean_here);
  if (bad == card.endpoints.end()) return {};
  return fail(Errc::kInvalidArgument, "the lease is not granted",
              "its endpoint " + *bad + " means this machine to everybody who reads it",
              "announce an address that others can reach");
}

}  // namespace

Directory::Clocks Directory::Clocks::real() {
  using std::chrono::duration_cast;
  const auto unix_now = [] {
    return duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  };
  // The wall clock once, then the steady one: a clock that is set back makes no lease eternal.
  const auto wall = duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch());
  const auto begin = std::chrono::steady_clock::now();
  return {
      [wall, begin] {
        return Instant(wall + duration_cast<Duration>(std::chrono::steady_clock::now() - begin));
      },
      unix_now};
}

Directory::Directory(LeaseLimits limits, Clocks clocks, std::uint64_t seed,
                     std::function<void(const Error&)> on_store_error)
    : clocks_(std::move(clocks)),
      on_store_error_(std::move(on_store_error)),
      leases_(limits),
      rng_(seed) {}

Result<void> Directory::use(LeaseStore& store) {
  const std::scoped_lock lock(mutex_);
  auto rows = store.load();
  if (!rows) return tl::unexpected(rows.error());
  learn(std::move(*rows), clocks_.now());
  store_ = &store;
  return {};
}

Result<void> Directory::admit(const std::string& address) {
  const std::scoped_lock lock(mutex_);
  return leases_.admit(http::address_key(address), clocks_.now());
}

Result<Directory::Listed> Directory::put(const PeerId& id, const LeaseRequest& request,
                                         const std::string& address) {
  const std::string key = http::address_key(address);
  std::optional<rpc::CardInfo> known;
  {
    const std::scoped_lock lock(mutex_);
    const Instant now = clocks_.now();
    if (auto admitted = leases_.admit(key, now); !admitted) {
      return tl::unexpected(admitted.error());
    }
    known = known_card(leases_.find(id, now), request);
  }
  auto card = open_lease(id, request, clocks_.unix_now(), std::move(known));
  if (!card) return tl::unexpected(card.error());
  if (auto fits = check_endpoints(*card, address); !fits) return tl::unexpected(fits.error());
  const std::scoped_lock lock(mutex_);
  const Instant now = clocks_.now();
  const Step step(*this, now);
  const auto lease =
      leases_.put(to_lease_card(std::move(*card), request.card), request.stamp, key, now);
  if (!lease) {
    end_gone(now);
    return tl::unexpected(lease.error());
  }
  const Lease granted = **lease;
  end_gone(now);  // first: this very peer's last lease may be among those
  write([&] { return store_->put(granted); });
  return listed(granted, now);
}

Result<void> Directory::leave(const PeerId& id, const LeaveRequest& request,
                              const std::string& address) {
  {
    const std::scoped_lock lock(mutex_);
    if (auto admitted = leases_.admit(http::address_key(address), clocks_.now()); !admitted) {
      return admitted;
    }
  }
  if (auto checked = check_leave(id, request); !checked) return checked;
  const std::scoped_lock lock(mutex_);
  const Instant now = clocks_.now();
  const Step step(*this, now);
  auto left = leases_.leave(id, request.stamp, now);
  end_gone(now);
  return left;
}

std::optional<std::uint64_t> Directory::stamp_of(const PeerId& id) {
  const std::scoped_lock lock(mutex_);
  follow(clocks_.now());
  return leases_.stamp_of(id);
}

std::optional<Directory::Listed> Directory::find(const PeerId& id) {
  const std::scoped_lock lock(mutex_);
  const Instant now = clocks_.now();
  follow(now);
  const Lease* const lease = leases_.find(id, now);
  if (lease == nullptr) return std::nullopt;
  return listed(*lease, now);
}

std::vector<Directory::Listed> Directory::list(const std::optional<PeerId>& after,
                                               std::size_t limit) {
  const std::scoped_lock lock(mutex_);
  const Instant now = clocks_.now();
  follow(now);
  std::vector<Listed> page;
  for (const Lease* const lease : leases_.list(after, limit, now)) {
    page.push_back(listed(*lease, now));
  }
  return page;
}

std::optional<Directory::Listed> Directory::suggest(const PeerId& asker,
                                                    std::span<const PeerId> except) {
  const std::scoped_lock lock(mutex_);
  const Instant now = clocks_.now();
  follow(now);
  const Lease* const lease = leases_.suggest(asker, except, rng_, now);
  if (lease == nullptr) return std::nullopt;
  return listed(*lease, now);
}

void Directory::sweep() {
  const std::scoped_lock lock(mutex_);
  const Instant now = clocks_.now();
  const Step step(*this, now);
  end_gone(now);
  write([&] { return store_->purge(now); });
}

Directory::Health Directory::health() {
  const std::scoped_lock lock(mutex_);
  const Instant now = clocks_.now();
  {
    const Step step(*this, now);
    end_gone(now);
  }
  return {leases_.size(), store_error_};
}

Directory::Listed Directory::listed(const Lease& lease, Instant now) {
  return {lease.card, lease.stamp, lease.expires - now};
}

void Directory::end_gone(Instant now) {
  const auto gone = leases_.take_gone(now);
  if (gone.empty()) return;
  if (on_gone_) on_gone_(gone);
  write([&] { return store_->end(gone); });
}

Directory::Step::Step(Directory& directory, Instant now) : directory_(directory) {
  directory_.outcome_ = {};
  directory_.wrote_ = false;
  if (!directory_.may_ask_store(now)) return;
  auto rows = directory_.store_->begin();
  directory_.in_step_ = rows.has_value();
  if (rows) {
    directory_.learn(std::move(*rows), now);
  } else {
    directory_.outcome_ = tl::unexpected(rows.error());
    directory_.ask_store_from_ = now + kStorePause;
  }
}

Directory::Step::~Step() {
  const bool wrote = directory_.wrote_;
  if (directory_.in_step_) directory_.write([&] { return directory_.store_->finish(); });
  directory_.in_step_ = false;
  // Only a write shows that a store works again.
  if (wrote || !directory_.outcome_) directory_.keep(directory_.outcome_);
}

bool Directory::may_ask_store(Instant now) const {
  return store_ != nullptr && now >= ask_store_from_;
}

// Within a step that began. The first error of a step counts.
void Directory::write(const std::function<Result<void>()>& work) {
  if (!in_step_) return;
  wrote_ = true;
  auto done = work();
  if (!done && outcome_) outcome_ = std::move(done);
}

// What other processes on the store did, before a question is answered.
void Directory::follow(Instant now) {
  if (!may_ask_store(now)) return;
  auto rows = store_->changes();
  if (rows) return learn(std::move(*rows), now);
  ask_store_from_ = now + kStorePause;
  keep(tl::unexpected(rows.error()));
}

void Directory::learn(std::vector<LeaseStore::Row> rows, Instant now) {
  for (auto& row : rows) {
    // One's own doing comes back, too.
    if (const auto known = leases_.stamp_of(row.id); known && *known >= row.stamp) continue;
    if (row.sealed.empty()) {
      leases_.learn_stamp(row.id, row.stamp, row.until, now);
      continue;
    }
    auto card = rpc::open_card(row.sealed, clocks_.unix_now());
    if (card && card->id == row.id) {
      LeaseCard lease_card = to_lease_card(std::move(*card), std::move(row.sealed));
      leases_.learn({std::move(lease_card), row.stamp, std::move(row.address), row.until}, now);
    } else {
      leases_.learn_stamp(row.id, row.stamp, Instant::max(), now);
    }
  }
}

void Directory::keep(Result<void> stored) {
  if (stored) {
    store_error_.clear();
    return;
  }
  const bool news = store_error_.empty();
  store_error_ = stored.error().what + ": " + stored.error().why;
  if (news && on_store_error_) on_store_error_(stored.error());
}

}  // namespace shoal::bootstrap
