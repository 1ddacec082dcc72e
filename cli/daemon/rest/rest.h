// SPDX-License-Identifier: Apache-2.0
// What the REST resources work with, and how they join a router: one function per resource, each in
// a file of its own.
#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/daemon/guests/asker.h"
#include "proto/http/router.h"
#include "proto/types/ids.h"
#include "proto/types/result.h"

// Each resource includes what it works with: all together take seconds to compile.
namespace shoal::config {
struct Config;
}
namespace shoal::overlay {
class OverlayHost;
}
namespace shoal::transfer {
class FileSource;
class Library;
}  // namespace shoal::transfer
namespace shoal::bootstrap {
class DirectoryClient;
class IndexClient;
}  // namespace shoal::bootstrap

namespace shoal::daemon {

class BrokerDesk;
class CardDesk;
class FirstContact;
class FriendDesk;
class FriendRates;
class InboxDesk;
class IndexDesk;
class OverlayDesk;
class SearchTable;
class TokenDesk;
class TransferDesk;

/// Outlives the servers whose routes use it.
struct RestContext {
  const config::Config& config;
  CardDesk& card;
  overlay::OverlayHost& overlay;
  FriendDesk& friends;
  FriendRates& rates;
  FirstContact& contacts;
  transfer::Library& library;
  SearchTable& searches;
  OverlayDesk& overlays;
  TransferDesk& transfers;
  transfer::FileSource& files;  ///< what is served to others, and to the owner's own programs
  InboxDesk& inbox;
  TokenDesk& tokens;
  GuestDesk& guests;
  bootstrap::DirectoryClient* directory;  ///< null: none
  bootstrap::IndexClient* index_client;   ///< likewise
  IndexDesk* index;                       ///< likewise
  BrokerDesk* broker;                     ///< likewise
  std::string version;
  std::string listen;  ///< host:port of the public port
  std::string socket;
  std::function<std::string()> rest;  ///< URL of the REST server on TCP; empty while there is none
  std::function<void()> shares_changed;  ///< a share came or went
  std::function<void()> shut_down;
  std::function<bool()> stopping;
  std::chrono::steady_clock::time_point started;
  /// Who asks holds a token for the public port, and is not the owner.
  bool for_guests = false;

  [[nodiscard]] Asker asker(const http::Request& request) const;
};

void add_status_routes(http::Router& router, const RestContext& context);
/// Also served, alone, on the public port.
void add_peer_routes(http::Router& router, CardDesk& card);
void add_friend_routes(http::Router& router, const RestContext& context);
void add_share_routes(http::Router& router, const RestContext& context);
void add_search_routes(http::Router& router, const RestContext& context);
void add_overlay_routes(http::Router& router, const RestContext& context);
/// Downloads are begun and looked at; changed by add_transfer_changes.
void add_transfer_routes(http::Router& router, const RestContext& context);
void add_transfer_changes(http::Router& router, const RestContext& context);
void add_file_routes(http::Router& router, const RestContext& context);
void add_folder_routes(http::Router& router, const RestContext& context);
void add_link_routes(http::Router& router, const RestContext& context);
void add_inbox_routes(http::Router& router, const RestContext& context);
void add_put_routes(http::Router& router, const RestContext& context);
void add_upload_routes(http::Router& router, const RestContext& context);
void add_directory_routes(http::Router& router, const RestContext& context);
void add_token_routes(http::Router& router, const RestContext& context);
/// The short routes of replaced systems; requires searches, transfers and uploads in `router`.
void add_short_routes(http::Router& router, const RestContext& context);
/// GET /v1/openapi.json, of all routes that are in `router`; so it comes last. Errors:
/// kInvalidArgument, naming a route that openapi/*.json does not describe.
Result<void> add_api(http::Router& router, const RestContext& context);
/// The texts of openapi/*.json, and of its short.json, put in by the build.
std::vector<std::string_view> api_texts();
std::vector<std::string_view> short_texts();

// ---- small parts ----

/// 200 with an object.
http::Response json_answer(const boost::json::object& object, int status = 200);
/// {schema, items}.
http::Response list_answer(std::string_view schema, boost::json::array items);
/// A kind of things that have numbers.
struct Numbered {
  std::string_view prefix;  ///< before the number
  std::string_view one;     ///< "a transfer"
  std::string_view verb;    ///< lists them
};
/// The number in "/{id}". Errors: kInvalidArgument.
Result<std::uint64_t> number_in(const http::Request& request, const Numbered& kind);
/// The body of a request. Errors: kInvalidArgument (no JSON object).
Result<boost::json::value> body_of(const http::Request& request);

}  // namespace shoal::daemon
