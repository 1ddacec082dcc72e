// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "proto/types/result.h"
#include "proto/types/time.h"
#include "sim/network/delay.h"

namespace shoal::sim {

/// What the laws of delays are made from. A family takes some of these and ignores the others;
/// delay_parameters() explains each.
struct DelayParameters {
  Duration mean = std::chrono::milliseconds(50);
  Duration min{};
  Duration max = std::chrono::milliseconds(100);
  double sigma = 0.5;
  std::string matrix{};
  std::uint32_t dimensions = 2;
  Duration floor{};
  Duration ceiling{};
  friend bool operator==(const DelayParameters&, const DelayParameters&) = default;
};

/// One family of laws.
struct DelayFamily {
  std::string_view name;  ///< as a configuration names it: "log-normal"
  std::string_view doc;
  /// The parameters it takes beside floor and ceiling, by their names, parted by blanks.
  std::string_view parameters;
  Result<DelayLaw::Kind> (*make)(const DelayParameters&);
};

struct DelayParameterDoc {
  std::string_view name;
  std::string_view doc;
};

std::span<const DelayFamily> delay_families();
std::span<const DelayParameterDoc> delay_parameters();
/// Null when there is none of that name.
const DelayFamily* find_delay_family(std::string_view name);

/// The law that these words describe.
/// Errors: kInvalidArgument (no such family, or no such law: says why and what to try; a delay of
/// zero too, because without a smallest delay the engine has no window), those of
/// DelayMatrix::read.
Result<DelayLaw> make_delay_law(std::string_view family, const DelayParameters& parameters);

}  // namespace shoal::sim
