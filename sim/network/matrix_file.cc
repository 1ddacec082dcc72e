// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "proto/types/limits.h"
#include "sim/input/lines.h"
#include "sim/network/matrix.h"

namespace shoal::sim {
namespace {

constexpr std::string_view kShape =
    "rows of round trips in ms, parted by blanks, or CSV with names";

// A cell's one-way delay in microseconds.
std::optional<std::uint32_t> cell_of(std::string_view text) {
  if (text.empty()) return DelayMatrix::kNotMeasured;
  double ms = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  const auto most = static_cast<double>(limits::kSimDelayMax.count());
  const double one_way = ms * 500;
  if (!(one_way >= 0 && one_way <= most)) return std::nullopt;
  return static_cast<std::uint32_t>(one_way + 0.5);
}

// Takes the first cell off a line: up to a comma, or a word.
std::string_view take_cell(std::string_view& line, bool commas) {
  if (!commas) return take_word(line);
  const std::string_view cell = line.substr(0, line.find(','));
  line.remove_prefix(std::min(cell.size() + 1, line.size()));
  return cell;
}

std::size_t cells_in(std::string_view line, bool commas) {
  if (commas) return static_cast<std::size_t>(std::count(line.begin(), line.end(), ',')) + 1;
  std::size_t cells = 0;
  while (!take_word(line).empty()) ++cells;
  return cells;
}

struct Reader {
  LineReader& lines;
  bool commas = false;
  std::size_t places = 0;
  std::vector<std::uint32_t> cells{};

  // What is wrong with the line, or nothing.
  std::optional<Error> take_row(std::string_view line) {
    const std::size_t expected = places + (commas ? 1 : 0);
    if (const std::size_t got = cells_in(line, commas); got != expected) {
      return lines.complain("it has " + std::to_string(got) + " cells, not " +
                                std::to_string(expected) + " as the first line",
                            std::string(kShape));
    }
    if (commas) take_cell(line, commas);
    for (std::size_t i = 0; i < places; ++i) {
      const std::string_view text = take_cell(line, commas);
      const auto cell = cell_of(text);
      if (!cell) {
        return lines.complain("'" + std::string(text.substr(0, 20)) +
                                  "' is no round trip from 0 to " +
                                  std::to_string(2 * to_ms(limits::kSimDelayMax)) + " ms",
                              std::string(kShape));
      }
      cells.push_back(*cell);
    }
    return std::nullopt;
  }

  // Learns the shape from the first line, which holds names or is a row already.
  std::optional<Error> take_first(std::string_view line) {
    commas = line.find(',') != std::string_view::npos;
    places = cells_in(line, commas) - (commas ? 1 : 0);
    if (places < 2) return lines.complain("it has fewer than two places", std::string(kShape));
    if (places > limits::kMatrixPlacesMax) {
      Error error = lines.complain("it has " + std::to_string(places) + " places",
                                   "at most " + std::to_string(limits::kMatrixPlacesMax) + " fit");
      error.code = Errc::kTooLarge;
      return error;
    }
    cells.reserve(places * places);
    return commas ? std::nullopt : take_row(line);
  }
};

bool any_measured(const std::vector<std::uint32_t>& cells, std::size_t places) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i / places != i % places && cells[i] != DelayMatrix::kNotMeasured) return true;
  }
  return false;
}

}  // namespace

Result<std::shared_ptr<const DelayMatrix>> DelayMatrix::read(const std::string& path) {
  auto lines = LineReader::open(path);
  if (!lines) return tl::unexpected(lines.error());
  Reader reader{.lines = *lines};
  bool first = true;
  while (true) {
    const auto line = lines->next();
    if (!line) return tl::unexpected(line.error());
    if (!*line) break;
    std::string_view rest = **line;
    if (take_word(rest).empty()) continue;
    const bool whole = reader.places > 0 && reader.cells.size() == reader.places * reader.places;
    if (whole) return tl::unexpected(lines->complain("there are more rows than columns"));
    auto wrong = first ? reader.take_first(**line) : reader.take_row(**line);
    if (wrong) return tl::unexpected(std::move(*wrong));
    first = false;
  }
  if (first) {
    return fail(Errc::kInvalidArgument, "cannot read " + path, "it holds no round trips",
                std::string(kShape));
  }
  if (reader.cells.size() != reader.places * reader.places) {
    return tl::unexpected(
        lines->complain("there are fewer rows than columns", std::string(kShape)));
  }
  if (!any_measured(reader.cells, reader.places)) {
    return tl::unexpected(lines->complain("no pair was measured", std::string(kShape)));
  }
  return std::make_shared<const DelayMatrix>(static_cast<std::uint32_t>(reader.places),
                                             std::move(reader.cells));
}

}  // namespace shoal::sim
