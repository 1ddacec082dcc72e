// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <regex>
#include <string>

#include "proto/json/reader.h"

namespace shoal::sim {

/// The JSON in a page, as a browser would find it.
inline boost::json::value data_of(const std::string& page) {
  const std::string begin = "<script type=\"application/json\" id=\"data\">";
  const std::size_t found = page.find(begin);
  EXPECT_NE(found, std::string::npos);
  if (found == std::string::npos) return nullptr;
  const std::size_t at = found + begin.size();
  const auto data = json::parse(page.substr(at, page.find("</script", at) - at));
  EXPECT_TRUE(data) << data.error().why;
  return data ? *data : nullptr;
}

/// Loads nothing, refers to nothing: no addresses, no attributes or rules that fetch.
inline void expect_self_contained(const std::string& page) {
  const std::regex outside(
      "https?://|\\b(src|href|srcset|action|poster)\\s*=|url\\(|@import|"
      "import\\s*\\(|fetch\\s*\\(|XMLHttpRequest|WebSocket|EventSource|"
      "sendBeacon|<(link|iframe|object|embed|base|img)\\b");
  std::smatch found;
  const std::string names = std::regex_replace(page, std::regex("http://www.w3.org/2000/svg"), "");
  EXPECT_FALSE(std::regex_search(names, found, outside)) << found.str();
}

}  // namespace shoal::sim
