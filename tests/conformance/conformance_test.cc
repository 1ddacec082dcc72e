// SPDX-License-Identifier: Apache-2.0
// The contract, for every overlay in the registry: one that is added there is tested here.
#include <gtest/gtest.h>

#include <cctype>
#include <functional>
#include <ostream>
#include <string>
#include <tuple>
#include <vector>

#include "tests/conformance/contract.h"

namespace shoal::tests {
namespace {

/// A clause, and who holds an overlay to it.
struct Rule {
  std::string name;
  std::function<Outcome(const Subject&)> holds;
};

/// So that the tests' names hold no addresses, which differ from run to run.
void PrintTo(const Rule& rule, std::ostream* out) { *out << rule.name; }

class Contract : public testing::TestWithParam<std::tuple<Subject, Rule>> {};

TEST_P(Contract, Holds) {
  const auto& [subject, rule] = GetParam();
  ASSERT_NE(sim::promises_of(subject.via), nullptr)
      << subject.name << " has no row in sim/contract/promises.cc";
  EXPECT_EQ(rule.holds(subject), Outcome::kHeld);
}

/// "answers-once" as "AnswersOnce".
std::string test_name(std::string_view clause) {
  std::string name;
  bool capital = true;
  for (const char letter : clause) {
    const bool gap = letter == '-';
    if (!gap) name += capital ? static_cast<char>(std::toupper(letter)) : letter;
    capital = gap;
  }
  return name;
}

std::vector<Rule> all_rules() {
  std::vector<Rule> rules;
  for (std::size_t number = 0; number < sim::kClauses; ++number) {
    const auto clause = static_cast<sim::Clause>(number);
    if (clause == sim::Clause::kStrangersChangeNothing) continue;
    const std::string name = test_name(sim::name_of(clause));
    rules.push_back({name, [clause](const Subject& subject) { return holds(subject, clause); }});
    rules.push_back({name + "OnTheEngine", [clause](const Subject& subject) {
                       return holds(subject, clause, Driver::kEngine);
                     }});
  }
  rules.push_back({"WhatNobodyAskedForChangesNothing", what_nobody_asked_for_changes_nothing});
  rules.push_back({"GarbageChangesNothing", garbage_changes_nothing});
  rules.push_back({"BytesThatAreNoMessageChangeNothing", bytes_that_are_no_message_change_nothing});
  rules.push_back({"StaleMessagesChangeNothing", stale_messages_change_nothing});
  return rules;
}

std::string name_of(const testing::TestParamInfo<Contract::ParamType>& info) {
  const auto& [subject, rule] = info.param;
  return subject.name + "_" + rule.name;
}

INSTANTIATE_TEST_SUITE_P(Every, Contract,
                         testing::Combine(testing::ValuesIn(all_subjects()),
                                          testing::ValuesIn(all_rules())),
                         name_of);

}  // namespace
}  // namespace shoal::tests
