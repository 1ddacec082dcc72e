// SPDX-License-Identifier: Apache-2.0
// Every route of the directory under bad input: what it says of itself in its OpenAPI document
// tells what must be refused, so a route without a row (bad_input_rows.cc) fails.
#include "tests/wire/bootstrap/bad_input.h"

#include <cctype>
#include <map>

namespace shoal::bootstrap {

namespace {

bool is_required(const bj::object& parameter) {
  const auto* const required = parameter.if_contains("required");
  return required != nullptr && required->as_bool();
}

}  // namespace

void BadInput::expect(const Asked& heard, int status, const std::string& names, const Row& row,
                      const std::string& how) {
  const std::string where = row.method + " " + row.route + ", " + how + ": ";
  std::string wrong;
  if (heard.status != status) wrong += " status";
  if (heard.all.find("application/problem+json") == std::string::npos) wrong += " type";
  boost::system::error_code error;
  const auto body = bj::parse(heard.body, error);
  const bj::object problem = !error && body.is_object() ? body.as_object() : bj::object();
  for (const auto* const member : {"type", "title", "status", "detail", "code", "request_id"}) {
    if (!problem.contains(member)) wrong += std::string(" ") + member;
  }
  // As it stands in JSON, where a quotation mark is written with a backslash.
  std::string quoted = bj::serialize(bj::string(names));
  quoted = quoted.substr(1, quoted.size() - 2);
  if (bj::serialize(problem).find(quoted) == std::string::npos) wrong += " words";
  EXPECT_EQ(wrong, "") << where << status << ' ' << names << '\n' << heard.all.substr(0, 600);
}

// What goes wrong before anybody looks at a body.
void BadInput::try_heads(const Row& row) const {
  const bj::object& operation = described(row);
  const std::string body = row.body.empty() ? "" : bj::serialize(row.body);
  expect(ask(row, row.target, body, "Host: evil.example\r\n"), 421, "Host", row, "another Host");
  expect(ask(row, row.target, body, "Origin: http://evil.example\r\n"), 403, "another site", row,
         "a page of another site");
  expect(ask(row, row.target, body, "Range: bytes=0-1\r\n"), 416, "ranges", row, "a range");
  const std::string mark = row.target.find('?') == std::string::npos ? "?" : "&";
  expect(ask(row, row.target + mark + "nonsense=1", body), 400, "nonsense", row, "unknown query");
  if (!row.unknown.empty()) expect(ask(row, row.unknown, body), 404, "", row, "not there");
  if (!operation.at("security").as_array().empty()) {
    for (const auto& bad :
         {std::string(), std::string("Bearer sdt_wrong"), "Bearer " + over, "Basic " + token}) {
      // Who logs out twice is logged out.
      if (bad.ends_with(over) && row.good == 204) continue;
      const std::string header = bad.empty() ? "" : "Authorization: " + bad + "\r\n";
      const auto heard = bootstrap::ask(url, row.method, row.target, body, header);
      expect(heard, 401, "token", row, "without a good token");
      EXPECT_NE(heard.all.find("WWW-Authenticate: Bearer"), std::string::npos) << heard.all;
    }
  }
  const auto* const parameters = operation.if_contains("parameters");
  if (parameters == nullptr) return;
  for (const auto& parameter : parameters->as_array()) {
    const auto* const in = parameter.as_object().if_contains("in");
    if (in == nullptr || *in != "query" || !is_required(parameter.as_object())) continue;
    const std::string name(parameter.at("name").as_string());
    const auto at = row.target.find(name + "=");
    ASSERT_NE(at, std::string::npos) << row.route << ' ' << name;
    const auto end = std::min(row.target.find('&', at), row.target.size() - 1);
    expect(ask(row, row.target.substr(0, at) + row.target.substr(end + 1), body), 400, name, row,
           "without " + name);
  }
}

void BadInput::try_bodies(const Row& row) const {
  const bj::object& operation = described(row);
  const auto* const described_body = operation.if_contains("requestBody");
  if (described_body == nullptr) {
    expect(ask(row, row.target, "{}"), 400, "no body", row, "a body");
    return;
  }
  const std::string most(described_body->at("description").as_string());
  const std::size_t body_max = std::stoul(most.substr(most.find_first_of("0123456789")));
  expect(ask(row, row.target, std::string(body_max + 1, ' ')), 413, "too long", row, "too long");
  for (const std::string body : {"{", "[]", "nonsense", "{\"a\":1}}", "{\"\xff\":1}"}) {
    expect(ask(row, row.target, body), 400, "", row, body);
  }
  expect(ask(row, row.target, std::string(1000, '[')), 400, "", row, "a thousand brackets");
  expect(ask(row, row.target, "x=1", "Content-Type: text/plain\r\n"), 415, "JSON", row, "text");
  if (described_body->at("required").as_bool()) {
    expect(ask(row, row.target, " "), 400, "", row, "blank");
  }
  expect(ask(row, row.target, bj::serialize(with(row.body, "nonsense", 1))), 400, "nonsense", row,
         "unknown member");
}

std::vector<std::string> BadInput::required_members(const bj::object& operation) const {
  const auto* const body = operation.if_contains("requestBody");
  if (body == nullptr) return {};
  const bj::value* schema = &body->at("content").at("application/json").at("schema");
  while (schema->as_object().contains("$ref")) {
    const std::string ref(schema->at("$ref").as_string());
    schema = &document.at("components").at("schemas").at(ref.substr(ref.rfind('/') + 1));
  }
  std::vector<std::string> names;
  const auto* const required = schema->as_object().if_contains("required");
  if (required == nullptr) return {};
  for (const auto& name : required->as_array()) names.emplace_back(name.as_string());
  return names;
}

void BadInput::try_members(const Row& row) const {
  for (const auto& member : required_members(described(row))) {
    ASSERT_TRUE(row.body.contains(member)) << row.route << " has no " << member;
    const auto heard = ask(row, row.target, bj::serialize(without(row.body, member)));
    expect(heard, 400, "\"" + member + "\"", row, "without " + member);
  }
  for (const auto& bad : row.bad) {
    const std::string body = bad.body.empty() ? "" : bj::serialize(bad.body);
    expect(ask(row, bad.target, body), bad.status, bad.names, row,
           bad.target + " " + body.substr(0, 200));
  }
}

TEST_F(BadInput, IsRefusedInWordsByEveryRouteAndLeavesNothingBehind) {
  const auto all = rows();
  std::map<std::string, int> known;
  for (const auto& row : all) ++known[row.method + " " + row.route];
  for (const auto& [path, operations] : document.at("paths").as_object()) {
    for (const auto& [method, operation] : operations.as_object()) {
      std::string name(method);
      std::ranges::transform(name, name.begin(),
                             [](char c) { return static_cast<char>(std::toupper(c)); });
      EXPECT_EQ(known[name + " " + std::string(path)], 1) << "no row for " << name << ' ' << path;
    }
  }
  EXPECT_GE(known.size(), 24U);
  const std::string before = tables_of(folder / "data/directory.db");
  EXPECT_NE(before.find("ana"), std::string::npos);
  for (const auto& row : all) {
    try_heads(row);
    try_bodies(row);
    try_members(row);
  }
  EXPECT_EQ(tables_of(folder / "data/directory.db"), before);
  // The same requests without their faults are taken: the faults were why they were not.
  for (const auto& row : all) {
    const auto heard = ask(row, row.target, row.body.empty() ? "" : bj::serialize(row.body));
    EXPECT_EQ(heard.status, row.good) << row.method << ' ' << row.route << ": " << heard.all;
    if (row.good != 200) token = log_in_at(url, "ana");
  }
  EXPECT_NE(tables_of(folder / "data/directory.db"), before);
}

TEST_F(BadInput, TooManyRequestsGet429WithRetryAfterAndHarmNobodyElse) {
  const std::string before = tables_of(folder / "data/directory.db");
  std::size_t floods = 0;
  for (const auto& row : rows()) {
    if (row.flood.status == 0) continue;
    ++floods;
    const std::string body = row.flood.body.empty() ? "" : bj::serialize(row.flood.body);
    const auto heard = flood(url, row.method, row.flood.target, body, 900);
    expect(heard, row.flood.status, "", row, "too many");
    EXPECT_NE(heard.all.find("Retry-After: "), std::string::npos) << heard.all;
    EXPECT_NE(heard.all.find("\"code\":\"overloaded\""), std::string::npos) << heard.all;
    EXPECT_EQ(bootstrap::ask(url, "GET", "/healthz", "", "").status, 200);
  }
  EXPECT_EQ(floods, 14U);
  EXPECT_EQ(tables_of(folder / "data/directory.db"), before);
}

}  // namespace shoal::bootstrap
