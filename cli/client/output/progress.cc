// SPDX-License-Identifier: Apache-2.0
#include "cli/client/output/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "cli/client/context/text.h"

namespace shoal::client {
namespace {

constexpr std::size_t kBarColumns = 24;  // without its brackets
constexpr std::size_t kBarColumnsMin = 8;
constexpr std::chrono::milliseconds kRedraw{100};
constexpr std::chrono::seconds kPlainPause{10};
constexpr std::chrono::milliseconds kRateWindow{400};

ProgressKind resolve(const Context& context, const World& world) {
  const auto& globals = context.globals();
  if (globals.progress != ProgressKind::kAuto) return globals.progress;
  if (globals.quiet) return ProgressKind::kNone;
  const bool dumb = world.env("TERM").value_or("dumb") == "dumb";
  return world.err_is_tty && !dumb ? ProgressKind::kTty : ProgressKind::kPlain;
}

}  // namespace

bool wants_ascii(Context& context) {
  if (context.globals().ascii) return true;
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const auto value = context.world().env(name);
    if (!value || value->empty()) continue;
    return value->find("UTF-8") == std::string::npos && value->find("utf8") == std::string::npos;
  }
  return true;
}

Progress::Progress(Context& context)
    : context_(context), kind_(resolve(context, context.world())) {}

Progress::~Progress() { clear(); }

void Progress::measure(std::uint64_t done, Clock::time_point now) {
  if (!started_) {
    started_ = true;
    last_done_ = done;
    last_time_ = now;
    shown_ = now;
    return;
  }
  const auto passed = now - last_time_;
  if (passed < kRateWindow) return;
  const double seconds = std::chrono::duration<double>(passed).count();
  const double fresh = static_cast<double>(done - std::min(done, last_done_)) / seconds;
  rate_ = rate_ == 0 ? fresh : 0.6 * rate_ + 0.4 * fresh;
  last_done_ = done;
  last_time_ = now;
}

std::string Progress::bar(std::uint64_t done, std::uint64_t total, std::size_t columns) const {
  const bool ascii = wants_ascii(context_);
  const std::size_t full = total == 0 ? 0 : static_cast<std::size_t>(done * columns / total);
  std::string out = "[";
  for (std::size_t at = 0; at < columns; ++at) {
    out += at < full ? (ascii ? "=" : "█") : (ascii ? " " : "░");
  }
  return out + "]";
}

// The bar gives way before a figure would lose digits.
std::string Progress::drawn(std::uint64_t done, std::uint64_t total,
                            std::string_view remark) const {
  const std::string text = line(done, total, remark);
  const std::size_t columns = context_.world().columns - 1;
  const std::size_t taken = width(text) + 3;  // the brackets and a blank
  if (taken + kBarColumnsMin > columns) return fit(text, columns);
  return bar(done, total, std::min(kBarColumns, columns - taken)) + " " + text;
}

std::string Progress::line(std::uint64_t done, std::uint64_t total, std::string_view remark) const {
  std::string out;
  if (total > 0) {
    out = fmt::format("{}%  {} of {}", std::min(done, total) * 100 / total, human_bytes(done),
                      human_bytes(total));
  } else if (done > 0) {
    out = human_bytes(done);
  }
  if (rate_ > 0) {
    out += fmt::format("  {}/s", human_bytes(static_cast<std::uint64_t>(rate_)));
    if (total > done) {
      const double left = static_cast<double>(total - done) / rate_;
      out += fmt::format("  eta {}", human_time(static_cast<std::int64_t>(left * 1000)));
    }
  }
  if (!remark.empty()) out += (out.empty() ? "" : "  ") + clean(remark);
  return out;
}

void Progress::show(std::uint64_t done, std::uint64_t total, std::string_view remark,
                    const boost::json::object& event, Clock::time_point now) {
  const bool first = !started_;
  measure(done, now);
  std::ostream& err = *context_.world().err;
  switch (kind_) {
    case ProgressKind::kJson:
      err << escape_in_json(boost::json::serialize(event)) << '\n' << std::flush;
      return;
    case ProgressKind::kTty:
      if (!first && now - shown_ < kRedraw) return;
      shown_ = now;
      drawn_ = true;
      err << "\r\x1b[K" << drawn(done, total, remark) << std::flush;
      return;
    case ProgressKind::kPlain:
      if (now - shown_ < kPlainPause) return;
      shown_ = now;
      err << line(done, total, remark) << '\n' << std::flush;
      return;
    case ProgressKind::kAuto:
    case ProgressKind::kNone:
      return;
  }
}

void Progress::clear() {
  if (!drawn_) return;
  *context_.world().err << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

}  // namespace shoal::client
