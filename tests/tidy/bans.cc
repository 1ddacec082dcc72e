// SPDX-License-Identifier: Apache-2.0
#include "tests/tidy/bans.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string>

#include "tests/tidy/code.h"
#include "tests/tidy/layers.h"

namespace shoal::tidy {
namespace {

constexpr std::string_view kClock = "time is an argument";
constexpr std::string_view kDraw = "draws come from shoal::Rng: others differ between libraries";
constexpr std::string_view kThread = "a core runs on its owner's thread and never waits";
constexpr std::string_view kSilent = "a core does no I/O and does not log";
constexpr std::string_view kExecutor = "hosts own no threads, they are given executors";

constexpr std::array kBans = {
    Ban{Scope::kCore, "*_clock", kClock},
    Ban{Scope::kCore, "gettimeofday", kClock},
    Ban{Scope::kCore, "clock_gettime", kClock},
    Ban{Scope::kCore, "std::time", kClock},
    Ban{Scope::kDeterministic, "random_device", kDraw},
    Ban{Scope::kDeterministic, "mt19937*", kDraw},
    Ban{Scope::kDeterministic, "minstd_rand*", kDraw},
    Ban{Scope::kDeterministic, "default_random_engine", kDraw},
    Ban{Scope::kDeterministic, "*_distribution", kDraw},
    Ban{Scope::kDeterministic, "std::shuffle", kDraw},
    Ban{Scope::kDeterministic, "std::ranges::shuffle", kDraw},
    Ban{Scope::kDeterministic, "std::sample", kDraw},
    Ban{Scope::kDeterministic, "random_shuffle", kDraw},
    Ban{Scope::kDeterministic, "rand", kDraw},
    Ban{Scope::kDeterministic, "srand", kDraw},
    Ban{Scope::kDeterministic, "absl", "its tables have another order in every run"},
    Ban{Scope::kCore, "std::thread", kThread},
    Ban{Scope::kCore, "std::jthread", kThread},
    Ban{Scope::kCore, "std::async", kThread},
    Ban{Scope::kCore, "*mutex", kThread},
    Ban{Scope::kCore, "*_lock", kThread},
    Ban{Scope::kCore, "lock_guard", kThread},
    Ban{Scope::kCore, "condition_variable*", kThread},
    Ban{Scope::kCore, "thread_local", kThread},
    Ban{Scope::kCore, "sleep", kThread},
    Ban{Scope::kCore, "sleep_for", kThread},
    Ban{Scope::kCore, "sleep_until", kThread},
    Ban{Scope::kCore, "usleep", kThread},
    Ban{Scope::kCore, "nanosleep", kThread},
    Ban{Scope::kMachine, "spdlog", kSilent},
    Ban{Scope::kMachine, "std::cout", kSilent},
    Ban{Scope::kMachine, "std::cerr", kSilent},
    Ban{Scope::kMachine, "printf", kSilent},
    Ban{Scope::kMachine, "fprintf", kSilent},
    Ban{Scope::kMachine, "getenv", kSilent},
    Ban{Scope::kCore, "grpc::*", "gRPC belongs to proto/rpc and the hosts"},
    Ban{Scope::kCore, "boost::asio", "Asio belongs to the hosts"},
    Ban{Scope::kCore, "asio::*", "Asio belongs to the hosts"},
    Ban{Scope::kHost, "std::thread", kExecutor},
    Ban{Scope::kHost, "std::jthread", kExecutor},
    Ban{Scope::kHost, "std::async", kExecutor},
    Ban{Scope::kEverywhere, "gets", "no bound"},
    Ban{Scope::kEverywhere, "strcpy", "no bound"},
    Ban{Scope::kEverywhere, "sprintf", "no bound"},
    Ban{Scope::kEverywhere, "std::system", "no shell"},
    Ban{Scope::kEverywhere, "popen", "no shell"},
};

Purity purity_of(std::string_view path) {
  const Layer* layer = layer_of(path);
  return layer == nullptr ? Purity::kAny : layer->purity;
}

bool is_core(std::string_view path) { return purity_of(path) != Purity::kAny; }

bool is_deterministic(std::string_view path) {
  return is_core(path) || is_within(folder_of(path), "sim");
}

bool holds(Scope scope, std::string_view path) {
  const std::string_view folder = folder_of(path);
  if (is_within(folder, "tests")) return false;
  switch (scope) {
    case Scope::kMachine:
      return purity_of(path) == Purity::kMachine;
    case Scope::kCore:
      return is_core(path);
    case Scope::kDeterministic:
      return is_deterministic(path);
    case Scope::kHost:
      return is_within(folder, "overlay/host") || is_within(folder, "transfer/host");
    case Scope::kEverywhere:
      return true;
  }
  return true;
}

std::string_view after_blanks(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\n");
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

std::string_view word_at(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() &&
         (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) {
    ++end;
  }
  return text.substr(0, end);
}

// Adds the names of variables of unordered types that `code` declares.
void add_tables(std::string_view code, std::set<std::string, std::less<>>& tables) {
  for (auto at = code.find("unordered_"); at != std::string_view::npos;
       at = code.find("unordered_", at + 1)) {
    std::string_view rest = code.substr(at + word_at(code.substr(at)).size());
    if (!rest.starts_with('<')) continue;
    int depth = 0;
    std::size_t end = 0;
    do {
      depth += rest[end] == '<' ? 1 : rest[end] == '>' ? -1 : 0;
      ++end;
    } while (depth > 0 && end < rest.size());
    rest = after_blanks(rest.substr(end));
    while (rest.starts_with('&') || rest.starts_with('*')) rest = after_blanks(rest.substr(1));
    if (const auto name = word_at(rest); !name.empty()) tables.emplace(name);
  }
}

int line_at(std::string_view code, std::size_t at) {
  return 1 + static_cast<int>(std::count(code.begin(), code.begin() + static_cast<long>(at), '\n'));
}

void find_loops(const File& file, std::string_view code,
                const std::set<std::string, std::less<>>& tables, Violations& out) {
  const auto add = [&](std::size_t at, std::string_view name) {
    out.push_back({file.path, line_at(code, at),
                   "iterates over the hash table " + std::string(name) + ": its order varies"});
  };
  for (const auto& table : tables) {
    for (auto at = code.find(table); at != std::string_view::npos;
         at = code.find(table, at + table.size())) {
      const bool whole =
          word_at(code.substr(at)) == table && (at == 0 || (word_at(code.substr(at - 1)).empty()));
      if (!whole) continue;
      const auto before = code.find_last_not_of(" \t\n", at == 0 ? 0 : at - 1);
      const std::string_view after = code.substr(at + table.size());
      const bool range_for = before != std::string_view::npos && code[before] == ':' &&
                             before > 0 && code[before - 1] != ':' &&
                             after_blanks(after).starts_with(')');
      if (range_for || after.starts_with(".begin(") || after.starts_with(".cbegin("))
        add(at, table);
    }
  }
}

}  // namespace

std::span<const Ban> bans() { return kBans; }

Violations check_bans(const Tree& tree) {
  Violations out;
  for (const auto& file : tree) {
    if (!is_cpp(file.path)) continue;
    const auto names = names_of(strip_code(file.text));
    for (const auto& ban : kBans) {
      if (!holds(ban.scope, file.path)) continue;
      for (const auto& name : names) {
        if (!matches(name.text, ban.name)) continue;
        out.push_back(
            {file.path, name.line, name.text + " is banned here: " + std::string(ban.why)});
      }
    }
  }
  return out;
}

Violations check_iteration(const Tree& tree) {
  Violations out;
  for (const auto& file : tree) {
    if (!is_cpp(file.path) || !is_deterministic(file.path)) continue;
    const std::string code = strip_code(file.text);
    std::set<std::string, std::less<>> tables;
    add_tables(code, tables);
    if (file.path.ends_with(".cc")) {
      const std::string header = file.path.substr(0, file.path.size() - 2) + "h";
      const auto found = std::find_if(tree.begin(), tree.end(),
                                      [&](const File& other) { return other.path == header; });
      if (found != tree.end()) add_tables(strip_code(found->text), tables);
    }
    find_loops(file, code, tables, out);
  }
  return out;
}

}  // namespace shoal::tidy
