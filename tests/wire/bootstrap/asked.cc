// SPDX-License-Identifier: Apache-2.0
#include "tests/wire/bootstrap/asked.h"

#include <sqlite3.h>

#include <charconv>
#include <filesystem>
#include <vector>

#include "tests/wire/http_world.h"

namespace shoal::bootstrap {
namespace {

std::string request_of(const std::string& method, const std::string& target,
                       const std::string& body, const std::string& headers) {
  std::string out = method + " " + target + " HTTP/1.1\r\n";
  if (headers.find("Host: ") == std::string::npos) out += "Host: 127.0.0.1\r\n";
  if (!body.empty() && headers.find("Content-Type: ") == std::string::npos) {
    out += "Content-Type: application/json\r\n";
  }
  const bool takes = method == "POST" || method == "PUT" || method == "PATCH";
  if (takes || !body.empty()) out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return out + headers + "\r\n" + body;
}

Asked read(std::string all) {
  Asked asked;
  if (all.size() > 12) std::from_chars(all.data() + 9, all.data() + 12, asked.status);
  if (const auto end = all.find("\r\n\r\n"); end != std::string::npos)
    asked.body = all.substr(end + 4);
  asked.all = std::move(all);
  return asked;
}

http::Target target_of(const std::string& url) {
  return http::Target::parse(url).value_or(http::Target{"127.0.0.1", 1, {}});
}

// The answer with status 429, or nothing.
std::string until_refused(http::RawClient& client, std::chrono::milliseconds time) {
  std::string heard = client.hear("HTTP/1.1 429 ", time);
  const auto at = heard.find("HTTP/1.1 429 ");
  if (at == std::string::npos) return "";
  heard.erase(0, at);
  while (heard.find('}') == std::string::npos && !client.closed) heard += client.hear("}");
  return heard.substr(0, heard.find('}') + 1);
}

int add_row(void* to, int count, char** values, char** names) {
  std::string& text = *static_cast<std::string*>(to);
  for (int at = 0; at < count; ++at) {
    text += std::string(names[at]) + "=" + (values[at] == nullptr ? "null" : values[at]) + " ";
  }
  text += '\n';
  return 0;
}

}  // namespace

Asked ask(const std::string& url, const std::string& method, const std::string& target,
          const std::string& body, const std::string& headers) {
  http::RawClient client(target_of(url));
  client.say(request_of(method, target, body, headers + "Connection: close\r\n"));
  return read(client.hear());
}

Asked flood(const std::string& url, const std::string& method, const std::string& target,
            const std::string& body, std::size_t times) {
  constexpr std::size_t kAtOnce = 50;
  std::string many;
  for (std::size_t i = 0; i < kAtOnce; ++i) many += request_of(method, target, body, "");
  http::RawClient client(target_of(url));
  std::string heard;
  for (std::size_t done = 0; done < times && heard.empty(); done += kAtOnce) {
    client.say(many);
    heard = until_refused(client, std::chrono::milliseconds(20));
  }
  return read(heard.empty() ? until_refused(client, std::chrono::seconds(20)) : heard);
}

std::string tables_of(const std::string& path) {
  const http::TempFolder folder;
  for (const std::string end : {"", "-wal"}) {
    std::error_code error;
    std::filesystem::copy_file(path + end, folder / "copy.db" + end, error);
    EXPECT_FALSE(error) << path << end << ": " << error.message();
  }
  sqlite3* db = nullptr;
  EXPECT_EQ(::sqlite3_open((folder / "copy.db").c_str(), &db), SQLITE_OK);
  std::string text;
  std::string names;
  const char* const kNames = "SELECT name FROM sqlite_master WHERE type='table' ORDER BY name";
  EXPECT_EQ(::sqlite3_exec(db, kNames, add_row, &names, nullptr), SQLITE_OK);
  for (std::size_t at = 0; (at = names.find("name=", at)) != std::string::npos;) {
    at += 5;
    const std::string table = names.substr(at, names.find(' ', at) - at);
    const std::string all = "SELECT '" + table + "' AS of_table, * FROM \"" + table + "\"";
    EXPECT_EQ(::sqlite3_exec(db, all.c_str(), add_row, &text, nullptr), SQLITE_OK) << table;
  }
  ::sqlite3_close(db);
  return text;
}

}  // namespace shoal::bootstrap
