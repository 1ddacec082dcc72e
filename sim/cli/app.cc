// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/app.h"

#include <exception>
#include <new>
#include <ostream>

#include "proto/yaml/nearest.h"
#include "sim/cli/verbs.h"

namespace shoal::sim::cli {
namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;

// Overlays give the cause alone: what to do about it depends on who drives them.
Error advised(Error error) {
  if (error.next.empty() && error.code == Errc::kNotConnected) {
    error.next = "workload.source chooses who searches, workload.start when";
  }
  return error;
}

int print_and_code(const World& world, const Error& unadvised) {
  const Error error = advised(unadvised);
  world.err << "shoal-sim: " << line_of(error) << "\n";
  // Whatever keeps a run from beginning is bad input; what breaks it later is a failure.
  return error.code == Errc::kInternal || error.code == Errc::kIo ? kFailed : kUsage;
}

int unknown_verb(const World& world, const std::string& word) {
  std::vector<std::string> names;
  for (const Verb& verb : verbs()) names.emplace_back(verb.name);
  const std::string near = yaml::nearest(word, names);
  return print_and_code(
      world, {Errc::kInvalidArgument,
              "there is no verb " + word.substr(0, 40),
              {},
              near.empty() ? "`shoal-sim help` lists them" : "did you mean " + near + "?"});
}

}  // namespace

std::string line_of(const Error& error) {
  std::string line = error.what;
  if (!error.why.empty()) line += ": " + error.why;
  if (!error.next.empty()) line += " (" + error.next + ")";
  for (char& c : line) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return line;
}

int run(World& world, const std::vector<std::string>& words) {
  if (words.empty()) {
    world.err << overview();
    return kUsage;
  }
  std::string name = words.front();
  if (name == "--help" || name == "-h") name = "help";
  if (name == "--version") name = "version";
  const Verb* const verb = find_verb(name);
  if (verb == nullptr) return unknown_verb(world, name);
  const std::vector<std::string> rest(words.begin() + 1, words.end());
  for (const std::string& word : rest) {
    if (word == "--help" || word == "-h") {
      world.out << page_of(*verb);
      return 0;
    }
  }
  const auto arguments = Arguments::parse(rest, verb->options);
  if (!arguments) return print_and_code(world, arguments.error());
  try {
    const auto code = verb->run(world, *arguments);
    world.out.flush();
    if (!code) return print_and_code(world, code.error());
    if (world.out) return *code;
    return print_and_code(world,
                          {Errc::kIo, "cannot write the results", "stdout takes no more", {}});
  } catch (const std::bad_alloc&) {
    return print_and_code(world, {Errc::kNoSpace, "the memory did not suffice", {}, {}});
  } catch (const std::exception& error) {
    return print_and_code(world, {Errc::kInternal, "shoal-sim failed", error.what(), {}});
  }
}

}  // namespace shoal::sim::cli
