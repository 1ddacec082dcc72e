// SPDX-License-Identifier: Apache-2.0
#include "proto/http/answer_text.h"

#include <array>
#include <charconv>

#include "proto/json/problem.h"

namespace shoal::http {

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 206:
      return "Partial Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 408:
      return "Request Timeout";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return {};
  }
}

std::string to_bytes(const Response& response) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + " " +
                    std::string(reason(response.status)) + "\r\n";
  for (const auto& [name, value] : response.headers) out += name + ": " + value + "\r\n";
  if (!response.content_type.empty()) out += "Content-Type: " + response.content_type + "\r\n";
  return out + "Content-Length: " + std::to_string(response.body.size()) +
         "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close"
         "\r\n\r\n" +
         response.body;
}

std::string refusal(int status, std::string_view why) {
  const Error error{json::errc_from_http(status), "the request was refused", std::string(why), {}};
  Request nothing;
  nothing.path = "/";
  return to_bytes(problem(error, nothing, status));
}

std::string stream_head(std::string_view request_id) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n"
         "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nX-Request-Id: " +
         std::string(request_id) + "\r\nConnection: close\r\n\r\n";
}

std::string content_head(const Response& head, std::uint64_t length, std::string_view request_id) {
  std::string out =
      "HTTP/1.1 " + std::to_string(head.status) + " " + std::string(reason(head.status)) + "\r\n";
  for (const auto& [name, value] : head.headers) out += name + ": " + value + "\r\n";
  if (!head.content_type.empty()) out += "Content-Type: " + head.content_type + "\r\n";
  if (head.status != 304) out += "Content-Length: " + std::to_string(length) + "\r\n";
  return out + "X-Content-Type-Options: nosniff\r\nX-Request-Id: " + std::string(request_id) +
         "\r\nConnection: close\r\n\r\n";
}

std::string chunk(std::string_view line) {
  std::array<char, 17> size{};
  const auto end = std::to_chars(size.data(), size.data() + size.size(), line.size() + 1, 16).ptr;
  std::string out(size.data(), end);
  out.reserve(out.size() + line.size() + 5);
  out += "\r\n";
  out += line;
  out += "\n\r\n";
  return out;
}

}  // namespace shoal::http
