// SPDX-License-Identifier: Apache-2.0
// The one list of operating errors, and the one table from them to exit codes, HTTP and gRPC.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace shoal {

enum class Errc : std::uint8_t {
  kInvalidArgument,  ///< the caller's words are off
  kConfig,           ///< the configuration is invalid
  kNotFound,         ///< nothing there by that name, or nothing found
  kConflict,         ///< it exists already, or changed meanwhile
  kUnauthenticated,  ///< who asks is unknown
  kDenied,           ///< who asks may not
  kTimeout,          ///< no answer in time
  kUnreachable,      ///< a daemon, peer or directory does not answer
  kNotConnected,     ///< no friend is connected
  kOverloaded,       ///< a named limit is reached; later it may work
  kTooLarge,         ///< over a named size limit
  kNoSpace,          ///< the disk is full
  kIo,               ///< the operating system refused a file or socket
  kIntegrity,        ///< bytes do not match their hash or signature
  kSourceChanged,    ///< the file was edited since it was shared
  kUnsupported,      ///< not offered here
  kPartial,          ///< some of it worked
  kCancelled,        ///< asked to stop
  kInternal,         ///< a bug or an unknown cause
};

/// One row of the table.
struct ErrcInfo {
  Errc code;
  std::string_view name;  ///< stable, snake_case; the `code` of problem+json
  int exit_code;          ///< of the command line programs
  int http;               ///< status
  int grpc;               ///< grpc::StatusCode as an integer
};

/// The row of `code`. Total: every code has one.
const ErrcInfo& info(Errc code);

/// The code of that name, or none.
std::optional<Errc> errc_from_name(std::string_view name);

/// The code that a gRPC status stands for; kInternal when none does.
Errc errc_from_grpc(int status);

}  // namespace shoal
