// SPDX-License-Identifier: Apache-2.0
#include "tests/transfer/host/fault_disk.h"

#include <algorithm>

namespace shoal::transfer::testing {
namespace {

constexpr std::size_t kSector = 512;

tl::unexpected<Error> not_there(const std::string& name) {
  return fail(Errc::kNotFound, "cannot open " + name);
}

}  // namespace

Result<void> FaultDisk::Medium::begin(bool takes_room) {
  dead = dead || operations >= power_until;
  if (dead) return fail(Errc::kIo, "the power is gone");
  const std::uint64_t number = operations++;
  if (const auto planned = failures.find(number); planned != failures.end()) {
    return fail(planned->second, "this operation fails");
  }
  if (takes_room && full_for > 0 && number >= full_from) {
    --full_for;
    return fail(Errc::kNoSpace, "the disk is full");
  }
  return {};
}

void FaultDisk::apply(const Change& change, Content& to) {
  if (change.is_cut) return to.resize(change.offset);
  if (to.size() < change.offset + change.bytes.size()) {
    to.resize(change.offset + change.bytes.size());
  }
  std::ranges::copy(change.bytes, to.begin() + static_cast<std::ptrdiff_t>(change.offset));
}

class FaultFile final : public DiskFile {
 public:
  FaultFile(std::shared_ptr<FaultDisk::Medium> medium, FaultDisk::InodeRef inode, bool alone)
      : medium_(std::move(medium)), inode_(std::move(inode)), alone_(alone) {
    if (alone_) inode_->locked = true;
  }
  ~FaultFile() override {
    if (alone_) inode_->locked = false;
  }
  [[nodiscard]] Result<std::uint64_t> size() const override { return inode_->cached.size(); }
  Result<void> read(std::uint64_t offset, std::span<std::uint8_t> into) const override {
    if (offset + into.size() > inode_->cached.size()) return fail(Errc::kIo, "it ends before");
    std::copy_n(inode_->cached.begin() + static_cast<std::ptrdiff_t>(offset), into.size(),
                into.begin());
    return {};
  }
  Result<void> write(std::uint64_t offset, std::span<const std::uint8_t> bytes) override {
    return change({offset, {bytes.begin(), bytes.end()}, false}, true);
  }
  Result<void> cut(std::uint64_t length) override {
    if (length == inode_->cached.size()) return {};
    return change({length, {}, true}, false);
  }
  Result<void> reserve(std::uint64_t offset, std::uint64_t length) override {
    if (offset + length <= inode_->cached.size()) return {};
    return change({offset + length, {}, true}, true);
  }
  Result<void> sync() override {
    auto done = medium_->begin(false);
    if (done) {
      for (const auto& one : inode_->unsynced) FaultDisk::apply(one, inode_->durable);
    }
    // Also when it failed, see the header.
    if (!medium_->dead) inode_->unsynced.clear();
    return done;
  }
  bool touched() override { return false; }

 private:
  Result<void> change(FaultDisk::Change change, bool takes_room) {
    if (auto begun = medium_->begin(takes_room); !begun) return begun;
    FaultDisk::apply(change, inode_->cached);
    inode_->unsynced.push_back(std::move(change));
    return {};
  }

  std::shared_ptr<FaultDisk::Medium> medium_;
  FaultDisk::InodeRef inode_;
  bool alone_;
};

class FaultFolder final : public DiskFolder {
 public:
  explicit FaultFolder(std::shared_ptr<FaultDisk::Medium> medium) : medium_(std::move(medium)) {}

  Result<std::unique_ptr<DiskFile>> open_part(const std::string& name, bool make) override {
    return open(name, make, false);
  }
  Result<std::unique_ptr<DiskFile>> open_alone(const std::string& name) override {
    return open(name, true, true);
  }
  Result<std::unique_ptr<DiskFile>> open_placed(const std::string& name) override {
    const auto found = medium_->placed.find(name);
    if (found == medium_->placed.end()) return not_there(name);
    return std::make_unique<FaultFile>(medium_, found->second, false);
  }
  [[nodiscard]] bool is_taken(const std::string& name) const override {
    return medium_->placed.contains(name);
  }
  Result<void> place(const std::string& part, const std::string& name) override {
    if (auto begun = medium_->begin(false); !begun) return begun;
    if (is_taken(name)) return fail(Errc::kConflict, "the name is taken");
    const auto found = medium_->parts.find(part);
    if (found == medium_->parts.end()) return not_there(part);
    medium_->names.push_back({part, name, found->second});
    medium_->placed[name] = found->second;
    medium_->parts.erase(found);
    return {};
  }
  [[nodiscard]] bool has_part(const std::string& name) const override {
    return medium_->parts.contains(name);
  }
  void remove_part(const std::string& name) override {
    if (!has_part(name) || !medium_->begin(false)) return;
    medium_->names.push_back({name, {}, nullptr});
    medium_->parts.erase(name);
  }
  Result<void> sync_parts() override { return sync(&FaultDisk::NameChange::part); }
  Result<void> sync_placed() override { return sync(&FaultDisk::NameChange::placed); }
  [[nodiscard]] std::uint64_t free_bytes() const override { return medium_->free; }
  [[nodiscard]] std::uint64_t part_bytes(const std::string& name) const override {
    const auto found = medium_->parts.find(name);
    return found == medium_->parts.end() ? 0 : found->second->cached.size();
  }

 private:
  Result<std::unique_ptr<DiskFile>> open(const std::string& name, bool make, bool alone) {
    auto found = medium_->parts.find(name);
    if (found == medium_->parts.end()) {
      if (!make) return not_there(name);
      if (auto begun = medium_->begin(false); !begun) return tl::unexpected<Error>(begun.error());
      found = medium_->parts.emplace(name, std::make_shared<FaultDisk::Inode>()).first;
      medium_->names.push_back({name, {}, found->second});
    }
    if (alone && found->second->locked) return fail(Errc::kConflict, "another has it");
    return std::make_unique<FaultFile>(medium_, found->second, alone);
  }
  Result<void> sync(std::string FaultDisk::NameChange::*where) {
    if (auto begun = medium_->begin(false); !begun) return begun;
    for (auto& one : medium_->names) one.durable = one.durable || !(one.*where).empty();
    return {};
  }

  std::shared_ptr<FaultDisk::Medium> medium_;
};

std::unique_ptr<DiskFolder> FaultDisk::mount() const {
  return std::make_unique<FaultFolder>(medium_);
}

void FaultDisk::survive(Inode& inode, Survives survives, Rng& rng) {
  for (Change& one : inode.unsynced) {
    const auto luck = survives == Survives::kSome ? rng.below(3) : 0;
    if (survives == Survives::kNothing || luck == 1) continue;
    if (luck == 2 && !one.is_cut) {
      // Torn: some sectors are old, or nothing.
      Content mixed(one.bytes.size());
      for (std::size_t at = 0; at < mixed.size(); ++at) {
        const std::size_t place = one.offset + at;
        mixed[at] = place < inode.durable.size() ? inode.durable[place] : std::uint8_t{0};
      }
      for (std::size_t at = 0; at < mixed.size(); at += kSector) {
        if (rng.below(2) == 0) continue;
        const std::size_t size = std::min(kSector, mixed.size() - at);
        std::copy_n(one.bytes.begin() + static_cast<std::ptrdiff_t>(at), size,
                    mixed.begin() + static_cast<std::ptrdiff_t>(at));
      }
      one.bytes = std::move(mixed);
    }
    apply(one, inode.durable);
  }
  inode.unsynced.clear();
  inode.cached = inode.durable;
  inode.locked = false;
}

void FaultDisk::restart(Survives survives, Rng& rng) {
  Medium& medium = *medium_;
  const std::size_t changes = medium.names.size();
  std::size_t kept = changes;
  if (survives == Survives::kNothing) kept = 0;
  if (survives == Survives::kSome) kept = rng.below(changes + 1);
  for (std::size_t i = 0; i < changes; ++i) {
    const NameChange& one = medium.names[i];
    if (!one.durable && i >= kept) continue;
    if (!one.placed.empty()) {
      medium.durable_parts.erase(one.part);
      medium.durable_placed[one.placed] = one.inode;
    } else if (one.inode) {
      medium.durable_parts[one.part] = one.inode;
    } else {
      medium.durable_parts.erase(one.part);
    }
  }
  medium.names.clear();
  medium.parts = medium.durable_parts;
  medium.placed = medium.durable_placed;
  std::set<InodeRef> all;  // the order of addresses draws no numbers: survive() is by name
  for (const Names* names : {&medium.parts, &medium.placed}) {
    for (const auto& [name, inode] : *names) {
      if (all.insert(inode).second) survive(*inode, survives, rng);
    }
  }
  medium.power_until = ~std::uint64_t{0};
  medium.dead = false;
  medium.failures.clear();
  medium.full_for = 0;
}

std::map<std::string, FaultDisk::Content> FaultDisk::placed() const {
  std::map<std::string, Content> all;
  for (const auto& [name, inode] : medium_->placed) all[name] = inode->cached;
  return all;
}

std::map<std::string, FaultDisk::Content> FaultDisk::parts() const {
  std::map<std::string, Content> all;
  for (const auto& [name, inode] : medium_->parts) all[name] = inode->cached;
  return all;
}

FaultDisk::Content FaultDisk::part(const std::string& name) const {
  const auto found = medium_->parts.find(name);
  return found == medium_->parts.end() ? Content{} : found->second->cached;
}

void FaultDisk::add_placed(const std::string& name, Content content) {
  auto inode = std::make_shared<Inode>();
  inode->cached = inode->durable = std::move(content);
  medium_->placed[name] = medium_->durable_placed[name] = inode;
}

void FaultDisk::spoil_part(const std::string& name, std::uint64_t offset) {
  Inode& inode = *medium_->parts.at(name);
  inode.cached.at(offset) ^= 1;
  if (offset < inode.durable.size()) inode.durable[offset] ^= 1;
}

}  // namespace shoal::transfer::testing
