// SPDX-License-Identifier: Apache-2.0
#include "sim/topology/edge_list.h"

#include <algorithm>
#include <charconv>

#include "proto/types/limits.h"
#include "sim/input/lines.h"

namespace shoal::sim {
namespace {

// Enough of a line to find it by.
std::string quoted(std::string_view line) {
  std::string shown = "'";
  for (const char c : line.substr(0, 40)) shown += c >= ' ' && c <= '~' ? c : '?';
  return shown + (line.size() > 40 ? "...'" : "'");
}

std::optional<std::uint32_t> number_of(std::string_view word) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return number;
}

std::optional<Edge> edge_of(std::string_view line) {
  const auto one = number_of(take_word(line));
  const auto other = number_of(take_word(line));
  if (!one || !other || !take_word(line).empty()) return std::nullopt;
  return Edge(*one, *other);
}

// Why a line is no link.
std::string flaw_of(std::string_view line) {
  std::string_view rest = line;
  const auto whole = [](std::string_view word) {
    return !word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos;
  };
  const bool numbers = whole(take_word(rest)) && whole(take_word(rest)) && take_word(rest).empty();
  return quoted(line) + (numbers ? " names a peer above 4294967295" : " is no link");
}

Result<std::vector<Edge>> read_edges(LineReader& lines, std::uint64_t memory) {
  constexpr std::uint64_t kLineBytes = 32;  // its link while the list grows, and both names
  std::vector<Edge> edges;
  while (true) {
    const auto line = lines.next();
    if (!line) return tl::unexpected(line.error());
    if (!*line) return edges;
    std::string_view rest = **line;
    const std::string_view first = take_word(rest);
    if (first.empty() || first.starts_with('#') || first.starts_with('%')) continue;
    const auto edge = edge_of(**line);
    if (!edge) {
      return tl::unexpected(
          lines.complain(flaw_of(**line), "a line holds two whole numbers, parted by a blank"));
    }
    if (edges.size() == limits::kGraphLinksMax) {
      Error error = lines.complain("it is one link too many",
                                   "at most " + std::to_string(limits::kGraphLinksMax) + " fit");
      error.code = Errc::kTooLarge;
      return tl::unexpected(std::move(error));
    }
    if (edges.size() >= memory / kLineBytes) {
      Error error = lines.complain(
          "so many links do not fit the memory, which is " + std::to_string(memory >> 20) + " MiB",
          "take a smaller graph");
      error.code = Errc::kNoSpace;
      return tl::unexpected(std::move(error));
    }
    edges.push_back(*edge);
  }
}

}  // namespace

std::optional<std::uint32_t> EdgeList::peer_named(std::uint32_t name) const {
  if (names.empty()) return name < graph.size() ? std::optional(name) : std::nullopt;
  const auto found = std::ranges::lower_bound(names, name);
  if (found == names.end() || *found != name) return std::nullopt;
  return static_cast<std::uint32_t>(found - names.begin());
}

Result<EdgeList> read_edge_list(const std::string& path, std::uint64_t memory) {
  auto lines = LineReader::open(path);
  if (!lines) return tl::unexpected(lines.error());
  auto edges = read_edges(*lines, memory);
  if (!edges) return tl::unexpected(edges.error());
  if (edges->empty()) {
    return fail(Errc::kInvalidArgument, "cannot read " + path, "it holds no link",
                "a line holds two whole numbers, parted by a blank");
  }
  EdgeList list;
  list.names.reserve(2 * edges->size());
  for (const auto& [one, other] : *edges) {
    list.names.push_back(one);
    list.names.push_back(other);
  }
  std::ranges::sort(list.names);
  list.names.erase(std::unique(list.names.begin(), list.names.end()), list.names.end());
  list.names.shrink_to_fit();
  if (list.names.size() > limits::kSimPeersMax) {
    return fail(Errc::kTooLarge, "cannot read " + path,
                "it names " + std::to_string(list.names.size()) + " peers",
                "at most " + std::to_string(limits::kSimPeersMax) + " fit");
  }
  const auto peers = static_cast<std::uint32_t>(list.names.size());
  if (list.names.back() == peers - 1) {
    list.names.clear();
  } else {
    const auto number = [&list](std::uint32_t name) {
      return static_cast<std::uint32_t>(std::ranges::lower_bound(list.names, name) -
                                        list.names.begin());
    };
    for (auto& [one, other] : *edges) {
      one = number(one);
      other = number(other);
    }
  }
  list.graph = Graph::from_edges(peers, *edges);
  return list;
}

}  // namespace shoal::sim
