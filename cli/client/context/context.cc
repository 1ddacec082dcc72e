// SPDX-License-Identifier: Apache-2.0
#include "cli/client/context/context.h"

#include <fmt/format.h>

#include <condition_variable>
#include <fstream>
#include <mutex>
#include <ostream>
#include <thread>
#include <utility>

#include "cli/client/context/text.h"
#include "proto/json/problem.h"
#include "proto/json/reader.h"

namespace shoal::client {

namespace bj = boost::json;

// Turns the stop flag on when --timeout is over.
class Context::Alarm {
 public:
  Alarm(std::chrono::milliseconds time, std::atomic<bool>& stop)
      : thread_([this, time, &stop](const std::stop_token& over) {
          std::unique_lock lock(mutex_);
          if (changed_.wait_for(lock, over, time, [] { return false; })) return;
          if (over.stop_requested()) return;
          rang = true;
          stop = true;
        }) {}
  std::atomic<bool> rang = false;

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread thread_;  // last: it uses the others
};

Context::Context(World& world, Globals globals, Arguments arguments)
    : world_(world),
      globals_(std::move(globals)),
      arguments_(std::move(arguments)),
      fields_(globals_.json_fields) {
  if (globals_.timeout.count() > 0) {
    alarm_ = std::make_unique<Alarm>(globals_.timeout, *world_.stop);
  }
}

Context::~Context() = default;

Format Context::format() const {
  if (globals_.json) return Format::kJson;
  if (globals_.quiet) return Format::kIds;
  return world_.out_is_tty ? Format::kTable : Format::kTsv;
}

Result<config::Places> Context::places() { return find_places(world_, globals_); }

bool Context::timed_out() const { return alarm_ && alarm_->rang; }

// The Unix socket needs none: there the kernel says who calls.
std::string Context::token(const config::Places& places) const {
  if (const auto given = world_.env("SHOAL_TOKEN"); given && !given->empty()) return *given;
  std::ifstream file(places.token_file());
  std::string line;
  std::getline(file, line);
  return line;
}

Result<http::RestClient> Context::daemon(std::chrono::milliseconds answer_time) {
  const auto places = this->places();
  if (!places) return tl::unexpected(places.error());
  auto target = http::Target::parse(places->daemon);
  if (!target) return tl::unexpected(target.error());
  http::ClientOptions options;
  options.cancel = world_.stop;
  if (answer_time.count() > 0) options.answer_time = answer_time;
  if (target->socket_path.empty()) options.token = token(*places);
  return http::RestClient(std::move(*target), std::move(options));
}

// Says what a failed call means here.
Error Context::explain(Error error) const {
  if (error.code == Errc::kCancelled && timed_out()) {
    return {Errc::kTimeout, "the daemon did not finish in time",
            fmt::format("--timeout was {}", human_time(globals_.timeout.count())),
            "give it more, or leave --timeout out"};
  }
  return error;
}

// The error of a call that no answer came to.
Error Context::unanswered(const http::RestClient& rest, Error error) const {
  if (error.code == Errc::kUnreachable) {
    return {error.code, "no daemon answers at " + rest.target().to_text(), error.why,
            "shoal up starts it; --home or --socket says where another one is"};
  }
  return explain(std::move(error));
}

Result<bj::object> Context::call(std::string_view method, const std::string& path,
                                 const bj::object& body) {
  const auto rest = daemon();
  if (!rest) return tl::unexpected(rest.error());
  auto answer = rest->send(method, path, body.empty() ? std::string() : bj::serialize(body));
  if (!answer) return tl::unexpected(unanswered(*rest, std::move(answer.error())));
  if (answer->status < 200 || answer->status > 299) {
    auto error = json::error_from_problem(answer->status, answer->body);
    if (error.code == Errc::kUnauthenticated) {
      error.next =
          "--home of that daemon gives its token (rest.token in its state folder), or SHOAL_TOKEN";
    }
    return tl::unexpected(std::move(error));
  }
  if (answer->body.empty()) return bj::object();
  auto value = json::parse(answer->body);
  if (!value || !value->is_object()) {
    return fail(Errc::kIntegrity, "the daemon's answer is not understood",
                value ? "it is no JSON object" : value.error().why,
                "is it another program? see --socket");
  }
  return std::move(value->get_object());
}

Result<void> Context::stream(std::string_view method, const std::string& path,
                             const bj::object& body, const OnObject& on_object) {
  const auto rest = daemon();
  if (!rest) return tl::unexpected(rest.error());
  Result<void> outcome;
  const auto sent = rest->stream(
      method, path, body.empty() ? std::string() : bj::serialize(body), [&](std::string_view line) {
        if (line.empty()) return true;
        const auto value = json::parse(line);
        if (!value || !value->is_object()) {
          outcome = fail(Errc::kIntegrity, "a line from the daemon is not understood");
          return false;
        }
        outcome = on_object(value->get_object());
        return outcome.has_value();
      });
  if (!outcome) return outcome;
  if (sent) return {};
  if (sent.error().code == Errc::kUnreachable) {  // the daemon, or what it asked?
    const auto alive = rest->send("GET", "/v1/status");
    if (!alive) return tl::unexpected(unanswered(*rest, alive.error()));
  }
  return tl::unexpected(explain(sent.error()));
}

void Context::print(std::string_view line) { *world_.out << line << '\n' << std::flush; }

void Context::note(std::string_view line) {
  if (globals_.quiet) return;
  *world_.err << line << '\n' << std::flush;
}

bool use_color(const World& world, When when, bool tty) {
  const auto given = [&](const char* name) {
    const auto value = world.env(name);
    return value && !value->empty() && *value != "0";
  };
  if (when != When::kAuto) return when == When::kAlways;
  if (const auto no = world.env("NO_COLOR"); no && !no->empty()) return false;
  if (given("CLICOLOR_FORCE")) return true;
  return tty && world.env("TERM").value_or("dumb") != "dumb";
}

bool Context::colored() const {
  return use_color(world_, globals_.color, world_.out_is_tty) && !globals_.json;
}

std::string Context::paint(Tone tone, std::string_view text) const {
  if (!colored()) return std::string(text);
  const char* code = tone == Tone::kBold   ? "1"
                     : tone == Tone::kDim  ? "2"
                     : tone == Tone::kGood ? "32"
                                           : "31";
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

void print_error(const World& world, const Globals& globals, const Error& error) {
  if (globals.json) {
    *world.err << escape_in_json(bj::serialize(json::to_json(error))) << '\n' << std::flush;
    return;
  }
  const bool color = use_color(world, globals.color, world.err_is_tty);
  const auto line = [&](std::string_view label, const std::string& text) {
    if (!text.empty()) *world.err << label << clean(text) << '\n';
  };
  line(color ? "\x1b[31mshoal:\x1b[0m " : "shoal: ", error.what);
  line("  why:  ", error.why);
  line("  next: ", error.next);
  *world.err << std::flush;
}

}  // namespace shoal::client
