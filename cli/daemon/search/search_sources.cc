// SPDX-License-Identifier: Apache-2.0
// Whom to fetch from: who answered searches, and who answers now.
#include <algorithm>

#include "cli/daemon/search/search_entry.h"
#include "cli/daemon/search/search_table.h"
#include "cli/daemon/search/source_ways.h"
#include "proto/types/limits.h"
#include "proto/types/text.h"

namespace shoal::daemon {
namespace {

transfer::SourceInfo source_of(const overlay::FoundHit& hit) {
  return {hit.holder, hit.endpoints, hit.card};
}

// The key of a search and its end come from two threads; the later one ends its way.
struct SourceSearch {
  std::mutex mutex;
  std::vector<transfer::SourceInfo> sources;
  std::optional<std::string> key_pem;
  bool ended = false;
};

}  // namespace

SearchTable::SideKey SearchTable::SideKey::generate() {
  const auto identity = rpc::Identity::generate();
  return {KeyFingerprint{identity.id().bytes}, identity.key_pem()};
}

std::vector<Holders> SearchTable::holders(const ContentId& content,
                                          const std::optional<QueryId>& search) const {
  std::vector<EntryRef> newest_first;
  {
    const std::lock_guard lock(mutex_);
    newest_first.assign(entries_.rbegin(), entries_.rend());
  }
  std::ranges::stable_partition(newest_first,
                                [&](const EntryRef& e) { return search && e->id == *search; });
  std::vector<Holders> groups;
  std::vector<PeerId> peers;
  for (const auto& entry : newest_first) {
    const std::lock_guard lock(entry->mutex);
    for (const Entry::Hit& hit : entry->hits) {
      if (hit.row.content != content || peers.size() == limits::kDownloadSources) continue;
      // A holder knows only the key of the way that it was asked by.
      const std::string& key = entry->legs[hit.leg].key_pem;
      const bool known = std::ranges::find(peers, hit.source.peer) != peers.end();
      // None: it was told of by a way beside the overlays, and is asked as who we are.
      const bool beside = entry->legs[hit.leg].told.beside;
      if ((key.empty() && !beside) || known) continue;
      peers.push_back(hit.source.peer);
      auto group = std::ranges::find(groups, key, &Holders::key_pem);
      if (group == groups.end()) group = groups.insert(group, {{}, key, hit.row.name});
      group->sources.push_back(hit.source);
    }
  }
  return groups;
}

void SearchTable::find_sources(
    const ContentId& content,
    std::function<void(std::vector<transfer::SourceInfo>, std::string)> found) {
  const auto ways = std::make_shared<SourceWays>(sides_.size() + 1, std::move(found));
  for (std::size_t at = 0; at < sides_.size(); ++at) {
    SideRoute& side = *sides_[at];
    if (!side.is_there()) {
      ways->end({}, {});
      continue;
    }
    // Made here: where its turn comes, others that end theirs wait for what is done.
    const SideKey key = side.asks_holders() ? SideKey::generate() : SideKey();
    // Where too many wait already, or the same, it finds nobody; the download asks again later.
    const bool asked =
        turns_[at]->take(to_text(content), [&side, content, key, ways](Turns::Done done) {
          ask_side(side, content, key, ways, std::move(done));
        });
    if (!asked) ways->end({}, {});
  }
  auto shared = std::make_shared<SourceSearch>();
  const auto report = [shared, ways](std::optional<std::string> key, bool ended) {
    std::unique_lock lock(shared->mutex);
    if (key) shared->key_pem = std::move(key);
    shared->ended = shared->ended || ended;
    if (!shared->ended || !shared->key_pem) return;
    auto sources = std::move(shared->sources);
    auto key_pem = std::move(*shared->key_pem);
    lock.unlock();
    ways->end(std::move(sources), std::move(key_pem));
  };
  overlay::SearchSpec spec;
  spec.content = content;
  spec.enough = static_cast<std::uint32_t>(limits::kDownloadSources);
  overlay::SearchHandlers handlers{
      [shared](const overlay::FoundHit& hit) {
        const std::lock_guard lock(shared->mutex);
        shared->sources.push_back(source_of(hit));
      },
      [report](const overlay::FinishedSearch&) { report(std::nullopt, true); }};
  auto started = overlay_.search(spec, std::move(handlers));
  if (started) {
    report(std::move(started->key_pem), false);
  } else {
    report(std::string(), true);
  }
}

// One that cannot be asked finds nobody.
void SearchTable::ask_side(SideRoute& side, const ContentId& content, const SideKey& key,
                           const std::shared_ptr<SourceWays>& ways, Turns::Done done) {
  SideQuery query;
  query.id = random_query();
  query.key = key.fingerprint;
  query.content = content;
  query.enough = limits::kDownloadSources;
  query.late = false;
  auto shared = std::make_shared<SourceSearch>();
  SideRoute::Handlers handlers;
  handlers.on_hits = [shared](const std::vector<SideHit>& hits) {
    const std::lock_guard lock(shared->mutex);
    if (shared->ended) return;
    for (const SideHit& hit : hits) shared->sources.push_back(hit.source);
  };
  handlers.on_end = [shared, ways, done = std::move(done),
                     key_pem = key.pem](const Result<SideAnswer>&) {
    std::vector<transfer::SourceInfo> sources;
    {
      const std::lock_guard lock(shared->mutex);
      shared->ended = true;
      sources = std::move(shared->sources);
    }
    ways->end(std::move(sources), key_pem);
    done();
  };
  side.search(std::move(query), std::move(handlers));
}

}  // namespace shoal::daemon
