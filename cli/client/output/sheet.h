// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/client/context/context.h"

namespace shoal::client {

/// One field of a row: for people, and as plain data.
struct Cell {
  std::string shown;
  std::string plain;
  Cell(std::string both) : shown(both), plain(std::move(both)) {}
  Cell(std::string for_people, std::string as_data)
      : shown(std::move(for_people)), plain(std::move(as_data)) {}
};

struct Column {
  std::string_view name;
  Cell (*cell)(const boost::json::object& row);
  bool right = false;     ///< numbers
  std::size_t least = 0;  ///< width when rows are shown as they come
};

/// What a sheet shows.
struct SheetKind {
  std::string_view schema;  ///< of the whole list in JSON
  std::span<const Column> columns;
  std::string_view id;  ///< the member that -q prints
};

/// Rows on stdout, in the format that the context says: aligned table, TSV, JSON or ids.
class Sheet {
 public:
  enum class Rows : std::uint8_t {
    kTogether,  ///< held until finish(), then aligned; JSON: one object {schema, items}
    kAsTheyCome,
  };
  Sheet(Context& context, const SheetKind& kind, Rows rows);

  void add(const boost::json::object& row);
  /// Each object in "items".
  void add_items(const boost::json::object& answer);
  /// `none` is said on stderr when there was no row.
  void finish(std::string_view none = {});

  [[nodiscard]] std::size_t rows() const { return count_; }

 private:
  void add_line(std::vector<std::string> cells);
  void print_line(const std::vector<std::string>& cells, bool heading);
  void print_tsv_header();

  Context& context_;
  const SheetKind& kind_;
  Rows rows_;
  std::size_t count_ = 0;
  std::vector<std::size_t> widths_;
  std::vector<std::vector<std::string>> held_;
  boost::json::array items_;
};

/// The list that the daemon has at `path`, whole; 0 when it was shown. `none` as for finish().
Result<int> print_list(Context& context, const std::string& path, const SheetKind& kind,
                       std::string_view none);

/// An answer of one object as --json wants it; nothing when a member that it names is not there.
void print_json(Context& context, const boost::json::object& object);
/// The same for a verb that changed something, which a mistyped member must neither hide nor make a
/// usage error: then the whole object comes, and a remark.
void print_change(Context& context, const boost::json::object& object);
/// One of several that come one after the other.
void print_json_line(Context& context, const boost::json::object& object);

/// A state's word with its colour: good, bad or neither.
std::string painted_state(const Context& context, const std::string& state);

}  // namespace shoal::client
