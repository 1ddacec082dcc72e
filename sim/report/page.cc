// SPDX-License-Identifier: Apache-2.0
#include "sim/report/page.h"

namespace shoal::sim {

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string script_data(const boost::json::value& value) {
  const std::string text = boost::json::serialize(value);
  std::string out;
  out.reserve(text.size());
  // Outside strings JSON has none of these characters.
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "\\u003c";
        break;
      case '>':
        out += "\\u003e";
        break;
      case '&':
        out += "\\u0026";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string page_of_parts(const PageParts& parts) {
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      // Whatever gets into the page, it loads nothing and talks to nobody.
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "script-src 'unsafe-inline'; style-src 'unsafe-inline'\">\n";
  out += "<title>" + escaped(parts.title) + "</title>\n<style>\n";
  out += page_files::kCommonCss;
  out += parts.css;
  out += "</style>\n</head>\n<body>\n";
  out += parts.body;
  if (!parts.data.empty()) {
    out += "<script type=\"application/json\" id=\"data\">" + parts.data + "</script>\n";
  }
  out += "<script>\n";
  out += parts.js;
  out += "</script>\n</body>\n</html>\n";
  return out;
}

}  // namespace shoal::sim
