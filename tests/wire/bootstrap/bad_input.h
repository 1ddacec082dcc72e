// SPDX-License-Identifier: Apache-2.0
// Every route of the directory with good and bad requests to it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <string>
#include <vector>

#include "tests/bootstrap/http/index_requests.h"
#include "tests/support/temp_folder.h"
#include "tests/wire/bootstrap/accounts.h"
#include "tests/wire/bootstrap/asked.h"
#include "tests/wire/bootstrap/program.h"

namespace shoal::bootstrap {

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

inline bj::object object_of(const std::string& text) { return bj::parse(text).as_object(); }

inline bj::object without(bj::object body, const std::string& member) {
  body.erase(member);
  return body;
}

inline bj::object with(bj::object body, const std::string& member, const bj::value& value) {
  body[member] = value;
  return body;
}

/// Ana has a lease and files and is logged in, and so is Luis, whom she may not touch.
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

}  // namespace shoal::bootstrap
