// SPDX-License-Identifier: Apache-2.0
#include "sim/network/delay_families.h"

#include <algorithm>
#include <array>

#include "proto/types/limits.h"

namespace shoal::sim {
namespace {

using Kind = Result<DelayLaw::Kind>;

constexpr double kSigmaMax = 3;

std::string in_words(Duration delay) { return std::to_string(delay.count()) + " us"; }

tl::unexpected<Error> refuse(const std::string& what, std::string why, std::string next) {
  return fail(Errc::kInvalidArgument, "cannot draw " + what, std::move(why), std::move(next));
}

Kind constant(const DelayParameters& p) { return ConstantDelay{p.mean}; }

Kind uniform(const DelayParameters& p) {
  if (p.max < p.min || p.max <= Duration{}) {
    return refuse("delays from " + in_words(p.min) + " to " + in_words(p.max),
                  p.max < p.min ? "max is less than min" : "all would be zero", "raise max");
  }
  return UniformDelay{p.min, p.max};
}

Kind log_normal(const DelayParameters& p) {
  if (!(p.sigma >= 0 && p.sigma <= kSigmaMax)) {
    return refuse("log-normal delays", "sigma is not between 0 and 3", "change sigma");
  }
  const Fixed sigma = Fixed::from(p.sigma);
  const Fixed half = sigma * sigma / Fixed::whole(2);
  return LogNormalDelay{Duration(times(p.mean.count(), exp(Fixed() - half))), sigma};
}

Kind exponential(const DelayParameters& p) {
  if (p.mean <= p.min) {
    return refuse("exponential delays above " + in_words(p.min),
                  "their mean, " + in_words(p.mean) + ", has to be larger",
                  "raise mean, or lower min");
  }
  return ExponentialDelay{p.min, p.mean - p.min};
}

Kind matrix(const DelayParameters& p) {
  if (p.matrix.empty()) {
    return refuse("delays from a matrix", "none is named",
                  "set matrix to a file of round trips in ms");
  }
  return DelayMatrix::read(p.matrix).map(
      [](auto read) { return DelayLaw::Kind(MatrixDelay{std::move(read)}); });
}

Kind coordinates(const DelayParameters& p) {
  if (p.dimensions < 1 || p.dimensions > 3) {
    return refuse("delays from coordinates of " + std::to_string(p.dimensions) + " dimensions",
                  "there are 1 to 3", "change dimensions");
  }
  if (p.mean <= p.min) {
    return refuse("delays from coordinates, " + in_words(p.min) + " and more",
                  "their mean, " + in_words(p.mean) + ", has to be larger",
                  "raise mean, or lower min");
  }
  // The side of 1 s tells how long one has to be.
  const CoordinateDelay unit{p.dimensions, std::chrono::seconds(1), Duration{}};
  const Duration unit_mean = DelayLaw(unit).mean();
  const Duration side((p.mean - p.min).count() * unit.side.count() / unit_mean.count());
  return CoordinateDelay{p.dimensions, side, p.min};
}

constexpr std::array kFamilies = {
    DelayFamily{"constant", "all links alike: mean", "mean", constant},
    DelayFamily{"uniform", "every delay from min to max alike often", "min max", uniform},
    DelayFamily{"log-normal", "most near the median, some far above", "mean sigma", log_normal},
    DelayFamily{"exponential", "min and an exponential more, so that the mean is mean", "min mean",
                exponential},
    DelayFamily{"matrix", "peers at random places of a measured matrix, half of its round trips",
                "matrix", matrix},
    DelayFamily{"coordinates", "peers at random points, min and more with the distance",
                "mean min dimensions", coordinates},
};

constexpr std::array kParameters = {
    DelayParameterDoc{"mean", "mean delay of a link, one way"},
    DelayParameterDoc{"min", "smallest delay of the law"},
    DelayParameterDoc{"max", "largest delay of the law"},
    DelayParameterDoc{"sigma", "spread of log-normal delays, 0 to 3"},
    DelayParameterDoc{"matrix", "file of round trips in ms, gzipped or plain"},
    DelayParameterDoc{"dimensions", "of the space where peers are: 1 to 3"},
    DelayParameterDoc{"floor",
                      "smaller delays are raised to it and counted; 0: the law's smallest, or a "
                      "hundredth of its mean if that is more"},
    DelayParameterDoc{"ceiling", "larger delays are cut to it; 0: none are"},
};

std::string all_names() {
  std::string names;
  for (const DelayFamily& family : kFamilies) {
    if (!names.empty()) names += ", ";
    names += family.name;
  }
  return names;
}

}  // namespace

std::span<const DelayFamily> delay_families() { return kFamilies; }

std::span<const DelayParameterDoc> delay_parameters() { return kParameters; }

const DelayFamily* find_delay_family(std::string_view name) {
  const auto found = std::ranges::find(kFamilies, name, &DelayFamily::name);
  return found == kFamilies.end() ? nullptr : &*found;
}

Result<DelayLaw> make_delay_law(std::string_view family, const DelayParameters& p) {
  const DelayFamily* const known = find_delay_family(family);
  if (known == nullptr) {
    return fail(Errc::kInvalidArgument, "no law of delays is called " + std::string(family), {},
                "there are " + all_names());
  }
  for (const auto& [name, value] : {std::pair<std::string_view, Duration>{"mean", p.mean},
                                    {"min", p.min},
                                    {"max", p.max},
                                    {"floor", p.floor},
                                    {"ceiling", p.ceiling}}) {
    if (value >= Duration{} && value <= limits::kSimDelayMax) continue;
    return refuse("delays with " + std::string(name) + " " + in_words(value),
                  "it is not between 0 and " + in_words(limits::kSimDelayMax),
                  "change " + std::string(name));
  }
  if (p.ceiling > Duration{} && p.ceiling < p.floor) {
    return refuse("delays from " + in_words(p.floor) + " to " + in_words(p.ceiling),
                  "ceiling is less than floor", "raise ceiling, or lower floor");
  }
  auto kind = known->make(p);
  if (!kind) return tl::unexpected(kind.error());
  DelayLaw law(std::move(*kind), p.floor, p.ceiling);
  if (law.floor() <= Duration{}) {
    return refuse("delays of zero", "the engine works in windows as long as the smallest delay",
                  "raise mean, or set floor");
  }
  return law;
}

}  // namespace shoal::sim
