// SPDX-License-Identifier: Apache-2.0
// HTML pages from parts. Internal to this folder.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

namespace shoal::sim {

/// The files of page/, as the build put them into the program.
namespace page_files {
extern const std::string_view kCommonCss;
extern const std::string_view kWaveHtml;
extern const std::string_view kWaveCss;
extern const std::string_view kWaveModelJs;
extern const std::string_view kWaveDrawJs;
extern const std::string_view kWaveJs;
extern const std::string_view kChartCss;
extern const std::string_view kSweepCss;
extern const std::string_view kSweepJs;
}  // namespace page_files

/// `text` for use between tags and in quoted attributes.
std::string escaped(std::string_view text);

/// `value` for use inside a script element: no "<" that a parser of HTML could take for one.
std::string script_data(const boost::json::value& value);

struct PageParts {
  std::string_view title;  ///< any text
  std::string_view css;    ///< trusted, as all below
  std::string_view body;
  std::string data;  ///< of script_data(); empty: none
  std::string_view js;
};
/// A whole document that refers to nothing outside itself.
std::string page_of_parts(const PageParts& parts);

}  // namespace shoal::sim
