// SPDX-License-Identifier: Apache-2.0
// What each verb's file gives to the table in verb_table.cc.
#pragma once

#include "cli/client/context/verb.h"

namespace shoal::client {

extern const Verb kInit;
extern const Verb kUp;
extern const Verb kDown;
extern const Verb kStatus;
extern const Verb kShare;
extern const Verb kShares;
extern const Verb kUnshare;
extern const Verb kSearch;
extern const Verb kGet;
extern const Verb kLink;
extern const Verb kPut;
extern const Verb kPuts;
extern const Verb kInbox;
extern const Verb kTransfers;
extern const Verb kFriends;
extern const Verb kDirectory;
extern const Verb kToken;
extern const Verb kOverlay;
extern const Verb kConfig;
extern const Verb kVersion;
extern const Verb kHelp;
extern const Verb kDaemon;
extern const Verb kSim;

}  // namespace shoal::client
