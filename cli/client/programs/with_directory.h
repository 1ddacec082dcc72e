// SPDX-License-Identifier: Apache-2.0
// The directory that `shoal up --with-directory` runs beside the daemon, for this user.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/config/places.h"
#include "proto/types/result.h"

namespace shoal::client {

class Context;

struct LocalDirectory {
  int pid = 0;
  std::string url;
};

/// The one that start_directory began last, running or not, unless stop_directory ended it since:
/// what the user asked for outlasts crashes and restarts of the machine.
std::optional<LocalDirectory> wanted_directory(const config::Places& places);
/// That one, if it still runs.
std::optional<LocalDirectory> running_directory(const config::Places& places);

inline constexpr std::string_view kUsualDirectory = "127.0.0.1:7400";

/// Starts shoal-directory at `place` or the next free port, with its data in the data folder and
/// its log in the state folder, and waits until it is up; or finds the one that runs. Errors:
/// kNotFound (the program), kIo, kInternal (it ended; with its last words), kTimeout, kCancelled.
Result<LocalDirectory> start_directory(Context& context, const config::Places& places,
                                       std::string_view place = kUsualDirectory);

/// Ends that one and waits for its end, and wants none from now on; none when none ran. Errors:
/// kTimeout, kIo.
Result<std::optional<LocalDirectory>> stop_directory(const config::Places& places);

}  // namespace shoal::client
