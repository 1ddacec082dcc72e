// SPDX-License-Identifier: Apache-2.0
#include "cli/client/password.h"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <string_view>

#include "proto/types/limits_accounts.h"

namespace shoal::client {
namespace {

// Hides what is typed for as long as it lives.
class Silence {
 public:
  explicit Silence(int terminal) : terminal_(terminal) {
    if (::tcgetattr(terminal, &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    quiet.c_lflag |= ICANON | ISIG | ECHONL;
    changed_ = ::tcsetattr(terminal, TCSAFLUSH, &quiet) == 0;
  }
  ~Silence() {
    if (changed_) ::tcsetattr(terminal_, TCSAFLUSH, &before_);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  int terminal_;
  termios before_{};
  bool changed_ = false;
};

void say(int out, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(out, text.data(), text.size());
    if (wrote <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

tl::unexpected<Error> no_password(std::string why) {
  return fail(Errc::kInvalidArgument, "there is no password", std::move(why),
              "type it, or give it on stdin: shoal directory login ana < password.txt");
}

Result<std::string> read_line(int in, const std::atomic<bool>& stop) {
  constexpr int kLookMs = 100;  // a Ctrl-C may come between a look at `stop` and the wait
  std::string line;
  while (!stop) {
    pollfd ready{in, POLLIN, 0};
    if (::poll(&ready, 1, kLookMs) <= 0) continue;
    char byte = 0;  // one at a time: what follows the line is not ours
    const ssize_t count = ::read(in, &byte, 1);
    if (count < 0) continue;
    if (count == 0 || byte == '\n') {
      if (line.ends_with('\r')) line.pop_back();
      return line.empty() ? no_password("stdin gave none") : Result<std::string>(line);
    }
    line.push_back(byte);
    if (line.size() > limits::kPasswordMax) return no_password("it is too long");
  }
  return fail(Errc::kCancelled, "no password was given", "interrupted");
}

}  // namespace

Result<std::string> read_password(int in, int out, const std::string& prompt,
                                  const std::atomic<bool>& stop) {
  if (::isatty(in) != 1) return read_line(in, stop);
  const Silence silence(in);
  say(out, prompt);
  auto line = read_line(in, stop);
  if (!line) say(out, "\n");
  return line;
}

}  // namespace shoal::client
