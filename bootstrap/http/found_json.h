// SPDX-License-Identifier: Apache-2.0
// Files of a directory's index in JSON, both ways. What comes from a directory is verified here.
#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bootstrap/core/index.h"
#include "bootstrap/http/directory_client.h"
#include "bootstrap/http/directory_index.h"
#include "proto/types/result.h"

namespace shoal::bootstrap {

/// shoal/directory.file/1: the file, its owner, and what proves that the owner said so.
boost::json::object to_json(const DirectoryIndex::Found& found);

/// A file that a directory told of, and who has it: both are what the owner signed.
struct FoundFile {
  IndexEntry file;
  DirectoryPeer owner;
};

struct FoundPage {
  std::vector<FoundFile> files;
  std::string next_cursor;  ///< empty: this was the last page
};

/// Errors: kInvalidArgument (not understood), kIntegrity (card or proof does not verify, or is too
/// old). `now_unix` in seconds.
Result<FoundFile> file_from_json(const boost::json::value& value, std::int64_t now_unix);

/// A shoal/directory.files/1. What does not verify is left out and counted in `refused`.
Result<FoundPage> files_from_text(std::string_view text, std::int64_t now_unix,
                                  std::size_t& refused);

}  // namespace shoal::bootstrap
