// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "tests/tidy/tree.h"

namespace shoal::tidy {

/// Which headers from outside a layer may include.
enum class Outside {
  kStdOnly,  ///< the standard library and tl/expected
  kPure,     ///< also data structures and hashes; nothing that does I/O, waits, or reads a clock
  kNoRpc,    ///< anything but gRPC and protobuf
  kOffline,  ///< anything but gRPC, protobuf, Asio and httplib
  kAny,
};

/// How strict the bans of names are.
enum class Purity {
  kAny,      ///< may do I/O
  kValues,   ///< no clocks, draws or threads; may print before it aborts (assert)
  kMachine,  ///< a state machine: no I/O at all
};

/// One row: the files below `folder` may include their own layer, and what `may_include` lists.
///
/// `folder` "a/*" stands for each folder below `a` on its own: they may not include one another.
/// `may_include` is a list of folders divided by blanks: "a" with all below it, "a/." without what
/// is below, "!a" taken out again, "a/b.h" that one header, "gen" for generated protobuf code.
struct Layer {
  std::string_view folder;
  std::string_view may_include;
  Outside outside = Outside::kAny;
  Purity purity = Purity::kAny;
};

/// The rows, from the most special to the most general; the first that fits a folder counts.
std::span<const Layer> layers();

/// The row of the folder of `path`, or nullptr.
const Layer* layer_of(std::string_view path);

/// Includes that break the table, quoted includes that are not paths from the root, and folders
/// without a row.
Violations check_layers(const Tree& tree);

/// Folders that include one another in a circle, one violation for each circle found first.
Violations check_cycles(const Tree& tree);

}  // namespace shoal::tidy
