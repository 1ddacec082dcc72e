// SPDX-License-Identifier: Apache-2.0
// shoal-sim trace: one search as a tree.
#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "sim/cli/verbs.h"
#include "sim/experiment/result.h"
#include "sim/experiment/text_table.h"
#include "sim/experiment/trace_run.h"

namespace shoal::sim::cli {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kLinesBuiltIn = 200;

double ms(Duration time) { return static_cast<double>(time.count()) / 1000; }

// The tree of a trace, in words.
class TreePrinter {
 public:
  TreePrinter(const TracedSearch& search, std::uint64_t lines_max)
      : search_(search), copies_(search.trace->copies()), lines_max_(lines_max) {
    children_.resize(copies_.size());
    for (std::uint32_t i = 1; i < copies_.size(); ++i) children_[copies_[i].parent].push_back(i);
  }

  std::string print() {
    out_ = "peer " + name(search_.origin) + " searches";
    out_ += search_.file == kNoFile ? " for what nobody has" : " for file " + grouped(search_.file);
    out_ += "\n";
    branch(0, "");
    if (left_out_ > 0) {
      out_ += "... and " + grouped(left_out_) + " more lines (--all prints them)\n";
    }
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::string name(std::uint32_t peer) const {
    return std::to_string(search_.draft->topology.name_of(peer));
  }
  [[nodiscard]] bool holds(std::uint32_t peer) const {
    return search_.catalogue->holds(peer, search_.file);
  }

  // What became of a copy, and if nothing came of it, why.
  [[nodiscard]] std::string story(const TracedCopy& copy) const {
    switch (copy.fate) {
      case CopyFate::kDuplicate:
        return "duplicate: " + had_before(copy);
      case CopyFate::kRefused:
        return "refused: the link has used up its queries";
      case CopyFate::kRejected:
        return "rejected: against the rules";
      case CopyFate::kGivenBack:
        return "not sent: a full queue or a dead link";
      case CopyFate::kLost:
        return "lost: its link went down under it";
      case CopyFate::kDeeper:
        return "again: " + had_before(copy) + why_no_further(copy);
      case CopyFate::kPassed:
        return "again: " + had_before(copy);
      case CopyFate::kConsulted:
        return consulted(copy);
      case CopyFate::kAsked:
        break;
    }
    std::string text = search_.draft->overlay->asks_directly ? "asked for the file"
                                                             : "hop " + std::to_string(copy.hop);
    if (holds(copy.to)) text += ", * holds it";
    if (holds(copy.to) && copy.hits == 0) text += ", but its hit was not seen";
    return text + why_no_further(copy);
  }

  [[nodiscard]] std::string had_before(const TracedCopy& copy) const {
    if (copy.to == search_.origin) return "it began the search" + end_of(copy);
    const TracedCopy& first = copies_[copy.first];
    return "it had it from " + name(first.from) + " at hop " + std::to_string(first.hop) +
           end_of(copy);
  }

  [[nodiscard]] std::string consulted(const TracedCopy& copy) const {
    if (!copy.answered) return "asked whom it knows: no answer";
    return "asked whom it knows: names " + grouped(copy.named) + " at " +
           decimals(ms(*copy.answered - search_.started), 1) + " ms";
  }

  // Of a walker that goes no further.
  [[nodiscard]] static std::string end_of(const TracedCopy& copy) {
    return copy.ended.empty() ? "" : "; ends: " + std::string(copy.ended);
  }

  [[nodiscard]] std::string why_no_further(const TracedCopy& copy) const {
    if (copy.walker) return end_of(copy);
    if (copy.sent_on > 0 || search_.draft->overlay->asks_directly) return {};
    if (copy.ttl <= 1) return ", cut by the TTL";
    const bool alone = search_.draft->graph().degree(copy.to) <= 1;
    return alone ? ", knows nobody else" : ", asks nobody: no time or no link";
  }

  void line(const std::string& before, const TracedCopy& copy) {
    if (lines_++ >= lines_max_) {
      ++left_out_;
      return;
    }
    out_ += before + name(copy.to) + "   " + decimals(ms(copy.at - search_.started), 1) + " ms   " +
            story(copy) + "\n";
  }

  // A walker's steps stand one below the other: each has one that follows it, or none.
  void branch(std::uint32_t number, const std::string& margin) {
    const auto& below = children_[number];
    for (std::size_t i = 0; i < below.size(); ++i) {
      const bool last = i + 1 == below.size();
      const std::string deeper = margin + (last ? "   " : "|  ");
      std::uint32_t at = below[i];
      line(margin + (last ? "`- " : "|- "), copies_[at]);
      while (copies_[at].walker && !children_[at].empty()) {
        at = children_[at].front();
        line(deeper + "then ", copies_[at]);
      }
      if (!copies_[at].walker) branch(at, deeper);
    }
  }

  const TracedSearch& search_;
  const std::vector<TracedCopy>& copies_;
  std::uint64_t lines_max_;
  std::uint64_t lines_ = 0;
  std::uint64_t left_out_ = 0;
  std::vector<std::vector<std::uint32_t>> children_;
  std::string out_;
};

std::uint64_t count(const TracedSearch& search, CopyFate fate) {
  const auto& copies = search.trace->copies();
  return static_cast<std::uint64_t>(
      std::count_if(copies.begin() + 1, copies.end(),
                    [fate](const TracedCopy& copy) { return copy.fate == fate; }));
}

std::string summary_line(const TracedSearch& search) {
  const std::uint64_t copies = search.trace->copies().size() - 1;
  const std::uint64_t unsent = count(search, CopyFate::kGivenBack);
  std::string out = grouped(copies - unsent) + " copies";
  for (const auto& [fate, word] :
       {std::pair{CopyFate::kDuplicate, "duplicates"}, std::pair{CopyFate::kDeeper, "deeper again"},
        std::pair{CopyFate::kPassed, "to peers asked before"},
        std::pair{CopyFate::kConsulted, "to ask whom a peer knows"},
        std::pair{CopyFate::kRefused, "refused"}, std::pair{CopyFate::kLost, "lost"},
        std::pair{CopyFate::kGivenBack, "not sent"}}) {
    if (count(search, fate) > 0) out += ", " + grouped(count(search, fate)) + " " + word;
  }
  out += ", " + grouped(count(search, CopyFate::kAsked)) + " peers asked";
  out += ", " + grouped(search.trace->found()) + " hits";
  const auto& report = search.trace->report();
  if (!report) return out + "; it did not end\n";
  if (report->first_hit) out += ", the first after " + decimals(ms(*report->first_hit), 1) + " ms";
  out += "; ended after " + decimals(ms(report->took), 1) +
         " ms: " + std::string(to_text(report->ended)) +
         (report->complete ? ", complete" : ", incomplete");
  return out + "\n";
}

json::object to_json(const TracedSearch& search) {
  const auto name = [&](std::uint32_t peer) { return search.draft->topology.name_of(peer); };
  json::array copies;
  const auto& all = search.trace->copies();
  for (std::size_t i = 1; i < all.size(); ++i) {
    const TracedCopy& copy = all[i];
    json::object row{{"number", i},
                     {"parent", copy.parent},
                     {"from", name(copy.from)},
                     {"to", name(copy.to)},
                     {"t_ms", ms(copy.at - search.started)},
                     {"ttl", copy.ttl},
                     {"hop", copy.hop},
                     {"fate", to_text(copy.fate)},
                     {"sent_on", copy.sent_on},
                     {"hits", copy.hits}};
    if (copy.answered) row["answered_ms"] = ms(*copy.answered - search.started);
    if (copy.fate == CopyFate::kConsulted) row["named"] = copy.named;
    if (copy.walker) row["walker"] = *copy.walker;
    if (!copy.ended.empty()) row["ended"] = copy.ended;
    copies.push_back(std::move(row));
  }
  json::object out{{"schema", "shoal/sim.trace/1"}, {"origin", name(search.origin)}};
  out["file"] = search.file == kNoFile ? json::value() : json::value(search.file);
  out["found"] = search.trace->found();
  if (const auto& report = search.trace->report()) {
    out["ended"] = to_text(report->ended);
    out["complete"] = report->complete;
    out["took_ms"] = ms(report->took);
  }
  out["copies"] = std::move(copies);
  return out;
}

}  // namespace

Result<int> trace_verb(World& world, const Arguments& arguments) {
  const auto experiment = experiment_of(arguments);
  if (!experiment) return tl::unexpected(experiment.error());
  const auto search = trace_search(*experiment, experiment->run.seed);
  if (!search) return tl::unexpected(search.error());
  if (arguments.has("--json")) {
    world.out << pretty(to_json(*search)) << "\n";
    return 0;
  }
  const std::uint64_t lines = arguments.has("--all") ? UINT64_MAX : kLinesBuiltIn;
  world.out << TreePrinter(*search, lines).print() << summary_line(*search);
  return 0;
}

}  // namespace shoal::sim::cli
