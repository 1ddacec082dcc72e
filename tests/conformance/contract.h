// SPDX-License-Identifier: Apache-2.0
// What every overlay promises (sim/contract), each clause as one property over drawn worlds. Built
// twice: with the overlays that ship, and with a flood into which bugs can be planted.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "sim/contract/judge.h"
#include "tests/conformance/worlds.h"

namespace shoal::tests {

/// An overlay in one of its manners.
struct Subject {
  OverlayId via;
  std::string name;
  void (*adapt)(sim::Ask& ask) = nullptr;  ///< null: any search fits it
};
inline void PrintTo(const Subject& subject, std::ostream* out) { *out << subject.name; }
/// Makes the scenario's searches fit it.
void adapt(const Subject& subject, Scenario& scenario);
/// All of the registry.
std::vector<Subject> all_subjects();
/// In its first manner.
Subject subject_of(OverlayId via);

/// Draws worlds in which the clause could be broken, plays them, and asks the judge.
Outcome holds(const Subject& subject, sim::Clause clause, Driver driver = Driver::kWorld);

// Of kStrangersChangeNothing, by sort of stranger; on a world only.
Outcome what_nobody_asked_for_changes_nothing(const Subject& subject);
Outcome garbage_changes_nothing(const Subject& subject);
Outcome bytes_that_are_no_message_change_nothing(const Subject& subject);
Outcome stale_messages_change_nothing(const Subject& subject);

}  // namespace shoal::tests
