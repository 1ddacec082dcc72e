// SPDX-License-Identifier: Apache-2.0
#include "sim/check/play.h"

#include <algorithm>

#include "sim/check/player.h"
#include "sim/experiment/result.h"
#include "sim/experiment/setting.h"
#include "sim/report/wave_recorder.h"

namespace shoal::sim {
namespace {

/// Whether the two runs saw the same, but for what strangers said in the first.
bool equal(Player& watched, Player& other) {
  Engine& one = watched.engine();
  Engine& two = other.engine();
  return one.digest() - watched.stranger_digest() == two.digest() &&
         one.deliveries() - watched.stranger_count() == two.deliveries();
}

/// The same once more, in the engine's other order and without strangers, whose words must change
/// nothing.
void compare(const Scenario& scenario, Player& watched) {
  Player other(scenario, {.strangers = false, .grouped = true});
  other.run();
  if (equal(watched, other)) return;
  const std::string digests = hex_of(watched.engine().digest() - watched.stranger_digest()) +
                              " and " + hex_of(other.engine().digest());
  if (watched.stranger_count() > 0) {
    Player silent(scenario, {.strangers = false});
    silent.run();
    if (equal(silent, other)) {
      watched.judge().report(Clause::kStrangersChangeNothing, watched.engine().now(),
                             "the digests with strangers and without them are " + digests);
      return;
    }
  }
  watched.judge().report(Clause::kRunsEqually, watched.engine().now(),
                         "the digests of two equal runs are " + digests);
}

std::string sentence(const Breach& breach) {
  std::string text(words_of(breach.clause));
  text += ": ";
  if (breach.search) text += "search " + std::to_string(*breach.search) + ": ";
  return text + breach.words;
}

WaveSearch shown(const Scenario& scenario, std::size_t index) {
  const Ask& ask = scenario.searches[index];
  WaveSearch search;
  search.origin = ask.origin;
  search.started = Instant(ask.at);
  search.what = "file " + std::to_string(ask.file);
  search.ttl = ask.ttl;
  search.echo = ask.echo;
  for (const Holding& holding : scenario.holdings) {
    if (holding.file == ask.file) search.holders.push_back(holding.peer);
  }
  std::ranges::sort(search.holders);
  return search;
}

}  // namespace

Sights& Sights::operator+=(const Sights& other) {
  scenarios += other.scenarios;
  deliveries += other.deliveries;
  searches += other.searches;
  calm += other.calm;
  copies += other.copies;
  hits += other.hits;
  complete += other.complete;
  lost += other.lost;
  given_back += other.given_back;
  crashes += other.crashes;
  jumps += other.jumps;
  strangers += other.strangers;
  open += other.open;
  steady += other.steady;
  return *this;
}

Verdicts play(const Scenario& scenario) {
  Player player(scenario, {});
  player.run();
  compare(scenario, player);
  return {player.judge().breaches(), player.sights()};
}

Result<std::string> page_of(const Scenario& scenario, const std::string& command) {
  const Graph graph = scenario.graph();
  WaveRecorder recorder(graph, [&scenario](std::uint32_t from, std::uint32_t to) {
    for (const CheckedLink& link : scenario.links) {
      if (link.first == from && link.second == to) return link.there;
      if (link.first == to && link.second == from) return link.back;
    }
    return Duration{};
  });
  Manners manners;
  manners.also = &recorder;
  manners.on_search = [&](QueryId id, std::size_t index) {
    recorder.describe(id, shown(scenario, index));
  };
  Player player(scenario, manners);
  player.run();
  compare(scenario, player);
  Instant last{};
  for (const SearchTruth& truth : player.judge().truth().searches()) {
    last = std::max(last, truth.last_traffic);
    for (const Instant at : truth.ended) last = std::max(last, at);
  }
  Wave wave = recorder.wave(player.engine().now());
  for (const Breach& breach : player.judge().breaches()) {
    WaveEvent alarm;
    alarm.at = alarm.left = std::min(std::max(breach.at, wave.from), last);
    alarm.kind = WaveKind::kAlarm;
    alarm.text = sentence(breach);
    wave.events.push_back(alarm);
  }
  std::erase_if(wave.events, [last](const WaveEvent& event) { return event.at > last; });
  std::ranges::stable_sort(wave.events, {}, &WaveEvent::at);
  wave.until = last;
  const auto& breaches = player.judge().breaches();
  wave.title = breaches.empty() ? "A scenario in which the contract holds"
                                : "Broken: " + std::string(words_of(breaches[0].clause));
  for (const Breach& breach : breaches) {
    if (wave.notes.size() < 5) wave.notes.push_back(sentence(breach));
  }
  wave.facts.emplace_back("overlay", scenario.overlay);
  wave.facts.emplace_back("healed at", show_time(scenario.heal));
  for (const auto& [peer, file] : scenario.holdings) {
    wave.facts.emplace_back("peer " + std::to_string(peer), "holds file " + std::to_string(file));
  }
  wave.command = command;
  return wave_html(wave);
}

}  // namespace shoal::sim
