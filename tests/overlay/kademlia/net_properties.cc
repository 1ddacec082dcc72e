// SPDX-License-Identifier: Apache-2.0
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/overlay/kademlia/ids.h"
#include "tests/overlay/kademlia/net.h"
#include "tests/overlay/kademlia/properties.h"

namespace shoal::tests {
namespace {

using overlay::kademlia::Kind;
using std::chrono::seconds;

constexpr const char* kWords[] = {"alpha", "beta", "gamma"};

int draw(int from, int to, const char* name) { return *rc::gen::inRange(from, to).as(name); }

PeerRef draw_peer(int count, const char* name) {
  return PeerRef{static_cast<std::uint32_t>(draw(0, count, name))};
}

std::vector<SharedFile> draw_shares() {
  std::vector<SharedFile> files;
  const int count = draw(0, 4, "files");
  for (int i = 0; i < count; ++i) {
    const std::string first = kWords[draw(0, 3, "word")];
    files.push_back({content_number(static_cast<std::uint64_t>(i)),
                     first + ' ' + kWords[draw(0, 3, "other word")]});
  }
  return files;
}

bool has_words(const SharedFile& file, const std::string& word, const std::string& other) {
  const auto has = [&](const std::string& w) {
    return (' ' + file.words + ' ').find(' ' + w + ' ') != std::string::npos;
  };
  return has(word) && has(other);
}

Message own_message(Kind kind, QueryId query, const std::string& bytes,
                    const std::vector<PeerRef>& contacts) {
  Message message;
  message.query = query;
  message.kind = as_message_kind(kind);
  message.overlay = overlay::kKademlia;
  message.body = make_payload<OpaqueBody>([&](OpaqueBody& body) {
    body.bytes = bytes;
    for (const PeerRef peer : contacts) body.contacts.push_back({peer});
  });
  return message;
}

/// A network that joined through its first peer, and whose shares are published.
struct Village {
  explicit Village(int most) : net(static_cast<std::uint64_t>(draw(0, 1000, "seed"))) {
    count = draw(2, most, "peers");
    for (int i = 0; i < count; ++i) {
      net.add();
      shares.push_back(draw_shares());
      net.share(PeerRef{static_cast<std::uint32_t>(i)}, shares.back());
      if (i > 0) net.introduce(PeerRef{static_cast<std::uint32_t>(i)}, PeerRef{0});
    }
    net.run_for(seconds(30));
  }

  Net net;
  int count = 0;
  std::vector<std::vector<SharedFile>> shares;
};

}  // namespace

bool hits_come_once_and_only_from_the_asked_holder() {
  return rc::check("every holder is found, once, by its own word, and nobody else", [] {
    Village village(9);
    Net& net = village.net;
    const PeerRef origin = draw_peer(village.count, "origin");
    const std::string word = kWords[draw(0, 3, "wanted")];
    const std::string other = kWords[draw(0, 3, "wanted too")];
    std::set<PeerRef> asked;
    std::set<std::pair<QueryId, PeerRef>> told;  // of what the origin sent
    const PeerRef forger = draw_peer(village.count, "forger");
    const PeerRef victim = draw_peer(village.count, "victim");
    const bool forges = forger != origin && forger != victim;
    net.intercept = [&](PeerRef from, PeerRef to, const Message& message) {
      if (message.kind == MessageKind::kQuery) asked.insert(to);
      if (from == origin) told.emplace(message.query, to);
      if (!forges || from != origin || to != forger) return false;
      // It says that somebody else has what nobody has, whether it was asked or not.
      Message hit;
      hit.query = message.query;
      hit.kind = MessageKind::kHit;
      hit.overlay = overlay::kKademlia;
      hit.body = make_payload<HitBody>([&](HitBody& body) {
        body.holder = net.id(victim);
        body.files.push_back({content_number(999), "forged"});
      });
      net.answer(forger, origin, std::move(hit));
      return false;
    };
    const auto query = net.search(origin, word + ' ' + other, Net::usual());
    RC_ASSERT(query.has_value());
    net.run_for(seconds(20));
    const Net::Search& search = net.of(*query);
    RC_ASSERT(search.report.has_value());
    RC_ASSERT(search.report->ended == EndReason::kAnswered);
    RC_ASSERT(!search.report->complete);
    std::map<std::pair<PeerId, ContentId>, int> found;
    for (const overlay::Found& hit : search.found) {
      const auto& body = hit.hit.ref<HitBody>();
      for (const HitFile& file : body.files) ++found[{body.holder, file.content}];
      bool holder_asked = false;
      for (const PeerRef peer : asked) holder_asked = holder_asked || net.id(peer) == body.holder;
      RC_ASSERT(holder_asked);
    }
    std::size_t expected = 0;
    for (std::uint32_t peer = 0; peer < static_cast<std::uint32_t>(village.count); ++peer) {
      for (const SharedFile& file : village.shares[peer]) {
        if (PeerRef{peer} == origin || !has_words(file, word, other)) continue;
        ++expected;
        RC_ASSERT((found[{net.id(PeerRef{peer}), file.content}]) == 1);
      }
    }
    RC_ASSERT(found.size() == expected);
    RC_ASSERT(search.report->hits == expected);
    // A provider that showed the way as well is one peer.
    const auto reached = std::ranges::count(told, *query, &std::pair<QueryId, PeerRef>::first);
    RC_ASSERT(search.report->peers_asked() == reached);
  });
}

bool what_nobody_asked_for_changes_nothing() {
  return rc::check("answers of peers that were not asked are ignored", [] {
    Net net(static_cast<std::uint64_t>(draw(0, 1000, "seed")));
    const PeerRef origin = net.add();
    const int known = draw(4, 20, "known");
    for (int i = 0; i < known; ++i) net.add();
    net.fill_tables(limits::kKademliaK);
    net.run_for(seconds(20));
    std::set<PeerRef> asked;
    std::optional<QueryId> id;
    net.intercept = [&](PeerRef from, PeerRef to, const Message& message) {
      if (from == origin && id && message.query == *id) asked.insert(to);
      return false;
    };
    auto parameters = Net::usual();
    parameters[overlay::kKademliaPaths] = 1;
    parameters[overlay::kKademliaAlpha] = 1;
    const auto query = net.search(origin, "word", parameters);
    RC_ASSERT(query.has_value());
    id = *query;
    // The one request is on its way to one peer: all others answer.
    const auto target = overlay::kademlia::point_of_word("word");
    const auto nearest = net.truly_nearest(target, 1, [&](PeerRef p) { return p != origin; });
    Rng rng(3);
    std::vector<PeerRef> ghosts;
    for (int i = 0; i < 5; ++i) ghosts.push_back(net.ghost(drawn_id(rng)));
    const std::size_t before = net.core(origin).table().size();
    for (std::uint32_t peer = 1; peer <= static_cast<std::uint32_t>(known); ++peer) {
      if (PeerRef{peer} == nearest[0]) continue;
      const std::string none(1, '\0');
      RC_ASSERT(net.inject(PeerRef{peer}, origin,
                           own_message(Kind::kProviders, *id, none, ghosts)) == Verdict::kIgnore);
    }
    const PeerRef stranger = net.ghost(drawn_id(rng));
    RC_ASSERT(net.inject(stranger, origin, own_message(Kind::kPong, *id, "", {})) ==
              Verdict::kIgnore);
    RC_ASSERT(net.inject(stranger, origin, own_message(Kind::kNodes, QueryId{1, 2}, "", ghosts)) ==
              Verdict::kIgnore);
    RC_ASSERT(net.core(origin).table().size() == before);
    net.run_for(seconds(20));
    for (const PeerRef ghost : ghosts) RC_ASSERT(!asked.contains(ghost));
    RC_ASSERT(net.of(*id).report.has_value());
  });
}

bool under_churn_searches_end_once_and_handles_balance() {
  return rc::check("under churn every search ends in time, and handles balance", [] {
    Village village(7);
    Net& net = village.net;
    net.gives_back = draw(0, 2, "gives back") == 0;
    std::map<QueryId, PeerRef> open;
    const int steps = draw(1, 12, "steps");
    for (int step = 0; step < steps; ++step) {
      const PeerRef peer = draw_peer(village.count, "peer");
      const int what = draw(0, 5, "what");
      if (what == 0 && net.alive(peer)) {
        net.stop(peer);
        std::erase_if(open, [&](const auto& search) { return search.second == peer; });
      } else if (what == 1 && !net.alive(peer)) {
        net.start(peer);
        net.introduce(peer, draw_peer(village.count, "introduced to"));
      } else if (what == 2 && net.alive(peer)) {
        net.share(peer, draw_shares());
      } else if (net.alive(peer)) {
        const auto query = net.search(peer, kWords[draw(0, 3, "wanted")], Net::usual());
        if (query) open[*query] = peer;
        if (query && draw(0, 6, "cancel") == 0) net.cancel(peer, *query);
      }
      net.run_for(std::chrono::milliseconds(draw(0, 3000, "ms")));
    }
    net.run_for(limits::default_budget(limits::kTtlDefault) + seconds(5));
    for (const auto& [query, origin] : open) {
      const auto& report = net.of(query).report;
      RC_ASSERT(report.has_value());
      RC_ASSERT(report->took <= limits::default_budget(limits::kTtlDefault));
    }
    RC_ASSERT(net.least_kept == 0);
    RC_ASSERT(net.rejected == 0U);
    for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(village.count); ++i) {
      const PeerRef peer{i};
      if (!net.alive(peer)) continue;
      // Searches are over: handles are kept for the table and for offers, and for the upkeep that
      // may go on just now.
      std::size_t kept = 0;
      for (const auto& [ref, times] : net.kept(peer)) kept += static_cast<std::size_t>(times);
      std::size_t needed = net.core(peer).kept().size();
      const auto& table = net.core(peer).table();
      for (std::size_t b = 0; b < table.buckets(); ++b) {
        needed += table.contacts(b).size() + table.waiting(b).size();
      }
      RC_ASSERT(kept >= needed);
      RC_ASSERT(kept <= needed + limits::kKademliaPings + limits::kKademliaCandidates);
    }
  });
}

bool garbage_is_rejected_and_changes_nothing() {
  return rc::check("what is no message is rejected, and what is rejected has no effect", [] {
    Village village(4);
    Net& net = village.net;
    net.run_for(seconds(2));
    const PeerRef at = draw_peer(village.count, "at");
    Rng rng(5);
    const PeerRef stranger = net.ghost(drawn_id(rng));
    const auto kind = static_cast<Kind>(draw(32, 44, "kind"));
    const auto bytes = *rc::gen::container<std::string>(rc::gen::arbitrary<char>()).as("bytes");
    std::vector<PeerRef> contacts;
    const int count = draw(0, 60, "contacts");
    for (int i = 0; i < count; ++i) contacts.push_back(net.ghost(drawn_id(rng)));
    const std::size_t size = net.core(at).table().size();
    const std::size_t offers = net.core(at).kept().size();
    const auto kept = net.kept(at);
    const std::uint64_t sent = net.sent;
    const Verdict verdict =
        net.inject(stranger, at, own_message(kind, QueryId{9, 9}, bytes, contacts));
    if (verdict != Verdict::kAccept) {
      RC_ASSERT(net.core(at).table().size() == size);
      RC_ASSERT(net.core(at).kept().size() == offers);
      RC_ASSERT(net.kept(at) == kept);
      RC_ASSERT(net.sent == sent);
    }
    const bool lists = kind == Kind::kNodes || kind == Kind::kProviders;
    const bool request =
        kind == Kind::kFindNode || kind == Kind::kGetProviders || kind == Kind::kAddProvider;
    if (kind > overlay::kademlia::kLastKind || (!lists && count > 0) ||
        (request && bytes.size() < 32) || count > 28) {
      RC_ASSERT(verdict == Verdict::kReject);
    }
    if (lists) RC_ASSERT(verdict != Verdict::kAccept);
  });
}

}  // namespace shoal::tests
