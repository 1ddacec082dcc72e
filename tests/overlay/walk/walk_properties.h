// SPDX-License-Identifier: Apache-2.0
// What walks promise beyond the contract, each as one property over drawn worlds. Built twice: with
// the walk that ships, and with one into which bugs can be planted.
#pragma once

#include "tests/conformance/worlds.h"

namespace shoal::tests {

Outcome every_step_is_the_one_that_its_dice_say();
Outcome complete_reports_of_walks_equal_what_the_world_saw();
Outcome walkers_ask_back_and_stop_when_there_is_enough();
Outcome under_faults_no_walker_is_counted_twice();

}  // namespace shoal::tests
