// SPDX-License-Identifier: Apache-2.0
#include "cli/client/output/sheet.h"

#include <algorithm>
#include <ostream>

#include "cli/client/context/fields.h"
#include "cli/client/context/text.h"

namespace shoal::client {

namespace bj = boost::json;

Sheet::Sheet(Context& context, const SheetKind& kind, Rows rows)
    : context_(context), kind_(kind), rows_(rows) {
  for (const auto& column : kind_.columns) {
    widths_.push_back(std::max(width(column.name), column.least));
  }
}

void Sheet::add(const bj::object& row) {
  ++count_;
  switch (context_.format()) {
    case Format::kJson:
      if (rows_ == Rows::kAsTheyCome) {
        print_json_line(context_, row);
      } else {
        context_.fields().saw(row);
        items_.push_back(select(row, context_.globals().json_fields));
      }
      return;
    case Format::kIds:
      context_.print(text_at(row, kind_.id));
      return;
    case Format::kTsv: {
      if (count_ == 1) print_tsv_header();
      std::string line;
      for (const auto& column : kind_.columns) {
        line += (line.empty() && &column == kind_.columns.data() ? "" : "\t") +
                clean(column.cell(row).plain);
      }
      context_.print(line);
      return;
    }
    case Format::kTable: {
      std::vector<std::string> cells;
      for (const auto& column : kind_.columns) cells.push_back(clean(column.cell(row).shown));
      add_line(std::move(cells));
      return;
    }
  }
}

void Sheet::add_items(const bj::object& answer) {
  for (const auto& item : items_at(answer, "items")) {
    if (item.is_object()) add(item.get_object());
  }
}

void Sheet::print_tsv_header() {
  if (!context_.globals().header) return;
  std::string line;
  for (const auto& column : kind_.columns) {
    line += (&column == kind_.columns.data() ? "" : "\t") + std::string(column.name);
  }
  context_.print(line);
}

void Sheet::add_line(std::vector<std::string> cells) {
  if (rows_ == Rows::kTogether) {
    held_.push_back(std::move(cells));
    return;
  }
  if (count_ == 1) print_line({}, true);
  print_line(cells, false);
}

void Sheet::print_line(const std::vector<std::string>& cells, bool heading) {
  std::string line;
  for (std::size_t at = 0; at < kind_.columns.size(); ++at) {
    const auto& column = kind_.columns[at];
    if (at > 0) line += "  ";
    line += pad(heading ? std::string(column.name) : cells[at], widths_[at], column.right);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  context_.print(heading ? context_.paint(Context::Tone::kBold, line) : line);
}

void Sheet::finish(std::string_view none) {
  const Format format = context_.format();
  if (format == Format::kJson && rows_ == Rows::kTogether && context_.fields().all_there()) {
    bj::object whole{{"schema", kind_.schema}, {"items", std::move(items_)}};
    context_.print(escape_in_json(bj::serialize(whole)));
  }
  if (format == Format::kTsv && count_ == 0) print_tsv_header();
  if (format == Format::kTable && !held_.empty()) {
    for (const auto& cells : held_) {
      for (std::size_t at = 0; at < cells.size(); ++at) {
        widths_[at] = std::max(widths_[at], width(cells[at]));
      }
    }
    print_line({}, true);
    for (const auto& cells : held_) print_line(cells, false);
    held_.clear();
  }
  if (count_ == 0 && !none.empty() && format != Format::kJson) context_.note(none);
}

Result<int> print_list(Context& context, const std::string& path, const SheetKind& kind,
                       std::string_view none) {
  const auto answer = context.call("GET", path);
  if (!answer) return tl::unexpected(answer.error());
  Sheet sheet(context, kind, Sheet::Rows::kTogether);
  sheet.add_items(*answer);
  sheet.finish(none);
  return 0;
}

void print_json(Context& context, const bj::object& object) {
  context.fields().saw(object);
  if (context.fields().all_there()) print_json_line(context, object);
}

void print_change(Context& context, const bj::object& object) {
  context.fields().saw(object);
  if (const auto known = context.fields().all_there(); !known) {
    context.note(known.error().what + "; it was done, and this is all of it");
    context.fields().forgive();
  }
  if (!context.fields().forgiven()) return print_json_line(context, object);
  context.print(escape_in_json(bj::serialize(object)));
}

void print_json_line(Context& context, const bj::object& object) {
  context.fields().saw(object);
  context.print(escape_in_json(bj::serialize(select(object, context.globals().json_fields))));
}

std::string painted_state(const Context& context, const std::string& state) {
  if (state == "active" || state == "up" || state == "ok" || state == "done") {
    return context.paint(Context::Tone::kGood, state);
  }
  if (state == "down" || state == "failed" || state == "missing") {
    return context.paint(Context::Tone::kBad, state);
  }
  return state;
}

}  // namespace shoal::client
