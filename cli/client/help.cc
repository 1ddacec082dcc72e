// SPDX-License-Identifier: Apache-2.0
#include "cli/client/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "cli/client/context/text.h"
#include "cli/client/verbs/verb_table.h"

namespace shoal::client {
namespace {

struct Heading {
  Group group;
  std::string_view name;
};
constexpr std::array kHeadings{
    Heading{Group::kStart, "START"},   Heading{Group::kFiles, "FILES"},
    Heading{Group::kPeople, "PEOPLE"}, Heading{Group::kLab, "LAB"},
    Heading{Group::kTools, "TOOLS"},
};

constexpr std::array kGlobals{
    Flag{"-C,--config", "FILE", "configuration file"},
    Flag{"--home", "DIR", "one folder for configuration, key, state and socket"},
    Flag{"--socket", "PATH|URL", "where the daemon's REST is"},
    Flag{"--json", "[=FIELDS]", "JSON, a line each as results come; only these members"},
    Flag{"-q,--quiet", "", "ids only, no remarks"},
    Flag{"--header", "", "in a pipe: a first line of names above the TSV"},
    Flag{"--color", "WHEN", "auto, always or never; NO_COLOR is honoured"},
    Flag{"--progress", "KIND", "auto, tty, plain, json or none; on stderr"},
    Flag{"--ascii", "", "plain bars"},
    Flag{"--timeout", "DURATION", "give up after 500ms, 2s, 5m"},
    Flag{"-h,--help", "", "this page"},
    Flag{"--version", "", "the version"},
};

constexpr std::string_view kExitCodes =
    "0 ok  1 failed  2 usage  3 nothing found  4 denied  5 timed out  6 unreachable\n"
    "  7 integrity  8 partial  9 configuration  130 interrupted";

std::string flags_text(std::span<const Flag> flags) {
  std::string out;
  for (const auto& flag : flags) {
    std::string names(flag.names);
    if (const auto comma = names.find(','); comma != std::string::npos)
      names.insert(comma + 1, " ");
    if (!names.starts_with("--") && !names.empty()) {
      // short names stand first
    } else {
      names = "    " + names;
    }
    const bool attached = flag.value.starts_with('[');
    names += flag.value.empty() ? "" : (attached ? "" : " ") + std::string(flag.value);
    out += fmt::format("  {}  {}\n", pad(names, 26), flag.help);
  }
  return out;
}

std::string indented(std::string_view lines) {
  std::string out;
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size());
    out += fmt::format("  {}\n", lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return out;
}

// Insertions, deletions, replacements and swaps of neighbours between two short words
// (Damerau-Levenshtein, optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

Result<int> run(Context& context) {
  const auto& words = context.args().words;
  if (words.empty()) {
    *context.world().out << overview(context);
    return 0;
  }
  const Verb* verb = find_verb(words.front());
  if (verb == nullptr) {
    const std::string near = nearest_verb(words.front());
    return fail(Errc::kInvalidArgument, "shoal has no verb \"" + words.front() + "\"",
                near.empty() ? "" : "did you mean: shoal " + near, "shoal --help lists them");
  }
  *context.world().out << page_of(context, *verb);
  return 0;
}

}  // namespace

std::string overview(const Context& context) {
  std::string out = "shoal: share files among friends, no server in the middle\n\n" +
                    context.paint(Context::Tone::kBold, "EXAMPLES") +
                    "\n  shoal init --name ana && shoal up\n  shoal share ~/Books\n"
                    "  shoal search debian handbook && shoal get 1\n";
  for (const auto& heading : kHeadings) {
    out += "\n" + context.paint(Context::Tone::kBold, heading.name) + "\n";
    for (const auto& verb : verbs()) {
      if (verb.group == heading.group) {
        out += fmt::format("  {}  {}\n", pad(std::string(verb.name), 10), verb.summary);
      }
    }
  }
  out += "\n" + context.paint(Context::Tone::kBold, "OPTIONS OF EVERY VERB") + "\n" +
         flags_text(kGlobals);
  out += "\n" + context.paint(Context::Tone::kBold, "EXIT CODES") +
         fmt::format("\n  {}\n\nshoal VERB --help says more.\n", kExitCodes);
  return out;
}

std::string page_of(const Context& context, const Verb& verb) {
  const auto title = [&](std::string_view text) {
    return "\n" + context.paint(Context::Tone::kBold, text) + "\n";
  };
  std::string out = fmt::format("shoal {}{}{}\n  {}\n", verb.name, verb.synopsis.empty() ? "" : " ",
                                verb.synopsis, verb.summary);
  if (!verb.notes.empty()) out += "\n" + indented(verb.notes);
  out += title("EXAMPLES") + indented(verb.examples);
  if (!verb.flags.empty()) out += title("OPTIONS") + flags_text(verb.flags);
  out += title("OPTIONS OF EVERY VERB") + flags_text(kGlobals);
  out += title("EXIT CODES") + fmt::format("  {}\n", kExitCodes);
  return out;
}

std::string nearest_verb(std::string_view word) {
  std::string best;
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const auto& verb : verbs()) {
    const auto far = distance(word, verb.name);
    if (far < least) {
      least = far;
      best = verb.name;
    }
  }
  return best;
}

const Verb kHelp{.name = "help",
                 .group = Group::kTools,
                 .synopsis = "[VERB]",
                 .summary = "this page, or that of a verb",
                 .examples = "shoal help search",
                 .flags = {},
                 .words_min = 0,
                 .words_max = 1,
                 .run = run};

}  // namespace shoal::client
