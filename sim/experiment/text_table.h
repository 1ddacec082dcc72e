// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace shoal::sim {

/// A table of three columns for people: what, how much, and a remark.
class TextTable {
 public:
  void add(std::string_view label, std::string_view value, std::string_view note = {});
  void say(std::string_view line);
  void blank() { say(""); }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// "1 234 567".
std::string grouped(std::uint64_t number);
/// With so many decimals.
std::string decimals(double value, int places);
/// A bar of '#', `value` of `most` of a width of 32.
std::string bar(double value, double most);

}  // namespace shoal::sim
