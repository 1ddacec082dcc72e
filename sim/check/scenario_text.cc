// SPDX-License-Identifier: Apache-2.0
// Scenarios as text: one line for each thing, words parted by blanks, # begins a remark.
#include <concepts>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/core/registry.h"
#include "sim/check/scenario.h"
#include "sim/check/scenario_words.h"
#include "sim/experiment/setting.h"

namespace shoal::sim {
namespace {

void append(std::string& text, Duration time) { text += ' ' + show_time(time); }
void append(std::string& text, std::integral auto number) { text += ' ' + std::to_string(number); }

template <class... Parts>
std::string line(std::string_view name, const Parts&... parts) {
  std::string text(name);
  (append(text, parts), ...);
  return text;
}

std::string text_of(const Trouble& trouble) {
  const std::string_view name = kTroubles[static_cast<std::size_t>(trouble.kind)];
  switch (trouble.kind) {
    case Trouble::Kind::kCrash:
      return line(name, trouble.from, trouble.to, trouble.first);
    case Trouble::Kind::kDown:
    case Trouble::Kind::kStall:
      return line(name, trouble.from, trouble.to, trouble.first, trouble.second);
    default:
      return line(name, trouble.from, trouble.first, trouble.amount);
  }
}

std::string text_of(const Ask& ask, const overlay::OverlayEntry* overlay) {
  std::string text = line("search", ask.at, ask.origin, ask.file, ask.ttl);
  if (ask.rule == DuplicateRule::kClassic) text += " rule=classic";
  if (!ask.echo) text += " echo=off";
  if (ask.enough > 0) text += " enough=" + std::to_string(ask.enough);
  if (ask.budget > Duration{}) text += " budget=" + show_time(ask.budget);
  if (ask.cancelled) text += " cancelled=" + show_time(*ask.cancelled);
  if (!ask.parameters || overlay == nullptr) return text;
  for (std::size_t i = 0; i < overlay->parameters.size(); ++i) {
    const overlay::Parameter& parameter = overlay->parameters[i];
    text +=
        " ." + std::string(parameter.name) + "=" + overlay::show(parameter, (*ask.parameters)[i]);
  }
  return text;
}

}  // namespace

std::string text_of(const Scenario& s, const std::vector<std::string>& remarks) {
  std::string text(kFirstLine);
  text += '\n';
  const auto add = [&text](const std::string& more) { text += more + '\n'; };
  for (const std::string& remark : remarks) add("# " + remark);
  add("overlay " + s.overlay);
  add(line("seed", s.seed));
  add(line("peers", s.peers));
  add("# network: jitter, lookup, lookup_jitter, notice, queue, link_queries, link_burst");
  add(line("network", s.jitter, s.lookup, s.lookup_jitter, s.notice, s.queue, s.link_queries,
           s.link_burst));
  add(line("heal", s.heal));
  if (s.open) {
    add("# open: active, passive, renewal, cycle; then the contact of each peer");
    std::string open =
        line("open", s.open->active, s.open->passive, s.open->renewal, s.open->cycle);
    for (const std::uint32_t contact : s.open->contacts) append(open, contact);
    add(open);
  }
  for (const auto& x : s.links) add(line("link", x.first, x.second, x.there, x.back));
  for (const auto& x : s.holdings) add(line("holds", x.peer, x.file));
  for (const auto& x : s.changes) {
    add(line(x.shares ? "share" : "withdraw", x.at, x.peer, x.file));
  }
  for (const Trouble& trouble : s.troubles) add(text_of(trouble));
  for (const Stranger& x : s.strangers) {
    add(line(kStrangers[static_cast<std::size_t>(x.kind)], x.at, x.from, x.to, x.which));
  }
  const auto* const overlay = overlay::find_in(overlay::registry(), s.overlay);
  for (const Ask& ask : s.searches) add(text_of(ask, overlay));
  return text;
}

}  // namespace shoal::sim
