// SPDX-License-Identifier: Apache-2.0
// A route without a row here fails the test.
#include "proto/types/limits_index.h"
#include "tests/wire/bootstrap/bad_input.h"

namespace shoal::bootstrap {

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

}  // namespace shoal::bootstrap
