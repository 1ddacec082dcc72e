// SPDX-License-Identifier: Apache-2.0
#include "tests/overlay/index/matching.h"

#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/support/class_shares.h"

namespace shoal::tests {
namespace {

constexpr std::array<std::string_view, 5> kWords{"ash", "birch", "cedar", "elm", "fir"};

/// A world in which all is shared that was drawn, and what a search in it came to.
struct Forest {
  Scenario scenario;
  std::vector<std::vector<HitFile>> files;  ///< by peer
  std::string terms;
  std::optional<ContentId> content;

  [[nodiscard]] bool matches(std::uint32_t peer) const {
    return std::ranges::any_of(files[peer], [this](const HitFile& file) {
      if (content) return file.content == *content;
      const auto has = [&file](const std::string& word) {
        return (" " + file.name + " ").find(" " + word + " ") != std::string::npos;
      };
      const auto gap = terms.find(' ');
      return has(terms.substr(0, gap)) && (gap == std::string::npos || has(terms.substr(gap + 1)));
    });
  }
};

std::string draw_words(const char* name) {
  const auto one = kWords[*rc::gen::inRange<std::size_t>(0, kWords.size()).as(name)];
  const auto two = kWords[*rc::gen::inRange<std::size_t>(0, kWords.size()).as(name)];
  return one == two ? std::string(one) : std::string(one) + " " + std::string(two);
}

HitFile draw_file() {
  HitFile file;
  file.name = draw_words("name");
  for (const char letter : file.name)
    file.content.root.bytes[0] ^= static_cast<std::uint8_t>(letter);
  file.content.length = file.name.size();
  return file;
}

Forest draw_forest() {
  Forest forest;
  forest.scenario = draw_scenario({.any_rule = false, .ttl_max = 4});
  forest.scenario.lookup = forest.scenario.lookup_jitter = {};
  forest.files.resize(forest.scenario.peers);
  for (auto& shared : forest.files) {
    const auto count = *rc::gen::inRange<std::size_t>(0, 3).as("files");
    for (std::size_t i = 0; i < count; ++i) {
      const HitFile file = draw_file();
      const bool twice = std::ranges::find(shared, file.content, &HitFile::content) != shared.end();
      if (!twice) shared.push_back(file);
    }
  }
  if (*rc::gen::inRange(0, 3).as("by content") == 0) {
    forest.content = draw_file().content;
  } else {
    forest.terms = draw_words("terms");
  }
  RC_LOG() << forest.scenario << forest.terms << '\n';
  return forest;
}

/// Sees who is asked, and by which copies.
class Watch final : public sim::Observer {
 public:
  void on_delivery(Instant, PeerRef, PeerRef to, const Message& message, Verdict verdict,
                   const overlay::Effects&) override {
    rejected += verdict == Verdict::kReject ? 1U : 0U;
    if (message.kind != MessageKind::kQuery) return;
    ++copies;
    asked.insert(to.value);
  }
  void on_found(Instant, PeerRef, const overlay::Found& found) override {
    for (const HitFile& file : found.hit.ref<HitBody>().files) {
      hits.emplace(found.hit.ref<HitBody>().holder, file.content);
    }
  }
  void on_finished(Instant, PeerRef, const overlay::Finished& end) override { report = end.report; }
  void forget() {
    copies = 0;
    asked.clear();
    hits.clear();
  }

  std::uint64_t copies = 0;
  unsigned rejected = 0;
  std::set<std::uint32_t> asked;
  std::multiset<std::pair<PeerId, ContentId>> hits;
  SearchReport report;
};

struct Grove {
  explicit Grove(const Forest& forest) : world(options(forest.scenario), overlay::registry()) {
    world.watch(watch);
    for (std::uint32_t peer = 0; peer < forest.scenario.peers; ++peer) {
      const PeerRef ref = world.add_peer();
      for (const HitFile& file : forest.files[peer]) world.share(ref, file);
    }
    for (const Friends& link : forest.scenario.links) {
      world.connect(PeerRef{link.first}, PeerRef{link.second}, link.delay);
    }
  }
  static sim::WorldOptions options(const Scenario& scenario) {
    sim::WorldOptions options;
    options.seed = scenario.seed;
    options.node.link_queries_per_second = 0;
    return options;
  }
  void search(const Forest& forest, OverlayId via) {
    const Asked& asked = forest.scenario.searches[0];
    overlay::SearchRequest request;
    request.via = via;
    request.ttl = asked.ttl;
    request.body = make_payload<QueryBody>([&](QueryBody& query) {
      query.terms = forest.terms;
      query.content = forest.content;
    });
    watch.forget();
    RC_ASSERT(world.search(PeerRef{asked.origin}, request).has_value());
  }
  void settle() { world.run_until(world.now() + std::chrono::minutes(2)); }

  Watch watch;
  sim::World world;
};

/// The first search has the overlay started everywhere, and filters sent; the next one uses them.
void search_twice(Grove& grove, const Forest& forest) {
  grove.search(forest, overlay::kIndex);
  grove.settle();
  grove.search(forest, overlay::kIndex);
  grove.settle();
}

}  // namespace

Outcome hits_are_those_of_a_flood() {
  ClassShares shares;
  const bool held = rc::check("index: hits are those of a flood, from no more copies", [&] {
    Forest forest = draw_forest();
    // Under drawn delays two floods differ in copies by themselves.
    for (Friends& link : forest.scenario.links) link.delay.jitter = {};
    Grove flood(forest);
    flood.search(forest, overlay::kFlood);
    flood.settle();
    Grove index(forest);
    search_twice(index, forest);
    shares.next_case();
    shares.mark("hits", !flood.watch.hits.empty());
    shares.mark("fewer copies", index.watch.copies < flood.watch.copies);
    shares.mark("by content", forest.content.has_value());
    RC_ASSERT(index.watch.hits == flood.watch.hits);
    RC_ASSERT(index.watch.copies <= flood.watch.copies);
    RC_ASSERT(index.watch.report.complete);
    RC_ASSERT(index.watch.rejected == 0U);
    RC_ASSERT(std::ranges::includes(flood.watch.asked, index.watch.asked));
  });
  if (!held) return Outcome::kFalsified;
  return shares.enough("index: hits") ? Outcome::kHeld : Outcome::kThin;
}

Outcome spared_are_those_that_cannot_match() {
  ClassShares shares;
  std::uint64_t mistaken = 0;
  std::uint64_t spared = 0;
  const bool held = rc::check("index: spared are those that cannot match", [&] {
    Forest forest = draw_forest();
    for (Friends& link : forest.scenario.links) {
      link.delay = {milliseconds(10), milliseconds(10), {}};
    }
    Grove index(forest);
    search_twice(index, forest);
    const Asked& asked = forest.scenario.searches[0];
    const auto far = distances(forest.scenario, asked.origin,
                               std::vector<bool>(forest.scenario.links.size(), true));
    // With equal delays each peer at hop ttl - 1 sends its last copies to all neighbours but one of
    // those through which it was reached.
    std::uint64_t most = 0;
    std::uint64_t least = 0;
    for (std::uint32_t peer = 0; peer < forest.scenario.peers; ++peer) {
      if (far[peer] + 1 != asked.ttl) continue;
      std::uint64_t others = 0;
      bool parent_spared = false;
      bool parent_not = peer == asked.origin;
      for (const Friends& link : forest.scenario.links) {
        if (link.first != peer && link.second != peer) continue;
        const std::uint32_t other = link.first == peer ? link.second : link.first;
        others += forest.matches(other) ? 0U : 1U;
        if (far[other] + 1 != far[peer]) continue;
        (forest.matches(other) ? parent_not : parent_spared) = true;
      }
      most += others - (parent_not ? 0U : 1U);
      least += others - (parent_spared ? 1U : 0U);
    }
    const std::uint64_t said = index.watch.report.counts.spared;
    shares.next_case();
    shares.mark("spared", said > 0);
    spared += said;
    mistaken += said < least ? least - said : 0;
    RC_ASSERT(said <= most);
    for (std::uint32_t peer = 0; peer < forest.scenario.peers; ++peer) {
      if (peer != asked.origin && far[peer] < asked.ttl)
        RC_ASSERT(index.watch.asked.contains(peer));
      if (far[peer] == asked.ttl && forest.matches(peer)) {
        RC_ASSERT(index.watch.asked.contains(peer));
      }
    }
  });
  std::cout << "  spared: " << spared << ", not spared though they cannot match: " << mistaken
            << '\n';
  if (!held || mistaken * 20 > spared) return Outcome::kFalsified;
  return shares.enough("index: spared") ? Outcome::kHeld : Outcome::kThin;
}

Outcome what_is_new_is_found() {
  ClassShares shares;
  const bool held = rc::check("index: what is new is found by the next search", [&] {
    Forest forest = draw_forest();
    for (Friends& link : forest.scenario.links) link.delay.jitter = {};
    Grove index(forest);
    search_twice(index, forest);
    const auto peer = *rc::gen::inRange<std::uint32_t>(0, forest.scenario.peers).as("who shares");
    const HitFile fresh = draw_file();
    if (std::ranges::find(forest.files[peer], fresh.content, &HitFile::content) ==
        forest.files[peer].end()) {
      forest.files[peer].push_back(fresh);
      index.world.share(PeerRef{peer}, fresh);
      index.world.change_shares(PeerRef{peer});
    }
    // The word of it takes no longer than a link; the next filter two seconds.
    const auto wait = milliseconds(*rc::gen::inRange(401, 5000).as("searched after"));
    index.world.run_until(index.world.now() + wait);
    index.search(forest, overlay::kIndex);
    index.settle();
    Grove flood(forest);
    flood.search(forest, overlay::kFlood);
    flood.settle();
    shares.next_case();
    const PeerId holder = index.world.id_of(PeerRef{peer});
    const bool new_found = flood.watch.hits.contains({holder, fresh.content});
    shares.mark("the new file is found", new_found);
    shares.mark("before the next filter", wait < std::chrono::seconds(2));
    RC_ASSERT(index.watch.hits == flood.watch.hits);
  });
  if (!held) return Outcome::kFalsified;
  return shares.enough("index: news", 5) ? Outcome::kHeld : Outcome::kThin;
}

}  // namespace shoal::tests
