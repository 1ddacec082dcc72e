// SPDX-License-Identifier: Apache-2.0
#include "sim/report/wave_run.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "sim/experiment/text_table.h"
#include "sim/experiment/trace_run.h"
#include "sim/report/command.h"
#include "sim/report/wave_recorder.h"

namespace shoal::sim {
namespace {

// The network's doings after the last message of the search are no part of the picture.
void end_with_the_search(Wave& wave) {
  Instant last = wave.from;
  for (const WaveEvent& event : wave.events) {
    if (event.search != kNoSearch) last = event.at;
  }
  std::erase_if(wave.events, [last](const WaveEvent& event) { return event.at > last; });
  wave.until = last;
}

// Who asks directly does so in a network whose upkeep never rests: that would bury the search.
void keep_to_the_search(Wave& wave, std::uint32_t origin) {
  std::erase_if(wave.events, [](const WaveEvent& event) {
    return event.kind <= WaveKind::kAnswerLost && event.search == kNoSearch;
  });
  for (WaveEvent& event : wave.events) {
    if (event.kind == WaveKind::kOther) event.text = event.from == origin ? "request" : "reply";
  }
}

WaveSearch described(const Experiment& experiment, const TracedSearch& search) {
  WaveSearch out;
  out.origin = search.origin;
  out.started = search.started;
  out.ttl = static_cast<std::uint8_t>(experiment.overlay.ttl);
  out.echo = experiment.overlay.echo;
  out.what = "what nobody has";
  if (search.file != kNoFile) {
    out.what = "file " + std::to_string(search.file);
    const auto holders = search.catalogue->holders(search.file);
    out.holders.assign(holders.begin(), holders.end());
  }
  return out;
}

void label(Wave& wave, const Experiment& experiment, std::uint64_t seed,
           const TracedSearch& search) {
  for (std::uint32_t peer = 0; peer < wave.peers.size(); ++peer) {
    wave.peers[peer] = std::to_string(search.draft->topology.name_of(peer));
  }
  const WaveSearch& first = wave.searches.front();
  wave.title = "Peer " + wave.peers[search.origin] + " searches for " + first.what;
  wave.notes.push_back(grouped(wave.peers.size()) + " peers, " + grouped(wave.links.size()) +
                       " links. TTL " + std::to_string(first.ttl) + ", overlay " +
                       experiment.overlay.via + ".");
  const auto keys = changed_keys(shown(experiment));
  wave.facts.emplace_back("seed", std::to_string(seed));
  for (const auto& [key, value] : keys) wave.facts.emplace_back(key, value);
  wave.command = "shoal-sim report --wave" + set_options(keys) + " --seed " + std::to_string(seed);
}

}  // namespace

Result<Wave> wave_of(const Experiment& experiment, std::uint64_t seed) {
  if (experiment.membership.open()) {
    return fail(Errc::kInvalidArgument, "there is no picture of this network",
                "its peers choose their neighbours themselves while it is drawn",
                "`shoal-sim trace` follows a search there, `shoal-sim graph` measures it");
  }
  std::unique_ptr<WaveRecorder> recorder;
  Onlooker onlooker;
  onlooker.watch = [&](const Draft& draft) -> Result<Observer*> {
    if (draft.graph().size() > kWavePeersMax) {
      return fail(Errc::kInvalidArgument, "there is no picture of this network",
                  "it has " + std::to_string(draft.graph().size()) +
                      " peers, and a picture holds " + std::to_string(kWavePeersMax),
                  "--set topology.peers=100; `shoal-sim trace` has no such limit");
    }
    recorder = std::make_unique<WaveRecorder>(
        draft.graph(), [law = draft.law, seed](std::uint32_t from, std::uint32_t to) {
          return law.link(seed, PeerRef{from}, PeerRef{to}).there;
        });
    return recorder.get();
  };
  onlooker.before = [&](Instant now) { recorder->begin(now); };
  onlooker.begun = [&](QueryId id, const TracedSearch& search) {
    recorder->describe(id, described(experiment, search));
  };
  const auto search = trace_search(experiment, seed, onlooker);
  if (!search) return tl::unexpected(search.error());
  Wave wave = recorder->wave(search->ended);
  const bool directly = search->draft->overlay->asks_directly;
  if (directly) keep_to_the_search(wave, search->origin);
  end_with_the_search(wave);
  label(wave, experiment, seed, *search);
  if (directly) wave.notes.emplace_back("What peers send for other purposes is left out.");
  return wave;
}

}  // namespace shoal::sim
