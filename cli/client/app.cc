// SPDX-License-Identifier: Apache-2.0
#include "cli/client/app.h"

#include <csignal>
#include <exception>
#include <optional>
#include <ostream>

#include "cli/client/command_line.h"
#include "cli/client/context/context.h"
#include "cli/client/help.h"
#include "cli/client/programs/launch.h"

namespace shoal::client {
namespace {

using Words = std::vector<std::string>;

int print_and_code(const World& world, const Globals& globals, const Error& error) {
  print_error(world, globals, error);
  return info(error.code).exit_code;
}

// The program that takes all further words: `shoal daemon ...`, and `shoal foo` for a shoal-foo.
std::optional<std::pair<std::string, Words>> other_program(const World& world,
                                                           const Words& arguments) {
  const auto rest = [&](std::size_t from) {
    return Words(arguments.begin() + static_cast<long>(from), arguments.end());
  };
  if (arguments.empty() || arguments[0].starts_with('-')) return std::nullopt;
  if (arguments[0] == "daemon") return std::pair{"shoald", rest(1)};
  if (arguments[0] == "sim") return std::pair{"shoal-sim", rest(1)};
  if (arguments[0] == "directory" && arguments.size() > 1 && arguments[1] == "serve") {
    return std::pair{"shoal-directory", rest(2)};
  }
  const bool plain = arguments[0].find('/') == std::string::npos;
  if (plain && find_verb(arguments[0]) == nullptr && find_program(world, "shoal-" + arguments[0])) {
    return std::pair{"shoal-" + arguments[0], rest(1)};
  }
  return std::nullopt;
}

int run_verb(World& world, CommandLine line) {
  const Globals globals = line.globals;
  Context context(world, std::move(line.globals), std::move(line.arguments));
  if (globals.version) line.verb = find_verb("version");
  if (line.verb == nullptr || globals.help) {
    *world.out << (line.verb == nullptr ? overview(context) : page_of(context, *line.verb));
    return line.verb == nullptr && !globals.help ? info(Errc::kInvalidArgument).exit_code : 0;
  }
  const auto code = line.verb->run(context);
  if (!code) return print_and_code(world, globals, code.error());
  if (*code == 0 && !context.stopped()) {
    const auto known = context.fields().all_there();
    if (!known) return print_and_code(world, globals, known.error());
  }
  return *code;
}

}  // namespace

int run(World& world, const std::vector<std::string>& arguments) {
  Globals plain;
  plain.json = asks_for_json(arguments);
  try {
    if (const auto other = other_program(world, arguments)) {
      return print_and_code(world, plain, become(world, other->first, other->second));
    }
    auto line = parse_command_line(arguments);
    if (!line) return print_and_code(world, plain, line.error());
    const int code = run_verb(world, std::move(*line));
    world.out->flush();
    if (!*world.out && world.reader_left && world.reader_left()) return 128 + SIGPIPE;
    if (!*world.out) {
      return print_and_code(world, plain,
                            {Errc::kIo, "cannot write the results", "stdout takes no more", {}});
    }
    return code;
  } catch (const std::exception& error) {
    return print_and_code(world, plain, {Errc::kInternal, "shoal failed", error.what(), {}});
  }
}

}  // namespace shoal::client
