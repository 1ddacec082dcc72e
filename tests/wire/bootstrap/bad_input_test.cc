// SPDX-License-Identifier: Apache-2.0
// Every route of the directory under bad input: what it says of itself in its OpenAPI document
// tells what must be refused, so a route without a row here fails.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "proto/types/limits_index.h"
#include "tests/bootstrap/http/index_requests.h"
#include "tests/support/temp_folder.h"
#include "tests/wire/bootstrap/accounts.h"
#include "tests/wire/bootstrap/asked.h"
#include "tests/wire/bootstrap/program.h"

namespace shoal::bootstrap {
namespace {

namespace bj = boost::json;

/// A request that is refused for a reason of its own.
struct Bad {
  int status = 0;
  std::string target;
  bj::object body;
  std::string names;  ///< stands in the answer's words
};

/// A route: a good request, and bad ones that its description cannot tell.
struct Row {
  std::string method;
  std::string route;
  int good = 200;
  std::string target;
  bj::object body;
  std::vector<Bad> bad;
  std::string unknown;  ///< a target well spelled whose thing is not there: 404
  Bad flood;            ///< what, asked too often, gets 429; without a status: no bound of its own
};

bj::object object_of(const std::string& text) { return bj::parse(text).as_object(); }

bool is_required(const bj::object& parameter) {
  const auto* const required = parameter.if_contains("required");
  return required != nullptr && required->as_bool();
}

bj::object without(bj::object body, const std::string& member) {
  body.erase(member);
  return body;
}

bj::object with(bj::object body, const std::string& member, const bj::value& value) {
  body[member] = value;
  return body;
}

// Ana has a lease and files and is logged in, and so is Luis, whom she may not touch.
class BadInput : public testing::Test {
 protected:
  BadInput() {
    const auto client = client_of(url);
    EXPECT_EQ(put(client, ana, 1)->status, 200);
    EXPECT_EQ(put(client, luis, 1)->status, 200);
    const auto files = files_of(ana, 5, unix_now(), {entry(1, "a.txt")});
    EXPECT_EQ(client.send("PUT", "/v1/index", to_body(files))->status, 200);
    EXPECT_EQ(register_at(url, "ana"), 201);
    EXPECT_EQ(register_at(url, "luis"), 201);
    token = log_in_at(url, "ana");
    over = log_in_at(url, "luis");
    EXPECT_EQ(status_of(client_with(url, over).send("DELETE", "/v1/sessions")), 204);
    document = object_of(*client.call("GET", "/v1/openapi.json"));
  }

  std::vector<Row> rows() {
    return together({peer_rows(), account_rows(), index_rows(), short_rows()});
  }
  std::vector<Row> peer_rows();
  std::vector<Row> account_rows();
  std::vector<Row> index_rows();
  std::vector<Row> short_rows();

  static std::vector<Row> together(std::vector<std::vector<Row>> groups) {
    std::vector<Row> all;
    for (auto& group : groups) std::ranges::move(group, std::back_inserter(all));
    return all;
  }

  Asked ask(const Row& row, const std::string& target, const std::string& body,
            const std::string& headers = "") const {
    return bootstrap::ask(url, row.method, target, body,
                          "Authorization: Bearer " + token + "\r\n" + headers);
  }
  static void expect(const Asked& heard, int status, const std::string& names, const Row& row,
                     const std::string& how);
  [[nodiscard]] const bj::object& described(const Row& row) const {
    std::string method = row.method;
    std::ranges::transform(method, method.begin(),
                           [](char c) { return static_cast<char>(std::tolower(c)); });
    return document.at("paths").at(row.route).at(method).as_object();
  }
  [[nodiscard]] std::vector<std::string> required_members(const bj::object& operation) const;

  void try_heads(const Row& row) const;
  void try_bodies(const Row& row) const;
  void try_members(const Row& row) const;

  const tests::TempFolder folder;
  Program program{{"--listen", "127.0.0.1:0", "--data", folder / "data"}};
  const std::string url = program.url();
  const rpc::Identity ana = rpc::Identity::generate();
  const rpc::Identity luis = rpc::Identity::generate();
  const rpc::Identity nobody = rpc::Identity::generate();
  std::string token;
  std::string over;  ///< a token whose session has ended
  bj::object document;
};

std::vector<Row> BadInput::peer_rows() {
  const auto lease = object_of(to_body(lease_of(ana, 10, unix_now(), 10)));
  const auto used = object_of(to_body(lease_of(ana, 1, unix_now(), 1)));
  const std::string leave = path_of(luis.id()) + "?" + to_query(leave_of(luis, 9));
  const std::string cut = leave.substr(0, leave.find("&signature"));
  const std::string foreign = path_of(ana.id()) + "?" + to_query(leave_of(luis, 9));
  const std::string gone = path_of(nobody.id()) + "?" + to_query(leave_of(nobody, 9));
  const std::string nobodys = path_of(nobody.id());
  return {
      {"PUT",
       "/v1/peers/{id}",
       200,
       path_of(ana.id()),
       lease,
       {{403, path_of(luis.id()), lease, "another peer's"},
        {403, path_of(ana.id()), with(lease, "signature", "AAAA"), "signature"},
        {409, path_of(ana.id()), used, "stamp"},
        {400, path_of(ana.id()), with(lease, "stamp", -1), "\"stamp\""},
        {400, path_of(ana.id()), with(lease, "stamp", "ten"), "\"stamp\""},
        {400, path_of(ana.id()), with(lease, "card", "!"), "base64"},
        {400, "/v1/peers/nobody", lease, "peer id"}},
       "",
       {429, path_of(ana.id()), used, ""}},
      {"GET",
       "/v1/peers/{id}",
       200,
       path_of(ana.id()),
       {},
       {{400, "/v1/peers/x", {}, "peer id"}},
       nobodys,
       {}},
      {"GET",
       "/v1/peers",
       200,
       "/v1/peers",
       {},
       {{400, "/v1/peers?limit=0", {}, "limit"},
        {400, "/v1/peers?limit=201", {}, "limit"},
        {400, "/v1/peers?limit=1e1", {}, "limit"},
        {400, "/v1/peers?cursor=x", {}, "cursor"}},
       "",
       {}},
      {"GET",
       "/v1/peers/{id}/suggestion",
       200,
       path_of(ana.id()) + "/suggestion",
       {},
       {{400, "/v1/peers/x/suggestion", {}, "peer id"},
        {400, path_of(ana.id()) + "/suggestion?except=x", {}, "peer id"}},
       path_of(ana.id()) + "/suggestion?except=" + to_text(luis.id()),
       {}},
      {"DELETE",
       "/v1/peers/{id}",
       204,
       leave,
       {},
       {{400, cut, {}, "\"signature\""},
        {403, foreign, {}, "key"},
        {403, leave.substr(0, leave.size() - 4) + "0000", {}, "signature"},
        {400, path_of(luis.id()) + "?stamp=0&key=00&signature=00", {}, "stamp"}},
       gone,
       {429, gone, {}, ""}},
      {"GET", "/healthz", 200, "/healthz", {}, {}, "", {}},
      {"GET", "/v1/openapi.json", 200, "/v1/openapi.json", {}, {}, "", {}},
  };
}

std::vector<Row> BadInput::account_rows() {
  const bj::object fresh{{"name", "eva"}, {"password", "secret"}};
  const bj::object wrong{{"name", "ana"}, {"password", "wrong"}, {"port", 7401}};
  const bj::object right = with(wrong, "password", "secret");
  const bj::object stranger{{"name", "stranger"}, {"password", "secret"}};
  std::vector<Row> out;
  for (const std::string users : {"/v1/users", "/register"}) {
    out.push_back({"POST",
                   users,
                   201,
                   users,
                   with(fresh, "name", bj::string("eva of " + users.substr(1, 2))),
                   {{400, users, without(fresh, "password"), "\"password\""},
                    {400, users, with(fresh, "password", "abc"), "\"password\""},
                    {400, users, with(fresh, "name", ""), "\"name\""},
                    {400, users, with(fresh, "name", bj::string(65, 'n')), "\"name\""},
                    {400, users, with(fresh, "name", "a\nb"), "\"name\""},
                    {400, users, with(fresh, "port", 65'536), "\"port\""},
                    {400, users, with(fresh, "address", "here"), "\"address\""},
                    {400, users, with(fresh, "peer_id", "x"), "\"peer_id\""},
                    {400, users, with(fresh, "key", "AAAA"), "\"stamp\""},
                    {409, users, with(fresh, "name", "ANA"), "ana"}},
                   "",
                   {429, users, with(fresh, "name", "ana"), ""}});
  }
  for (const std::string sessions : {"/v1/sessions", "/login"}) {
    out.push_back({"POST",
                   sessions,
                   201,
                   sessions,
                   right,
                   {{400, sessions, without(right, "password"), "\"password\""},
                    {401, sessions, wrong, "password"},
                    {401, sessions, stranger, "password"},
                    {409, sessions, with(right, "port", 1), "logged in from"}},
                   "",
                   {429, sessions, with(wrong, "name", bj::string("flooded" + sessions)), ""}});
  }
  out.push_back({"GET", "/v1/sessions", 200, "/v1/sessions", {}, {}, "", {}});
  out.push_back({"GET", "/v1/users/{name}", 200, "/v1/users/luis", {}, {}, "/v1/users/nobody", {}});
  out.push_back({"DELETE",
                 "/v1/sessions",
                 204,
                 "/v1/sessions",
                 {},
                 {{403, "/v1/sessions?user=luis", {}, "another user's"}},
                 "",
                 {}});
  out.push_back({"POST",
                 "/logout",
                 204,
                 "/logout",
                 {},
                 {{403, "/logout", {{"user", "luis"}}, "another user's"},
                  {403, "/logout?user=luis", {}, "another user's"},
                  {400, "/logout", {{"user", 7}}, "\"name\""}},
                 "",
                 {}});
  return out;
}

std::vector<Row> BadInput::index_rows() {
  std::vector<Row> out;
  const auto files = object_of(to_body(files_of(ana, 20, unix_now(), {entry(1, "b.txt")})));
  const auto change = object_of(to_body(change_of(ana, 21, unix_now(), {entry(2, "c.txt")})));
  const auto none = object_of(to_body(files_of(nobody, 20, unix_now(), {entry(1, "b.txt")})));
  const auto early = object_of(to_body(files_of(ana, 20, unix_now() - 8000, {entry(1, "b")})));
  const auto old = object_of(to_body(files_of(ana, 5, unix_now(), {entry(1, "b.txt")})));
  const auto gap = object_of(to_body(change_of(ana, 99, unix_now(), {entry(2, "c.txt")})));
  const bj::array nameless{bj::object{{"content", to_text(content(1))}}};
  const bj::array no_content{bj::object{{"name", "a"}, {"content", "abc"}}};
  const bj::array many(limits::kIndexUpdate + 1, files.at("files").at(0));
  const std::vector<std::pair<std::string, std::string>> puts = {
      {"PUT", "/v1/index"}, {"POST", "/index"}, {"PUT", "/loadfiles"}};
  std::uint64_t sequence = 30;
  for (const auto& [method, path] : puts) {
    const auto good = files_of(ana, ++sequence, unix_now(), {entry(1, "b.txt")});
    out.push_back({method,
                   path,
                   200,
                   path,
                   object_of(to_body(good)),
                   {{403, path, with(files, "sequence", 22), "signature"},
                    {403, path, none, "no live lease"},
                    {400, path, early, "another time"},
                    {409, path, old, "sequence"},
                    {400, path, with(files, "files", nameless), "\"name\""},
                    {400, path, with(files, "files", no_content), "content"},
                    {400, path, with(files, "sequence", 0), "\"sequence\""},
                    {413, path, with(files, "files", many), "256"}},
                   "",
                   {429, path, old, ""}});
  }
  const auto next = change_of(ana, sequence + 1, unix_now(), {entry(2, "c.txt")});
  out.push_back({"PATCH",
                 "/v1/index",
                 200,
                 "/v1/index",
                 object_of(to_body(next)),
                 {{403, "/v1/index", with(change, "sequence", 22), "signature"},
                  {409, "/v1/index", gap, "sequence"},
                  {413, "/v1/index", with(change, "add", many), "256"}},
                 "",
                 {429, "/v1/index", gap, ""}});
  return out;
}

std::vector<Row> BadInput::short_rows() {
  std::vector<Row> out;
  for (const std::string index : {"/v1/index", "/index"}) {
    out.push_back({"GET",
                   index,
                   200,
                   index + "?peer=" + to_text(ana.id()),
                   {},
                   {{400, index + "?peer=x", {}, "peer id"},
                    {400, index + "?limit=201", {}, "limit"},
                    {400, index + "?cursor=-1", {}, "cursor"}},
                   "",
                   {429, index, {}, ""}});
  }
  for (const std::string search : {"/v1/search", "/search"}) {
    out.push_back({"GET",
                   search,
                   200,
                   search + "?name=a.txt",
                   {},
                   {{400, search, {}, "\"name\""},
                    {400, search + "?content=x", {}, "content"},
                    {400, search + "?q=" + std::string(1025, 'q'), {}, "1024"},
                    {400, search + "?q=a&asker=x", {}, "peer id"}},
                   "",
                   {429, search + "?q=a", {}, ""}});
  }
  out.push_back(
      {"GET", "/peers", 200, "/peers", {}, {{400, "/peers?limit=0", {}, "limit"}}, "", {}});
  return out;
}

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

}  // namespace
}  // namespace shoal::bootstrap
