// SPDX-License-Identifier: Apache-2.0
// What dynamic queries promise beyond the contract, each as one property over drawn worlds. Built
// twice: with the overlay that ships, and with one into which bugs can be planted.
#pragma once

#include "tests/conformance/worlds.h"

namespace shoal::tests {

/// Without faults: first the probe, then one neighbour after the other, those that were not asked
/// yet before the probed ones; then all together.
Outcome neighbours_have_their_turns();
/// How many hops each is given follows from what was found, by the formula.
Outcome hops_follow_from_what_was_found();
/// Nothing is asked any more when as much as wanted was found; before that, all within TTL hops is.
Outcome it_ends_with_what_was_wanted();
/// Whatever goes wrong: a report that says complete equals what the world saw; others stay below.
Outcome dynamic_reports_are_true();

}  // namespace shoal::tests
