// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "cli/client/context/fields.h"
#include "cli/client/context/globals.h"
#include "cli/client/context/places.h"
#include "cli/client/context/verb.h"
#include "cli/client/context/world.h"
#include "proto/http/rest_client.h"
#include "proto/types/result.h"

namespace shoal::client {

/// How results are written.
enum class Format : std::uint8_t { kTable, kTsv, kJson, kIds };

/// What a verb works with: its arguments, where the daemon is, where results go.
class Context {
 public:
  Context(World& world, Globals globals, Arguments arguments);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  [[nodiscard]] const Arguments& args() const { return arguments_; }
  [[nodiscard]] const Globals& globals() const { return globals_; }
  [[nodiscard]] World& world() { return world_; }
  [[nodiscard]] Format format() const;

  /// Files and folders of this user. Errors: kConfig (the file cannot be used).
  Result<config::Places> places();

  /// The daemon's REST. Errors: as places(), kInvalidArgument (--socket).
  Result<http::RestClient> daemon(std::chrono::milliseconds answer_time = {});

  /// One call; the body read as a JSON object ({} when the answer is empty).
  Result<boost::json::object> call(std::string_view method, const std::string& path,
                                   const boost::json::object& body = {});

  using OnObject = std::function<Result<void>(const boost::json::object&)>;
  /// Each line of a stream as an object; an error of `on_object` ends it.
  Result<void> stream(std::string_view method, const std::string& path,
                      const boost::json::object& body, const OnObject& on_object);

  /// What --json names, held against all that is shown.
  [[nodiscard]] FieldsAsked& fields() { return fields_; }

  /// True after Ctrl-C (or --timeout).
  void outlive_reader() const {
    if (world_.outlive_reader) world_.outlive_reader();
  }
  [[nodiscard]] bool stopped() const { return world_.stop->load(); }
  /// Forgets a Ctrl-C, for the calls that tidy up after it.
  void resume() { world_.stop->store(false); }
  [[nodiscard]] bool timed_out() const;

  /// A result, as it is: a line on stdout.
  void print(std::string_view line);
  /// A remark: a line on stderr; not with -q.
  void note(std::string_view line);

  /// Whether to colour stdout.
  [[nodiscard]] bool colored() const;
  enum class Tone : std::uint8_t { kBold, kDim, kGood, kBad };
  [[nodiscard]] std::string paint(Tone tone, std::string_view text) const;

 private:
  class Alarm;
  Error explain(Error error) const;
  [[nodiscard]] std::string token(const config::Places& places) const;
  Error unanswered(const http::RestClient& rest, Error error) const;

  World& world_;
  Globals globals_;
  Arguments arguments_;
  FieldsAsked fields_;
  std::unique_ptr<Alarm> alarm_;
};

/// Whether text written to `tty` shall be coloured.
bool use_color(const World& world, When when, bool tty);

/// Writes what, why and what to try on three lines, or shoal/error/1 with --json.
void print_error(const World& world, const Globals& globals, const Error& error);

}  // namespace shoal::client
