// SPDX-License-Identifier: Apache-2.0
#include "sim/check/shrink.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace shoal::sim {
namespace {

constexpr Duration kUsual = std::chrono::milliseconds(10);

/// Leaves out a peer with all that speaks of it; the others move up.
Scenario without_peer(const Scenario& from, std::uint32_t peer) {
  Scenario out = from;
  --out.peers;
  const auto gone = [peer](std::uint32_t number) { return number == peer; };
  const auto move = [peer](std::uint32_t& number) { number -= number > peer ? 1 : 0; };
  std::erase_if(out.links, [&](const auto& x) { return gone(x.first) || gone(x.second); });
  std::erase_if(out.holdings, [&](const auto& x) { return gone(x.peer); });
  std::erase_if(out.changes, [&](const auto& x) { return gone(x.peer); });
  std::erase_if(out.strangers, [&](const auto& x) { return gone(x.from) || gone(x.to); });
  std::erase_if(out.searches, [&](const auto& x) { return gone(x.origin); });
  std::erase_if(out.troubles, [&](const auto& x) {
    const bool pair = x.kind == Trouble::Kind::kDown || x.kind == Trouble::Kind::kStall;
    return gone(x.first) || (pair && gone(x.second));
  });
  const auto move_both = [&move](std::uint32_t& one, std::uint32_t& other) {
    move(one);
    move(other);
  };
  for (auto& x : out.links) move_both(x.first, x.second);
  for (auto& x : out.holdings) move(x.peer);
  for (auto& x : out.changes) move(x.peer);
  for (auto& x : out.strangers) move_both(x.from, x.to);
  for (auto& x : out.searches) move(x.origin);
  for (auto& x : out.troubles) move_both(x.first, x.second);
  if (out.open) {
    auto& contacts = out.open->contacts;
    contacts.erase(contacts.begin() + peer);
    for (std::uint32_t at = 0; at < contacts.size(); ++at) {
      // Who joined by it joins by its contact.
      if (gone(contacts[at])) contacts[at] = from.open->contacts[peer];
      const bool nobody = gone(contacts[at]);
      move(contacts[at]);
      if (nobody) contacts[at] = at;
    }
  }
  return out;
}

/// Leaves out a link with all that happens on it.
Scenario without_links(const Scenario& from, std::size_t first, std::size_t count) {
  Scenario out = from;
  const auto at = out.links.begin() + static_cast<std::ptrdiff_t>(first);
  out.links.erase(at, at + static_cast<std::ptrdiff_t>(count));
  const auto linked = [&out](std::uint32_t one, std::uint32_t other) {
    return std::ranges::any_of(out.links, [&](const CheckedLink& link) {
      return std::minmax(link.first, link.second) == std::minmax(one, other);
    });
  };
  std::erase_if(out.troubles, [&](const Trouble& x) {
    const bool pair = x.kind == Trouble::Kind::kDown || x.kind == Trouble::Kind::kStall;
    return pair && !linked(x.first, x.second);
  });
  std::erase_if(out.strangers, [&](const Stranger& x) { return !linked(x.from, x.to); });
  return out;
}

/// The same peers without a choice of neighbours: each linked with whom it would have joined by.
Scenario closed(const Scenario& from) {
  Scenario out = from;
  out.open.reset();
  for (std::uint32_t peer = 0; peer < from.peers; ++peer) {
    const std::uint32_t contact = from.open->contacts[peer];
    const bool linked = std::ranges::any_of(out.links, [&](const CheckedLink& link) {
      return std::minmax(link.first, link.second) == std::minmax(peer, contact);
    });
    if (contact != peer && !linked) out.links.push_back({peer, contact, kUsual, kUsual});
  }
  return out;
}

class Shrinker {
 public:
  Shrinker(Scenario best, const std::function<bool(const Scenario&)>& fails, std::uint32_t most)
      : best_(std::move(best)), fails_(fails), most_(most) {}

  Shrunk run() {
    for (bool better = true; better && tries_ < most_;) {
      better = best_.open && take(closed(best_));
      better = thin(&Scenario::searches) || better;
      better = thin(&Scenario::troubles) || better;
      better = thin(&Scenario::strangers) || better;
      better = thin(&Scenario::changes) || better;
      better = thin_links() || better;
      better = thin_peers() || better;
      better = thin(&Scenario::holdings) || better;
      better = plain_numbers() || better;
      better = plain_searches() || better;
      better = plain_troubles() || better;
    }
    return {std::move(best_), tries_};
  }

 private:
  bool take(Scenario candidate) {
    if (tries_ >= most_ || candidate.weight() >= best_.weight()) return false;
    ++tries_;
    if (!fails_(candidate)) return false;
    best_ = std::move(candidate);
    return true;
  }

  /// Leaves out ever smaller parts of a list.
  template <class T>
  bool thin(std::vector<T> Scenario::*list) {
    bool better = false;
    for (std::size_t part = (best_.*list).size(); part > 0; part /= 2) {
      for (std::size_t at = 0; at < (best_.*list).size();) {
        Scenario less = best_;
        auto& items = less.*list;
        const std::size_t count = std::min(part, items.size() - at);
        const auto first = items.begin() + static_cast<std::ptrdiff_t>(at);
        items.erase(first, first + static_cast<std::ptrdiff_t>(count));
        if (take(std::move(less))) {
          better = true;
        } else {
          at += part;
        }
      }
    }
    return better;
  }

  bool thin_links() {
    bool better = false;
    for (std::size_t part = best_.links.size(); part > 0; part /= 2) {
      for (std::size_t at = 0; at < best_.links.size();) {
        const std::size_t count = std::min(part, best_.links.size() - at);
        if (take(without_links(best_, at, count))) {
          better = true;
        } else {
          at += part;
        }
      }
    }
    return better;
  }

  bool thin_peers() {
    bool better = false;
    for (std::uint32_t peer = best_.peers; peer-- > 0;) {
      if (best_.peers > 1 && take(without_peer(best_, peer))) better = true;
    }
    return better;
  }

  /// Tries one change of the best scenario.
  template <class Change>
  bool with(Change change) {
    Scenario other = best_;
    change(other);
    return take(std::move(other));
  }

  bool plain_numbers() {
    bool better = false;
    better = with([](Scenario& s) { s.open.reset(); }) || better;
    better = with([](Scenario& s) {
               if (s.open) s.open->renewal = 0;
             }) ||
             better;
    better = with([](Scenario& s) { s.jitter = {}; }) || better;
    better = with([](Scenario& s) { s.lookup = s.lookup_jitter = {}; }) || better;
    better = with([](Scenario& s) { s.notice = {}; }) || better;
    better = with([](Scenario& s) { s.queue = limits::kLinkQueueMessages; }) || better;
    better = with([](Scenario& s) { s.link_queries = 0; }) || better;
    better = with([](Scenario& s) {
               for (CheckedLink& link : s.links) link.there = link.back = kUsual;
             }) ||
             better;
    for (std::size_t i = 0; i < best_.links.size(); ++i) {
      better = with([i](Scenario& s) { s.links[i].there = s.links[i].back = kUsual; }) || better;
      better = with([i](Scenario& s) { s.links[i].there = kUsual; }) || better;
      better = with([i](Scenario& s) { s.links[i].back = kUsual; }) || better;
    }
    return better;
  }

  bool plain_searches() {
    bool better = false;
    for (std::size_t i = 0; i < best_.searches.size(); ++i) {
      better = with([i](Scenario& s) { s.searches[i].cancelled.reset(); }) || better;
      better = with([i](Scenario& s) { s.searches[i].budget = {}; }) || better;
      better = with([i](Scenario& s) { s.searches[i].enough = 0; }) || better;
      better = with([i](Scenario& s) { s.searches[i].echo = true; }) || better;
      better = with([i](Scenario& s) { s.searches[i].parameters.reset(); }) || better;
      better = with([i](Scenario& s) { s.searches[i].rule = DuplicateRule::kDeepest; }) || better;
      while (best_.searches[i].ttl > 1 && with([i](Scenario& s) { --s.searches[i].ttl; })) {
        better = true;
      }
    }
    return better;
  }

  bool plain_troubles() {
    bool better = false;
    for (std::size_t i = 0; i < best_.troubles.size(); ++i) {
      better = with([i](Scenario& s) { s.troubles[i].amount /= 2; }) || better;
      better = with([i](Scenario& s) {
                 Trouble& trouble = s.troubles[i];
                 trouble.from = std::chrono::floor<std::chrono::milliseconds>(trouble.from);
                 trouble.to = std::chrono::ceil<std::chrono::milliseconds>(trouble.to);
               }) ||
               better;
    }
    return better;
  }

  Scenario best_;
  const std::function<bool(const Scenario&)>& fails_;
  std::uint32_t most_;
  std::uint32_t tries_ = 0;
};

}  // namespace

Shrunk shrink(const Scenario& scenario, const std::function<bool(const Scenario&)>& fails,
              std::uint32_t tries_max) {
  return Shrinker(scenario, fails, tries_max).run();
}

}  // namespace shoal::sim
