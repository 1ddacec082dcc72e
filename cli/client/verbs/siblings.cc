// SPDX-License-Identifier: Apache-2.0
// Verbs that become another program; app.cc hands them their words untouched when they come first.
#include <string>

#include "cli/client/context/context.h"
#include "cli/client/programs/daemon_args.h"
#include "cli/client/programs/launch.h"
#include "cli/client/verbs/verb_table.h"

namespace shoal::client {
namespace {

Result<int> run_daemon(Context& context) {
  return tl::unexpected(become(context.world(), "shoald", daemon_arguments(context.globals())));
}

Result<int> run_sim(Context& context) {
  return tl::unexpected(become(context.world(), "shoal-sim", context.args().words));
}

}  // namespace

const Verb kDaemon{.name = "daemon",
                   .group = Group::kStart,
                   .synopsis = "[OPTIONS OF shoald...]",
                   .summary = "run the daemon in this terminal (shoald)",
                   .examples = "shoal daemon\nshoal daemon --help",
                   .flags = {},
                   .words_min = 0,
                   .words_max = 0,
                   .run = run_daemon};

const Verb kSim{.name = "sim",
                .group = Group::kLab,
                .synopsis = "[OPTIONS OF shoal-sim...]",
                .summary = "simulate many peers (shoal-sim)",
                .examples = "shoal sim --help",
                .flags = {},
                .words_min = 0,
                .words_max = 64,
                .run = run_sim};

}  // namespace shoal::client
