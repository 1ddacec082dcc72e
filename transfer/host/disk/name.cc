// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/disk/name.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include "proto/types/limits.h"

namespace shoal::transfer {
namespace {

struct CFree {
  void operator()(void* memory) const { std::free(memory); }
};

// Calls `each(code point or -1)` for every code point of `text`.
template <class F>
void decode(std::string_view text, F each) {
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    utf8proc_int32_t code = -1;
    auto used = utf8proc_iterate(at, left, &code);
    if (used <= 0) {
      used = 1;
      code = -1;
    }
    each(code);
    at += used;
    left -= used;
  }
}

void append(std::string& text, utf8proc_int32_t code) {
  std::array<utf8proc_uint8_t, 4> bytes{};
  const auto size = utf8proc_encode_char(code, bytes.data());
  for (utf8proc_ssize_t i = 0; i < size; ++i)
    text.push_back(static_cast<char>(bytes[static_cast<std::size_t>(i)]));
}

std::string filtered(std::string_view text) {
  constexpr std::string_view kReserved = "/\\:*?\"<>|";
  std::string out;
  decode(text, [&](utf8proc_int32_t code) {
    if (code < 0) return out.push_back('_');
    switch (utf8proc_category(code)) {
      case UTF8PROC_CATEGORY_CC:
      case UTF8PROC_CATEGORY_ZL:
      case UTF8PROC_CATEGORY_ZP:
      case UTF8PROC_CATEGORY_CO:
      case UTF8PROC_CATEGORY_CS:
      case UTF8PROC_CATEGORY_CN:
        return out.push_back('_');
      case UTF8PROC_CATEGORY_CF:  // bidi marks, zero-width, soft hyphen, BOM: not seen, so not kept
        return;
      default:
        break;
    }
    if (code < 128 && kReserved.find(static_cast<char>(code)) != std::string_view::npos) code = '_';
    append(out, code);
  });
  return out;
}

std::string composed(const std::string& text) {
  utf8proc_uint8_t* result = nullptr;
  const auto size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(text.size()), &result,
                   static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  const std::unique_ptr<utf8proc_uint8_t, CFree> owner(result);
  if (size < 0) return "file";
  return {reinterpret_cast<const char*>(result), static_cast<std::size_t>(size)};
}

// Cut to `bytes` at a boundary of code points.
void cut(std::string& text, std::size_t bytes) {
  if (text.size() <= bytes) return;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U) --bytes;
  text.resize(bytes);
}

bool is_device(std::string_view name) {
  std::string stem(name.substr(0, name.find('.')));
  while (stem.ends_with(' ')) stem.pop_back();
  std::ranges::transform(stem, stem.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  constexpr std::array<std::string_view, 6> kNames = {"CON", "PRN",    "AUX",
                                                      "NUL", "CONIN$", "CONOUT$"};
  if (std::ranges::find(kNames, stem) != kNames.end()) return true;
  return stem.size() == 4 && (stem.starts_with("COM") || stem.starts_with("LPT")) &&
         stem[3] >= '0' && stem[3] <= '9';
}

void trim(std::string& name) {
  while (!name.empty() && (name.back() == '.' || name.back() == ' ')) name.pop_back();
  const auto first = name.find_first_not_of(' ');
  name.erase(0, first == std::string::npos ? name.size() : first);
}

// Name and extension, the dot with the extension.
std::pair<std::string, std::string> split(const std::string& name) {
  const auto dot = name.rfind('.');
  if (dot == std::string::npos || dot == 0 || name.size() - dot > 16) return {name, ""};
  return {name.substr(0, dot), name.substr(dot)};
}

void fit(std::string& name) {
  if (name.size() <= limits::kFileNameMax) return;
  auto [stem, extension] = split(name);
  cut(stem, limits::kFileNameMax - extension.size());
  name = stem + extension;
}

}  // namespace

std::string safe_name(std::string_view remote) {
  // More than any name needs; bounds the work that a peer can cause.
  std::string name = composed(filtered(remote.substr(0, 4 * limits::kFileNameMax)));
  trim(name);
  fit(name);
  trim(name);
  if (is_device(name)) {
    name.insert(0, 1, '_');
    fit(name);
    trim(name);
  }
  if (name.empty()) name = "file";
  return name;
}

std::string numbered_name(const std::string& safe, unsigned number) {
  auto [stem, extension] = split(safe);
  const std::string suffix = " (" + std::to_string(number) + ")" + extension;
  cut(stem, limits::kFileNameMax - suffix.size());
  return stem + suffix;
}

}  // namespace shoal::transfer
