// SPDX-License-Identifier: Apache-2.0
// Our values in PostgreSQL's columns.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "proto/types/ids.h"
#include "proto/types/text.h"
#include "proto/types/time.h"

namespace shoal::bootstrap::pg {

inline pqxx::binarystring bytes(const std::string& text) {
  return pqxx::binarystring(text.data(), text.size());
}
template <class Tag, std::size_t N>
pqxx::binarystring bytes(const Digest<Tag, N>& id) {
  return pqxx::binarystring(id.bytes.data(), N);
}
/// None: empty.
template <class Id>
pqxx::binarystring bytes(const std::optional<Id>& id) {
  return id ? bytes(*id) : bytes(std::string());
}
inline std::int64_t number(std::uint64_t value) { return static_cast<std::int64_t>(value); }
inline std::int64_t time(Instant value) { return value.time_since_epoch().count(); }

/// The text of an array of texts; none has a zero byte. As they are, whatever encoding the database
/// has: one that is not of Unicode keeps the bytes, and converting to it would change or refuse
/// them.
inline std::string text_array(const std::vector<std::string>& values) {
  std::string text = "{";
  for (const std::string& value : values) {
    text += text.size() > 1 ? ",\"" : "\"";
    for (const char each : value) {
      if (each == '"' || each == '\\') text += '\\';
      text += each;
    }
    text += '"';
  }
  return text + '}';
}
/// The text of an array of bytes: nothing in hexadecimal needs a quote.
inline std::string array(const std::vector<std::string>& values) {
  std::string text = "{";
  for (const std::string& value : values) {
    if (text.size() > 1) text += ',';
    text += R"("\\x)" +
            to_hex({reinterpret_cast<const std::uint8_t*>(value.data()), value.size()}) + '"';
  }
  return text + '}';
}
inline std::string array(const std::vector<std::int64_t>& values) {
  std::string text = "{";
  for (const std::int64_t value : values) {
    if (text.size() > 1) text += ',';
    text += std::to_string(value);
  }
  return text + '}';
}

inline std::string bytes_of(const pqxx::field& field) { return pqxx::binarystring(field).str(); }
inline std::uint64_t number_of(const pqxx::field& field) {
  return static_cast<std::uint64_t>(field.as<std::int64_t>());
}
inline Instant time_of(const pqxx::field& field) {
  return Instant(Duration(field.as<std::int64_t>()));
}
/// None when it has another length.
template <class Id>
std::optional<Id> id_of(const pqxx::field& field) {
  const std::string bytes = bytes_of(field);
  Id id;
  if (bytes.size() != Id::kSize) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
  return id;
}

}  // namespace shoal::bootstrap::pg
