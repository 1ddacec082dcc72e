// SPDX-License-Identifier: Apache-2.0
#include "sim/network/delay_families.h"

#include <gtest/gtest.h>

#include <set>
#include <sstream>

namespace shoal::sim {
namespace {

using std::chrono::milliseconds;

TEST(DelayFamilies, NameOnlyParametersThatAreExplained) {
  std::set<std::string_view> explained;
  for (const DelayParameterDoc& parameter : delay_parameters()) explained.insert(parameter.name);
  std::set<std::string_view> used = {"floor", "ceiling"};
  for (const DelayFamily& family : delay_families()) {
    EXPECT_EQ(find_delay_family(family.name), &family);
    EXPECT_FALSE(family.doc.empty());
    std::istringstream names{std::string(family.parameters)};
    for (std::string name; names >> name;) {
      EXPECT_TRUE(explained.contains(name)) << family.name << " takes " << name;
      used.insert(*explained.find(name));
    }
  }
  EXPECT_EQ(used, explained);
}

// However a law is spelled, its mean is the one asked for.
TEST(DelayFamilies, LawsHaveTheMeanThatIsAskedFor) {
  for (const std::string_view family : {"constant", "log-normal", "exponential", "coordinates"}) {
    for (const auto mean : {milliseconds(10), milliseconds(80)}) {
      const DelayLaw law =
          make_delay_law(family, {.mean = mean, .min = milliseconds(4), .sigma = 0.8}).value();
      EXPECT_NEAR(static_cast<double>(law.mean().count()), static_cast<double>(mean.count()) * 1000,
                  3)
          << family;
    }
  }
  const DelayLaw uniform =
      make_delay_law("uniform", {.min = milliseconds(10), .max = milliseconds(30)}).value();
  EXPECT_EQ(uniform.mean(), milliseconds(20));
}

TEST(DelayFamilies, ImpossibleLawsAreRefusedInWords) {
  struct Case {
    std::string_view family;
    DelayParameters parameters;
    std::string_view why;
  };
  const std::vector<Case> cases = {
      {"constant", {.mean = {}}, "the engine works in windows as long as the smallest delay"},
      {"constant", {.mean = milliseconds(-1)}, "it is not between 0 and 60000000 us"},
      {"constant", {.mean = std::chrono::hours(1)}, "it is not between 0 and 60000000 us"},
      {"uniform", {.min = milliseconds(2), .max = milliseconds(1)}, "max is less than min"},
      {"uniform", {.max = {}}, "all would be zero"},
      {"log-normal", {.sigma = -1}, "sigma is not between 0 and 3"},
      {"log-normal", {.sigma = 3.5}, "sigma is not between 0 and 3"},
      {"exponential",
       {.mean = milliseconds(5), .min = milliseconds(5)},
       "their mean, 5000 us, has to be larger"},
      {"matrix", {}, "none is named"},
      {"coordinates", {.dimensions = 4}, "there are 1 to 3"},
      {"coordinates",
       {.mean = milliseconds(5), .min = milliseconds(5)},
       "their mean, 5000 us, has to be larger"},
      {"constant",
       {.floor = milliseconds(2), .ceiling = milliseconds(1)},
       "ceiling is less than floor"},
  };
  for (const Case& impossible : cases) {
    const auto law = make_delay_law(impossible.family, impossible.parameters);
    ASSERT_FALSE(law) << impossible.family << ": " << impossible.why;
    EXPECT_EQ(law.error().code, Errc::kInvalidArgument);
    EXPECT_EQ(law.error().why, impossible.why) << impossible.family;
    EXPECT_FALSE(law.error().next.empty());
  }
  EXPECT_EQ(make_delay_law("matrix", {.matrix = "/no/such/file"}).error().code, Errc::kNotFound);
  const auto unknown = make_delay_law("gaussian", {});
  EXPECT_EQ(unknown.error().what, "no law of delays is called gaussian");
  EXPECT_EQ(unknown.error().next,
            "there are constant, uniform, log-normal, exponential, matrix, coordinates");
}

}  // namespace
}  // namespace shoal::sim
