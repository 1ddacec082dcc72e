// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace shoal {

/// The words of a command line with "--name=" as "--name" and an empty word behind it: CLI11 takes
/// the next word for the value of an option that ends so. `takes_value` is asked of "--name"; what
/// it denies, and all behind "--", stays as it is.
template <class TakesValue>
std::vector<std::string> with_empty_values(const std::vector<std::string>& words,
                                           TakesValue takes_value) {
  std::vector<std::string> out;
  bool options = true;
  for (const std::string& word : words) {
    options = options && word != "--";
    if (options && word.starts_with("--") && word.find('=') == word.size() - 1) {
      std::string name = word.substr(0, word.size() - 1);
      if (takes_value(name)) {
        out.push_back(std::move(name));
        out.emplace_back();
        continue;
      }
    }
    out.push_back(word);
  }
  return out;
}

}  // namespace shoal
