// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/http/directory_index.h"

#include <algorithm>
#include <map>
#include <utility>

#include "proto/http/admission.h"

namespace shoal::bootstrap {

DirectoryIndex::DirectoryIndex(Directory& directory, IndexStore& store, Directory::Clocks clocks,
                               IndexOptions options)
    : directory_(directory),
      store_(store),
      clocks_(std::move(clocks)),
      options_(options),
      searches_(options.searches) {
  // Noted here and done later: the directory must not wait for a store.
  directory_.on_gone([this](std::span<const Leases::Gone> gone) {
    const std::scoped_lock lock(mutex_);
    for (const auto& each : gone) gone_.push_back(each.id);
  });
}

Result<void> DirectoryIndex::begin() {
  const auto owners = store_.owners();
  if (!owners) return tl::unexpected(owners.error());
  std::vector<PeerId> without;
  std::ranges::copy_if(*owners, std::back_inserter(without),
                       [&](const PeerId& id) { return !directory_.find(id); });
  return store_.end(without);
}

// In order: whoever is back by now has nothing here before it says so anew, and that comes later.
Result<void> DirectoryIndex::end_gone() {
  std::vector<PeerId> gone;
  {
    const std::scoped_lock lock(mutex_);
    gone.swap(gone_);
  }
  if (gone.empty()) return {};
  auto ended = store_.end(gone);
  if (!ended) {
    const std::scoped_lock lock(mutex_);
    gone_.insert(gone_.begin(), gone.begin(), gone.end());
  }
  return ended;
}

Result<IndexHead> DirectoryIndex::put(const IndexRequest& request, const std::string& address) {
  if (auto admitted = directory_.admit(address); !admitted) {
    return tl::unexpected(admitted.error());
  }
  if (auto fine = check_update(request.update, options_.limits); !fine) {
    return tl::unexpected(fine.error());
  }
  const auto opened = open_update(request, clocks_.unix_now());
  if (!opened) return tl::unexpected(opened.error());
  const std::scoped_lock lock(changing_);
  const auto lease = directory_.find(opened->owner);
  if (!lease) {
    return fail(Errc::kDenied, "the index is not taken", "its peer has no live lease here",
                "take a lease first: PUT /v1/peers/{id}");
  }
  if (auto ended = end_gone(); !ended) return tl::unexpected(ended.error());
  return store_.change(opened->owner, opened->sealed, [&](const IndexState& state) {
    return judge(opened->sealed.update, state, lease->stamp, options_.limits);
  });
}

Result<IndexHead> DirectoryIndex::head(const PeerId& owner) {
  const std::scoped_lock lock(changing_);
  if (!directory_.find(owner)) return IndexHead{};
  if (auto ended = end_gone(); !ended) return tl::unexpected(ended.error());
  return store_.head(owner);
}

std::uint64_t DirectoryIndex::sequence_of(const PeerId& owner) {
  const auto known = head(owner);
  return std::max(known ? known->sequence : 0, directory_.stamp_of(owner).value_or(0));
}

Result<DirectoryIndex::Page> DirectoryIndex::find(IndexStore::Wanted wanted,
                                                  const std::string& address) {
  {
    const std::scoped_lock lock(mutex_);
    if (auto admitted = searches_.admit(http::address_key(address), clocks_.now()); !admitted) {
      return tl::unexpected(admitted.error());
    }
  }
  {
    const std::scoped_lock lock(changing_);
    if (auto ended = end_gone(); !ended) return tl::unexpected(ended.error());
  }
  Page page;
  std::map<PeerId, std::optional<Directory::Listed>> owners;
  const std::size_t limit = wanted.limit;
  for (int tries = 0; tries < limits::kFoundTries; ++tries) {
    // One more than there is room for tells whether there is a next page.
    wanted.limit = limit - page.files.size() + 1;
    auto rows = store_.find(wanted);
    if (!rows) return tl::unexpected(rows.error());
    const bool more = rows->size() == wanted.limit;
    if (more) rows->pop_back();
    for (auto& row : *rows) {
      wanted.after = row.number;
      auto owner = owners.find(row.owner);
      if (owner == owners.end()) {
        owner = owners.emplace(row.owner, directory_.find(row.owner)).first;
      }
      if (owner->second) page.files.push_back({std::move(row), *owner->second});
    }
    page.next = more ? wanted.after : 0;
    if (!more || page.files.size() == limit) break;
  }
  return page;
}

void DirectoryIndex::sweep() {
  {
    const std::scoped_lock lock(changing_);
    if (!end_gone()) return;
  }
  while (store_.purge(limits::kIndexPurge).value_or(false)) {
  }
}

}  // namespace shoal::bootstrap
