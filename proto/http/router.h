// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "proto/http/body_reader.h"
#include "proto/http/message.h"
#include "proto/http/stream_writer.h"
#include "proto/types/limits.h"

namespace shoal::http {

/// Answers a request of the small lane on a worker thread. Errors become problem+json. May block
/// for a short time; an exception becomes a 500.
using Handler = std::function<Result<Response>(const Request&)>;

/// Answers a request of the streaming lane on a thread of its own.
///
/// Returns when it is done or soon (100 ms) after `writer.closed()`: stop() waits for it. An error
/// before the first line becomes problem+json; after it, a last line shoal/error/1.
using StreamHandler = std::function<Result<void>(const Request&, StreamWriter& writer)>;

/// Answers a request whose body is read as it comes, on a thread of the streaming lane.
///
/// The body has a Content-Length of at most RouteOptions::body_max and the content type
/// application/octet-stream; the connection ends with the answer, whether all was read or not.
using UploadHandler = std::function<Result<Response>(const Request&, BodyReader& body)>;

struct RouteOptions {
  std::size_t body_max = limits::kHttpBody;  ///< bytes; a longer one: 413
  bool open = false;                         ///< true: answered without a token
  /// A stream whose answer is a content (StreamWriter::open_content): its handler sees Range, and
  /// HEAD as such. Without it ranges are refused with 416, and HEAD of a stream with 405.
  bool content = false;
  /// Its handler computes for long, so it runs on ServerOptions::heavy, where a request waits for
  /// its turn or, when too many do, gets 429.
  bool heavy = false;
  /// GET's 200 gets an ETag of its bytes, and 304 who has them (If-None-Match).
  bool etag = false;
};

struct Route {
  std::string method;
  std::vector<std::string> segments;  ///< of the pattern; "{name}" stands for any one segment
  std::variant<Handler, StreamHandler, UploadHandler> handler;
  RouteOptions options;

  /// "/v1/searches/{id}/events".
  [[nodiscard]] std::string pattern() const;
};

/// Exact routes: "/v1/peers", and segments by name: "/v1/searches/{id}/events". No expressions.
/// An exact segment wins over a {name}. HEAD is answered by the GET route.
///
/// Filled before it is handed to a server and not changed after, so any thread may read it.
class Router {
 public:
  /// Requires a pattern that starts with '/' and is not there yet for that method.
  Router& add(std::string_view method, std::string_view pattern, Handler handler,
              RouteOptions options = {});
  Router& add_stream(std::string_view method, std::string_view pattern, StreamHandler handler,
                     RouteOptions options = {});
  Router& add_upload(std::string_view method, std::string_view pattern, UploadHandler handler,
                     RouteOptions options);

  struct Match {
    const Route* route = nullptr;
    Request::Pairs params;      ///< decoded
    std::string other_methods;  ///< without a route: "GET, PUT" when the path is known
  };
  /// `path` as it was sent, percent-encoded and without the query.
  [[nodiscard]] Match match(std::string_view method, std::string_view path) const;

  /// All of them, the most exact first.
  [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

 private:
  Router& insert(std::string_view method, std::string_view pattern,
                 std::variant<Handler, StreamHandler, UploadHandler> handler, RouteOptions options);

  std::vector<Route> routes_;
};

}  // namespace shoal::http
