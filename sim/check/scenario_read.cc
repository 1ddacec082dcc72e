// SPDX-License-Identifier: Apache-2.0
// Scenarios from text, as scenario_text.cc writes them.
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "overlay/core/registry.h"
#include "sim/check/scenario.h"
#include "sim/check/scenario_words.h"
#include "sim/experiment/setting.h"
#include "sim/input/lines.h"

namespace shoal::sim {
namespace {

constexpr std::uint32_t kFilesMax = 1000;
constexpr Duration kLongest = std::chrono::hours(24);

/// One line's words, taken one after the other.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}

  std::string_view word() { return take_word(rest_); }
  template <class T>
  bool number(T& out, std::uint64_t most) {
    const auto value = parse_whole(word());
    if (!value || *value > most) return false;
    out = static_cast<T>(*value);
    return true;
  }
  bool time(Duration& out) {
    const auto value = parse_time(word());
    if (!value || *value > kLongest) return false;
    out = *value;
    return true;
  }
  bool signed_number(std::int64_t& out, std::int64_t most) {
    const std::string_view text = word();
    const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && at == text.data() + text.size() && std::abs(out) <= most;
  }
  [[nodiscard]] bool over() const {
    return rest_.find_first_not_of(" \t\r") == std::string_view::npos;
  }

 private:
  std::string_view rest_;
};

class Reader {
 public:
  explicit Reader(Scenario& out) : out_(out) {}

  /// What is wrong with the line; empty: nothing.
  std::string read(std::string_view text) {
    Words words(text);
    const std::string_view name = words.word();
    const auto known = kLines().find(name);
    if (known == kLines().end())
      return "there is no line \"" + std::string(name.substr(0, 40)) + "\"";
    if (!known->second.read(*this, words, name) || !words.over()) {
      return "\"" + std::string(known->second.form) + "\" is expected" +
             (why_.empty() ? "" : "; " + why_);
    }
    return {};
  }

 private:
  struct Line {
    std::string_view form;
    bool (*read)(Reader&, Words&, std::string_view name);
  };
  static const std::map<std::string_view, Line>& kLines();

  bool peer(Words& words, std::uint32_t& out) {
    if (words.number(out, kScenarioPeersMax) && out < out_.peers) return true;
    why_ = "there are peers 0 to " + std::to_string(out_.peers - 1);
    return false;
  }
  bool pair(Words& words, std::uint32_t& one, std::uint32_t& other) {
    if (!peer(words, one) || !peer(words, other)) return false;
    const bool linked = std::ranges::any_of(out_.links, [&](const CheckedLink& link) {
      return std::minmax(link.first, link.second) == std::minmax(one, other);
    });
    if (!linked) why_ = "these peers have no link";
    return linked;
  }
  bool network(Words& words);
  bool open(Words& words);
  bool link(Words& words);
  bool trouble(Words& words, std::string_view name);
  bool stranger(Words& words, std::string_view name);
  bool search(Words& words);
  bool option(Ask& ask, std::string_view word);

  Scenario& out_;
  std::string why_;
};

bool Reader::link(Words& words) {
  CheckedLink link;
  if (!peer(words, link.first) || !peer(words, link.second) || !words.time(link.there) ||
      !words.time(link.back)) {
    return false;
  }
  if (std::max(link.there, link.back) > limits::kSimDelayMax) return false;
  if (link.first == link.second || out_.graph().linked(link.first, link.second)) {
    why_ = "two peers have one link at most";
    return false;
  }
  out_.links.push_back(link);
  return true;
}

bool Reader::trouble(Words& words, std::string_view name) {
  Trouble trouble;
  trouble.kind = static_cast<Trouble::Kind>(std::ranges::find(kTroubles, name) - kTroubles);
  if (!words.time(trouble.from)) return false;
  trouble.to = trouble.from;
  bool good = true;
  switch (trouble.kind) {
    case Trouble::Kind::kCrash:
      good = words.time(trouble.to) && peer(words, trouble.first);
      break;
    case Trouble::Kind::kDown:
    case Trouble::Kind::kStall:
      good = words.time(trouble.to) && pair(words, trouble.first, trouble.second);
      break;
    case Trouble::Kind::kJump:
      good = peer(words, trouble.first) && words.signed_number(trouble.amount, kLongest.count()) &&
             trouble.amount >= 0;
      break;
    case Trouble::Kind::kDrift:
      good =
          peer(words, trouble.first) && words.signed_number(trouble.amount, limits::kClockSkewMax);
      break;
  }
  if (good) out_.troubles.push_back(trouble);
  return good;
}

bool Reader::stranger(Words& words, std::string_view name) {
  Stranger stranger;
  stranger.kind = static_cast<Stranger::Kind>(std::ranges::find(kStrangers, name) - kStrangers);
  if (!words.time(stranger.at) || !pair(words, stranger.from, stranger.to) ||
      !words.number(stranger.which, UINT32_MAX)) {
    return false;
  }
  out_.strangers.push_back(stranger);
  return true;
}

bool Reader::option(Ask& ask, std::string_view word) {
  const std::size_t equals = word.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view name = word.substr(0, equals);
  const std::string_view value = word.substr(equals + 1);
  Words rest(value);
  if (name.starts_with('.')) {
    const auto known = overlay::find_in(overlay::registry(), out_.overlay)->parameters;
    if (!ask.parameters) ask.parameters = overlay::fallbacks(known);
    const auto done = overlay::set_parameter(known, *ask.parameters, name.substr(1), value);
    if (!done) why_ = done.error().why;
    return done.has_value();
  }
  if (name == "rule") {
    ask.rule = value == "classic" ? DuplicateRule::kClassic : DuplicateRule::kDeepest;
    return value == "classic" || value == "deepest";
  }
  if (name == "echo") {
    ask.echo = value != "off";
    return value == "on" || value == "off";
  }
  if (name == "enough") return rest.number(ask.enough, limits::kHitsMax);
  if (name == "budget") return rest.time(ask.budget);
  if (name == "cancelled") return rest.time(ask.cancelled.emplace());
  return false;
}

bool Reader::search(Words& words) {
  Ask ask;
  if (!words.time(ask.at) || !peer(words, ask.origin) || !words.number(ask.file, kFilesMax) ||
      !words.number(ask.ttl, limits::kTtlLimit) || ask.ttl == 0) {
    return false;
  }
  while (!words.over()) {
    if (!option(ask, words.word())) return false;
  }
  out_.searches.push_back(ask);
  return true;
}

bool Reader::network(Words& words) {
  return words.time(out_.jitter) && words.time(out_.lookup) && words.time(out_.lookup_jitter) &&
         words.time(out_.notice) && words.number(out_.queue, 1'000'000) &&
         words.number(out_.link_queries, 1'000'000) && words.number(out_.link_burst, 65'535) &&
         out_.link_burst > 0;
}

bool Reader::open(Words& words) {
  OpenMembership open;
  if (!words.number(open.active, limits::kActiveViewMax) || open.active == 0 ||
      !words.number(open.passive, limits::kPassiveViewMax) ||
      !words.number(open.renewal, UINT32_MAX) || !words.time(open.cycle) ||
      open.cycle <= Duration{}) {
    return false;
  }
  for (std::uint32_t i = 0; i < out_.peers; ++i) {
    if (!peer(words, open.contacts.emplace_back())) return false;
  }
  out_.open = std::move(open);
  return true;
}

const std::map<std::string_view, Reader::Line>& Reader::kLines() {
  static constexpr auto kTrouble = [](Reader& r, Words& w, std::string_view name) {
    return r.trouble(w, name);
  };
  static constexpr auto kStranger = [](Reader& r, Words& w, std::string_view name) {
    return r.stranger(w, name);
  };
  static constexpr auto kChange = [](Reader& r, Words& w, std::string_view name) {
    Change change;
    change.shares = name == "share";
    const bool good =
        w.time(change.at) && r.peer(w, change.peer) && w.number(change.file, kFilesMax);
    if (good) r.out_.changes.push_back(change);
    return good;
  };
  static const std::map<std::string_view, Line> kKnown{
      {"overlay",
       {"overlay NAME",
        [](Reader& r, Words& w, std::string_view) {
          r.out_.overlay = w.word();
          if (overlay::find_in(overlay::registry(), r.out_.overlay) != nullptr) return true;
          r.why_ = "there is no overlay \"" + r.out_.overlay.substr(0, 40) + "\"";
          return false;
        }}},
      {"seed",
       {"seed NUMBER",
        [](Reader& r, Words& w, std::string_view) { return w.number(r.out_.seed, UINT64_MAX); }}},
      {"peers",
       {"peers 1..200",
        [](Reader& r, Words& w, std::string_view) {
          return w.number(r.out_.peers, kScenarioPeersMax) && r.out_.peers > 0;
        }}},
      {"network",
       {"network JITTER LOOKUP LOOKUP_JITTER NOTICE QUEUE LINK_QUERIES LINK_BURST",
        [](Reader& r, Words& w, std::string_view) { return r.network(w); }}},
      {"open",
       {"open ACTIVE PASSIVE RENEWAL CYCLE CONTACT.. (one for each peer)",
        [](Reader& r, Words& w, std::string_view) { return r.open(w); }}},
      {"heal",
       {"heal TIME", [](Reader& r, Words& w, std::string_view) { return w.time(r.out_.heal); }}},
      {"link",
       {"link PEER PEER DELAY DELAY",
        [](Reader& r, Words& w, std::string_view) { return r.link(w); }}},
      {"holds",
       {"holds PEER FILE",
        [](Reader& r, Words& w, std::string_view) {
          Holding holding;
          if (!r.peer(w, holding.peer) || !w.number(holding.file, kFilesMax)) return false;
          r.out_.holdings.push_back(holding);
          return true;
        }}},
      {"share", {"share TIME PEER FILE", kChange}},
      {"withdraw", {"withdraw TIME PEER FILE", kChange}},
      {"crash", {"crash FROM TO PEER", kTrouble}},
      {"down", {"down FROM TO PEER PEER", kTrouble}},
      {"stall", {"stall FROM TO PEER PEER", kTrouble}},
      {"jump", {"jump AT PEER MICROSECONDS", kTrouble}},
      {"drift", {"drift FROM PEER PPM", kTrouble}},
      {"bytes", {"bytes AT PEER PEER WHICH", kStranger}},
      {"malformed", {"malformed AT PEER PEER WHICH", kStranger}},
      {"unsolicited", {"unsolicited AT PEER PEER WHICH", kStranger}},
      {"stale", {"stale AT PEER PEER WHICH", kStranger}},
      {"search",
       {"search AT PEER FILE TTL [rule=|echo=|enough=|budget=|cancelled=|.PARAMETER=]..",
        [](Reader& r, Words& w, std::string_view) { return r.search(w); }}},
  };
  return kKnown;
}

}  // namespace

Result<Scenario> parse_scenario(std::string_view text, const std::string& name) {
  Scenario out;
  Reader reader(out);
  std::uint64_t number = 0;
  const auto refuse = [&](const std::string& why) {
    return fail(Errc::kInvalidArgument, "the scenario cannot be used",
                name + ":" + std::to_string(number) + ": " + why,
                "`shoal-sim check --keep FOLDER` writes such files");
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (number == 1) {
      if (one != kFirstLine) return refuse("\"" + std::string(kFirstLine) + "\" is expected");
      continue;
    }
    if (one.size() > limits::kSimLineBytes) return refuse("the line is too long");
    one = one.substr(0, one.find('#'));
    if (one.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (const std::string why = reader.read(one); !why.empty()) return refuse(why);
  }
  if (number == 0) return refuse("\"" + std::string(kFirstLine) + "\" is expected");
  return out;
}

}  // namespace shoal::sim
