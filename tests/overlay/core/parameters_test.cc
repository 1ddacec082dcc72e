// SPDX-License-Identifier: Apache-2.0
#include "overlay/core/parameters.h"

#include <gtest/gtest.h>

#include <set>

#include "overlay/core/registry.h"

namespace shoal::tests {
namespace {

using overlay::Parameter;
using overlay::Parameters;

constexpr std::array<std::string_view, 2> kVariants{"simple", "nbt"};
constexpr std::array kKnown{
    Parameter{.name = "walkers", .doc = "How many.", .fallback = 16, .least = 1, .most = 64},
    Parameter{.name = "variant", .doc = "Which.", .fallback = 1, .words = kVariants},
};

TEST(Parameters, HaveTheirFallbacksUntilSet) {
  const Parameters values = overlay::fallbacks(kKnown);
  EXPECT_EQ(values[0], 16U);
  EXPECT_EQ(values[1], 1U);
  EXPECT_TRUE(overlay::check(kKnown, values));
}

TEST(Parameters, AreReadAsTheyAreShown) {
  Parameters values = overlay::fallbacks(kKnown);
  ASSERT_TRUE(overlay::set_parameter(kKnown, values, "walkers", "64"));
  ASSERT_TRUE(overlay::set_parameter(kKnown, values, "variant", "simple"));
  EXPECT_EQ(overlay::show(kKnown[0], values[0]), "64");
  EXPECT_EQ(overlay::show(kKnown[1], values[1]), "simple");
}

TEST(Parameters, TakeTrueAndFalseForASwitchOnly) {
  constexpr std::array kSwitch{
      Parameter{.name = "restart", .doc = "Whether.", .fallback = 0, .words = overlay::kOffOn}};
  Parameters values{};
  ASSERT_TRUE(overlay::set_parameter(kSwitch, values, "restart", "true"));
  EXPECT_EQ(overlay::show(kSwitch[0], values[0]), "on");
  ASSERT_TRUE(overlay::set_parameter(kSwitch, values, "restart", "false"));
  EXPECT_EQ(values[0], 0U);
  EXPECT_FALSE(overlay::set_parameter(kSwitch, values, "restart", "True"));
  EXPECT_FALSE(overlay::set_parameter(kKnown, values, "variant", "true"));
}

TEST(Parameters, RefuseWhatIsOutOfRangeAndChangeNothing) {
  Parameters values = overlay::fallbacks(kKnown);
  for (const char* const text : {"0", "65", "-1", "1.5", " 2", "2x", "", "4294967297"}) {
    const auto set = overlay::set_parameter(kKnown, values, "walkers", text);
    ASSERT_FALSE(set) << text;
    EXPECT_EQ(set.error().why, "it is a number, 1 .. 64");
  }
  EXPECT_FALSE(overlay::set_parameter(kKnown, values, "variant", "Simple"));
  EXPECT_EQ(overlay::set_parameter(kKnown, values, "steps", "1").error().why,
            "this overlay has walkers, variant");
  EXPECT_EQ(values, overlay::fallbacks(kKnown));
}

TEST(Parameters, FromElsewhereAreChecked) {
  EXPECT_FALSE(overlay::check(kKnown, Parameters{}));         // no walkers
  EXPECT_FALSE(overlay::check(kKnown, Parameters{1, 2}));     // no such variant
  EXPECT_TRUE(overlay::check(kKnown, Parameters{1, 0, 99}));  // 99 belongs to no parameter
}

TEST(Parameters, OfEveryOverlayAreFewNamedOnceAndFallBackInRange) {
  for (const auto& entry : overlay::registry()) {
    ASSERT_LE(entry.parameters.size(), limits::kOverlayParametersMax) << entry.name;
    EXPECT_TRUE(overlay::check(entry.parameters, overlay::fallbacks(entry.parameters)))
        << entry.name;
    std::set<std::string_view> names;
    for (const Parameter& parameter : entry.parameters) {
      EXPECT_TRUE(names.insert(parameter.name).second) << entry.name << " " << parameter.name;
      EXPECT_TRUE(parameter.doc.ends_with('.')) << entry.name << " " << parameter.name;
    }
  }
}

}  // namespace
}  // namespace shoal::tests
