// SPDX-License-Identifier: Apache-2.0
#include "cli/client/output/explain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "cli/client/context/text.h"
#include "proto/types/report.h"
#include "proto/types/text.h"
#include "proto/types/time.h"

namespace shoal::client {
namespace {

// `counted`: each copy is answered, so that the end of them all is seen.
std::string_view reason(EndReason ended, bool counted) {
  switch (ended) {
    case EndReason::kAnswered:
      return counted ? "every copy was answered or given up"
                     : "nobody was left who could have sent an answer";
    case EndReason::kDeadline:
      return counted ? "its time was over"
                     : "its time was over: nothing tells when all who heard it have answered";
    case EndReason::kEnough:
      return "it had as many hits as asked for";
    case EndReason::kCancelled:
      return "it was cancelled";
    case EndReason::kNobody:
      return "nobody could be asked";
  }
  return "";
}

std::string_view outcome(FirstHopState state, bool counted) {
  switch (state) {
    case FirstHopState::kOpen:
      return counted ? "asked, not answered yet" : "asked";
    case FirstHopState::kAnswered:
      return "answered";
    case FirstHopState::kDuplicate:
      return "had it already";
    case FirstHopState::kRefused:
      return "refused";
    case FirstHopState::kLinkDied:
      return "link died while it was asked";
    case FirstHopState::kGivenBack:
      return "not reached";
    case FirstHopState::kNoTime:
      return "not asked, no time left";
    case FirstHopState::kStandby:
      return "standby, not asked";
    case FirstHopState::kDown:
      return "down, not asked";
    case FirstHopState::kNotNeeded:
      return "not asked, not needed";
  }
  return "";
}

std::string friend_name(const json::NamedReport& named, std::size_t at) {
  const std::string name = clean(named.names.names[at]);
  return name.empty() ? clean(named.names.ids[at]).substr(0, 8) : name;
}

constexpr std::int64_t kHopsShown = 16;  // walks come farther

// "hop 1: 1, hop 2: 3", or the lower bounds "within 1 hop: 1, within 2 hops: 4".
std::string by_hop(const SearchReport& report) {
  std::vector<std::string> parts;
  std::int64_t sum = 0;
  for (std::size_t at = 0; at < report.counts.peers_by_hop.size(); ++at) {
    const auto hop = static_cast<std::int64_t>(at) + report.counts.first_hop;
    const auto peers = report.counts.peers_by_hop[at];
    sum += peers;
    if (hop == 0) continue;
    if (hop > kHopsShown) {
      const auto last = std::ssize(report.counts.peers_by_hop) + report.counts.first_hop - 1;
      parts.push_back(fmt::format("up to hop {}", last));
      break;
    }
    parts.push_back(report.complete ? fmt::format("hop {}: {}", hop, peers)
                                    : fmt::format("within {}: {}", count_of(hop, "hop"), sum));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string headline(const json::NamedReport& named) {
  const auto& report = named.report;
  const EndReason ended = report.asked_anybody() || report.ended == EndReason::kCancelled
                              ? report.ended
                              : EndReason::kNobody;
  std::string out = fmt::format("query {}, {} ttl={}: {} in {}, ended because {}",
                                to_text(report.query).substr(0, 8), clean(named.names.via),
                                report.ttl, count_of(report.hits, "hit"),
                                human_time(to_ms(report.took)), reason(ended, report.counted));
  if (report.first_hit) {
    out += fmt::format("; first hit after {}", human_time(to_ms(*report.first_hit)));
  }
  return out;
}

// "walkers that found something: 3; walkers that made all their steps: 13".
void add_notes(const SearchReport& report, std::vector<std::string>& lines) {
  std::vector<std::string> parts;
  for (const ReportNote& note : report.notes) {
    parts.push_back(fmt::format("{}: {}", clean(note.what), note.count));
  }
  if (!parts.empty()) lines.push_back(fmt::format("{}", fmt::join(parts, "; ")));
}

void add_counts(const SearchReport& report, std::vector<std::string>& lines) {
  if (!report.counted) {
    lines.emplace_back("counts are unknown: nobody was to report whom the search reached");
    return;
  }
  const std::string hops = by_hop(report);
  lines.push_back(
      fmt::format("asked {}{}{}; {}", report.complete ? "" : "at least ",
                  count_of(report.peers_asked(), "peer"), hops.empty() ? "" : " (" + hops + ")",
                  report.complete ? "the counts are complete" : "the counts are lower bounds"));
  const auto& counts = report.counts;
  const auto share =
      counts.copies == 0 ? 0 : std::uint64_t{100} * counts.duplicates / counts.copies;
  lines.push_back(fmt::format("sent {}, {} ({} %), {} refused", count_of(counts.copies, "copy"),
                              count_of(counts.duplicates, "duplicate"), share, counts.refused));
  // A search that ended early did not wait for all of them, and then their links need not be dead.
  const bool early = report.ended != EndReason::kAnswered;
  lines.push_back(
      fmt::format("cut by ttl: {} with no hop left; by budget: {}; by dead links: {} not sent{} {} "
                  "not answered",
                  count_of(report.cut_by_ttl(), "peer"), count_of(counts.cut_by_budget, "copy"),
                  counts.dropped, early ? "; when it ended:" : ",", counts.unanswered));
  if (counts.unsearched > 0) {
    lines.push_back(fmt::format("cut by deadline: {} did not look in time",
                                count_of(counts.unsearched, "peer")));
  }
  if (counts.spared > 0) {
    lines.push_back(fmt::format("not needed: {} to peers that said they hold nothing that matches",
                                count_of(counts.spared, "copy")));
  }
  if (counts.hits_dropped > 0) {
    lines.push_back(fmt::format("left out: {} more than answers may have; ask with more words",
                                count_of(counts.hits_dropped, "hit")));
  }
}

std::vector<std::size_t> primary_first(const SearchReport& report) {
  std::vector<std::size_t> order(report.first_hops.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t at) { return report.first_hops[at].role; });
  return order;
}

// "B has been down for 12 s: nobody listens there".
std::string trouble(const json::NamedReport& named, std::size_t at) {
  const std::string name = friend_name(named, at);
  const json::HopTrouble& known = named.names.troubles[at];
  switch (named.report.first_hops[at].state) {
    case FirstHopState::kStandby:
      return name + " is on standby";
    case FirstHopState::kGivenBack:
      return name + " takes nothing at the moment";
    case FirstHopState::kNoTime:
      return "the time is too short for the link to " + name;
    default:
      break;
  }
  std::string out = known.since_ms
                        ? fmt::format("{} has been down for {}", name, human_time(*known.since_ms))
                        : name + " is down";
  if (!known.why.empty()) out += ": " + clean(known.why);
  return out;
}

bool any_hop(const SearchReport& report, FirstHopState state) {
  return std::ranges::find(report.first_hops, state, &FirstHop::state) != report.first_hops.end();
}

// By an overlay: not a directory or a broker beside it.
bool was_any_peer_asked(const json::NamedReport& named) {
  return named.report.asked_anybody() ||
         std::ranges::any_of(named.legs, [](const json::NamedLeg& leg) {
           return !leg.side && leg.report.report.asked_anybody();
         });
}

void add_first_friends(const json::NamedReport& named, std::vector<std::string>& lines) {
  const auto& hops = named.report.first_hops;
  if (hops.empty()) {
    lines.emplace_back(was_any_peer_asked(named)
                           ? "first friends: none; peers were asked that are no friends"
                           : "first friends: none, so nobody was asked");
    return;
  }
  std::vector<std::string> parts;
  std::string lost;
  std::string stand_in;
  bool primary_asked = false;
  for (const std::size_t at : primary_first(named.report)) {
    const std::string name = friend_name(named, at);
    parts.push_back(fmt::format("{} ({}) {}", name, to_text(hops[at].role),
                                outcome(hops[at].state, named.report.counted)));
    if (hops[at].role == Role::kPrimary) {
      if (was_asked(hops[at].state))
        primary_asked = true;
      else
        lost = name;
    }
    if (hops[at].role == Role::kSecondary && was_asked(hops[at].state)) stand_in = name;
  }
  lines.push_back(fmt::format("first friends: {}", fmt::join(parts, "; ")));
  // Beside a primary that was asked, a secondary is asked because it lists this peer itself.
  if (stand_in.empty() || primary_asked) return;
  lines.push_back(lost.empty()
                      ? fmt::format("fail-over: the secondary {} is active", stand_in)
                      : fmt::format("fail-over: the primary {} is not there, the secondary {} is "
                                    "active in its place",
                                    lost, stand_in));
}

// "2. directory: 3 files at 2 peers in 12 ms, from http://192.0.2.1:7400".
void add_side(std::string line, const json::NamedLeg& leg, std::vector<std::string>& lines) {
  const json::SideReport& side = *leg.side;
  lines.push_back(line + fmt::format(": {} at {} in {}, from {}{}",
                                     count_of(static_cast<std::int64_t>(side.files), "file"),
                                     count_of(static_cast<std::int64_t>(side.holders), "peer"),
                                     human_time(to_ms(leg.report.report.took)), clean(side.asked),
                                     side.more ? "; it knows more than was asked for" : ""));
  if (side.refused == 0) return;
  lines.push_back(fmt::format("   left out: {} that no owner signed, or that was not asked for",
                              count_of(static_cast<std::int64_t>(side.refused), "answer")));
}

// "1. flood ttl=2, friends and theirs first: 0 hits in 12 ms, asked 7 peers", and its counts below.
void add_leg(std::size_t number, const json::NamedLeg& leg, std::vector<std::string>& lines) {
  const SearchReport& report = leg.report.report;
  std::string line = fmt::format("{}. {}", number, clean(leg.report.names.via));
  if (!leg.error.empty()) {
    lines.push_back(line + (leg.beside ? ": no answer: " : ": not started: ") + clean(leg.error));
    return;
  }
  if (leg.side) return add_side(std::move(line), leg, lines);
  if (report.ttl > 0) line += fmt::format(" ttl={}", report.ttl);
  if (!leg.why.empty()) line += ", " + clean(leg.why);
  line += fmt::format(": {} in {}, ended because {}", count_of(report.hits, "hit"),
                      human_time(to_ms(report.took)), reason(report.ended, report.counted));
  lines.push_back(std::move(line));
  if (!report.asked_anybody()) return;
  std::vector<std::string> counts;
  add_counts(report, counts);
  add_notes(report, counts);
  for (const std::string& count : counts) lines.push_back("   " + count);
}

std::vector<std::string> explain_legs(const json::NamedReport& named) {
  const SearchReport& report = named.report;
  std::string head =
      fmt::format("search {}, {}: {} in {} by {}", to_text(report.query).substr(0, 8),
                  clean(named.names.via), count_of(report.hits, "hit"),
                  human_time(to_ms(report.took)), count_of(std::ssize(named.legs), "leg"));
  if (!named.stopped.empty()) head += ", ended because " + clean(named.stopped);
  if (report.first_hit) {
    head += fmt::format("; first hit after {}", human_time(to_ms(*report.first_hit)));
  }
  std::vector<std::string> lines{std::move(head)};
  for (std::size_t at = 0; at < named.legs.size(); ++at) add_leg(at + 1, named.legs[at], lines);
  return lines;
}

std::vector<std::string> explain_one(const json::NamedReport& named) {
  std::vector<std::string> lines{headline(named)};
  if (named.report.asked_anybody()) {
    add_counts(named.report, lines);
    add_notes(named.report, lines);
  }
  return lines;
}

}  // namespace

std::vector<std::string> explain(const json::NamedReport& named) {
  std::vector<std::string> lines = named.legs.empty() ? explain_one(named) : explain_legs(named);
  const bool all_beside =
      !named.legs.empty() && std::ranges::all_of(named.legs, &json::NamedLeg::beside);
  if (!all_beside) add_first_friends(named, lines);
  return lines;
}

bool was_anybody_asked(const json::NamedReport& named) {
  return was_any_peer_asked(named) ||
         std::ranges::any_of(named.legs,
                             [](const json::NamedLeg& leg) { return leg.side.has_value(); });
}

Error nobody_asked(const json::NamedReport& named) {
  const auto& report = named.report;
  const bool all_beside =
      !named.legs.empty() && std::ranges::all_of(named.legs, &json::NamedLeg::beside);
  if (all_beside) {
    return {Errc::kUnreachable, clean(named.names.via) + " could not be asked",
            clean(named.legs.front().error), "shoal search without --via asks friends"};
  }
  Error error{Errc::kNotConnected, "nobody could be asked", "you have no friends yet",
              "shoal friends add URL"};
  if (report.first_hops.empty()) return error;
  std::vector<std::string> troubles;
  for (const std::size_t at : primary_first(report)) troubles.push_back(trouble(named, at));
  error.why = fmt::format("{}", fmt::join(troubles, "; "));
  if (any_hop(report, FirstHopState::kNoTime)) {
    error.next = "search again with more --budget";
  } else if (any_hop(report, FirstHopState::kDown)) {
    error.next = "shoal friends tells when each is dialled again; shoal friends add URL adds one";
  } else if (any_hop(report, FirstHopState::kGivenBack)) {
    error.next = "search again in a moment";
  } else {
    error.next = "shoal friends add URL lists a friend that is asked";
  }
  return error;
}

std::string hint(const json::NamedReport& named, const Asked& request) {
  // Of several ways the last reached farthest.
  const auto last = std::ranges::find_if(named.legs.rbegin(), named.legs.rend(),
                                         [](const json::NamedLeg& leg) { return !leg.beside; });
  if (last != named.legs.rend()) {
    if (last->error.empty()) return hint(last->report, request);
  } else if (!named.legs.empty()) {
    return "only what peers publish there is found: shoal search without --via asks friends";
  }
  const auto& report = named.report;
  if (report.peers_asked() == 0 && report.counts.refused > 0) {
    return "your friends refused it, since too many searches came from here: wait a little";
  }
  const bool all_answered =
      report.ended == EndReason::kAnswered && report.counts.unanswered + report.counts.dropped == 0;
  if (report.first_hops.empty() && report.asked_anybody() && all_answered) {
    return request.content ? "the peers near its id know of nobody who has it"
                           : "the peers near its words know of no such file: they know whole words "
                             "only; or try --via flood";
  }
  if (!report.counted && report.ended == EndReason::kDeadline) {
    return "nobody knows if all who heard it have answered: search again, or by --via flood, which "
           "knows";
  }
  if (!report.complete) return "not all answered in time: search again, or with more --budget";
  if (report.counted && report.cut_by_ttl() > 0 && report.ttl < 15) {
    return fmt::format("the search ended {} away; try --ttl {}", count_of(report.ttl, "hop"),
                       std::min(report.ttl + 2, 15));
  }
  if (request.content) return "no peer that was asked has that content";
  if (request.sized) return "try without --min-size and --max-size";
  if (request.words > 1) return "try fewer words: all of them must match a file's name";
  return "try another word: one in a file's name or folder must begin with it";
}

}  // namespace shoal::client
