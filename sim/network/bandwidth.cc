// SPDX-License-Identifier: Apache-2.0
#include "sim/network/bandwidth.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "proto/types/rng.h"
#include "sim/draw/draws.h"
#include "sim/input/lines.h"

namespace shoal::sim {
namespace {

constexpr std::uint64_t kLineStream = 0x6c69'6e65ULL;
// Shares are written with a few digits: thirds add up to .999.
constexpr double kSlack = 0.005;

std::optional<double> number_of(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Bytes per second of "10M" bits per second, from a byte per second to 125 GB.
std::optional<std::uint64_t> speed_of(std::string_view text) {
  double unit = 1;
  for (const auto& [letter, factor] : {std::pair('k', 1e3), {'M', 1e6}, {'G', 1e9}}) {
    if (!text.ends_with(letter)) continue;
    unit = factor;
    text.remove_suffix(1);
    break;
  }
  const auto number = number_of(text);
  if (!number || !(*number * unit >= 8 && *number * unit <= 1e12)) return std::nullopt;
  return static_cast<std::uint64_t>(*number * unit / 8);
}

std::optional<BandwidthLaw::Class> class_of(std::string_view text) {
  const auto share = number_of(take_word(text));
  const auto up = speed_of(take_word(text));
  const auto down = speed_of(take_word(text));
  if (!share || !up || !down || !take_word(text).empty()) return std::nullopt;
  if (!(*share > 0 && *share <= 1)) return std::nullopt;
  return BandwidthLaw::Class{Fixed::from(*share), {*up, *down}};
}

tl::unexpected<Error> refuse(std::string_view text, std::string why) {
  return fail(Errc::kInvalidArgument, "cannot give peers the lines '" + std::string(text) + "'",
              std::move(why),
              "write share, bits per second up and down, as in 0.7 10M 50M, 0.3 100M 100M");
}

}  // namespace

Result<BandwidthLaw> BandwidthLaw::parse(std::string_view text) {
  std::vector<Class> classes;
  double sum = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    const auto one = class_of(part);
    if (!one) return refuse(text, "'" + std::string(part) + "' is no share with two speeds");
    sum += one->share.value();
    classes.push_back(*one);
  }
  if (!classes.empty() && !(sum > 1 - kSlack && sum < 1 + kSlack)) {
    return refuse(text, "the shares do not add up to 1");
  }
  return BandwidthLaw(std::move(classes));
}

Bandwidth BandwidthLaw::of(std::uint64_t seed, PeerRef peer) const {
  if (classes_.empty()) return {};
  Rng stream = Rng(seed).fork(kLineStream).fork(peer.value);
  Fixed point = draw_unit(stream);
  for (const Class& one : classes_) {
    if (point < one.share) return one.line;
    point = point - one.share;
  }
  return classes_.back().line;
}

}  // namespace shoal::sim
