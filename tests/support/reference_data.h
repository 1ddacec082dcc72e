// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shoal::tests {

/// The path of a file of the reference data ("graphs/p2p-Gnutella08.txt.gz"), or nothing where
/// there are none. They are looked for in the folder that the environment variable
/// SHOAL_REFERENCE_DATA names, else in shared/data of the working folder or of one above it. They
/// carry no licence, so the repository does not hold them.
///
/// A test that needs them has ReferenceData in its name, so that no other may skip:
///   const auto file = tests::reference_data("graphs/p2p-Gnutella08.txt.gz");
///   if (!file) GTEST_SKIP() << tests::kNoReferenceData;
std::optional<std::string> reference_data(std::string_view file);

inline constexpr std::string_view kNoReferenceData =
    "no reference data here; set SHOAL_REFERENCE_DATA to their folder";

/// The rows of a comma-separated table of the reference data, by column name. Nothing
/// where there are no reference data.
class ReferenceTable {
 public:
  static std::optional<ReferenceTable> read(std::string_view file);

  [[nodiscard]] std::size_t rows() const { return cells_.size(); }
  /// Requires that there are such a row and such a column.
  [[nodiscard]] const std::string& text(std::size_t row, std::string_view column) const;
  [[nodiscard]] double number(std::size_t row, std::string_view column) const;

 private:
  std::vector<std::string> columns_;
  std::vector<std::vector<std::string>> cells_;
};

}  // namespace shoal::tests
