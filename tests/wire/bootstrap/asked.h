// SPDX-License-Identifier: Apache-2.0
// Single requests with any headers, and what a directory has written down.
#pragma once

#include <cstddef>
#include <string>

namespace shoal::bootstrap {

/// An answer: all of it, and its parts.
struct Asked {
  int status = 0;
  std::string body;
  std::string all;
};

/// One request on a connection of its own. Host, the content type of JSON and the length are added
/// unless `headers` has them.
Asked ask(const std::string& url, const std::string& method, const std::string& target,
          const std::string& body, const std::string& headers);

/// The same request again and again as fast as it goes, at most so often, until one answer has
/// status 429: that one, or the last.
Asked flood(const std::string& url, const std::string& method, const std::string& target,
            const std::string& body, std::size_t times);

/// All rows of all tables of a copy of that SQLite file, as text.
std::string tables_of(const std::string& path);

}  // namespace shoal::bootstrap
