// SPDX-License-Identifier: Apache-2.0
#include "cli/client/files/session_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "cli/client/files/new_config.h"
#include "proto/json/reader.h"

namespace shoal::client {
namespace {

constexpr std::string_view kSchema = "shoal/directory.login/1";
constexpr std::size_t kBytesMax = 16 * 1024;

tl::unexpected<Error> failed(const std::string& what, const std::string& file, int error) {
  return fail(error == ENOSPC ? Errc::kNoSpace : Errc::kIo, what + " " + file,
              std::generic_category().message(error), "choose another place with --home");
}

}  // namespace

Result<std::optional<KeptSession>> read_session(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0 && errno == ENOENT) return std::optional<KeptSession>();
  if (fd < 0) return failed("cannot read", file, errno);
  struct stat status {};
  const bool known = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
  std::string text(kBytesMax, '\0');
  const ssize_t count = known ? ::read(fd, text.data(), text.size()) : -1;
  ::close(fd);
  if (count < 0) return failed("cannot read", file, known ? errno : EINVAL);
  if ((status.st_mode & 0077U) != 0) {
    return fail(Errc::kDenied, "the login in " + file + " is not used", "other users can read it",
                "remove it, and log in again");
  }
  text.resize(static_cast<std::size_t>(count));
  const auto value = json::parse(text);
  if (!value) return std::optional<KeptSession>();
  KeptSession session;
  json::ObjectReader in(*value, "the login");
  in.schema(kSchema).required("url", session.url).required("user", session.user);
  in.required("token", session.token).required("expires_at", session.expires_at).ignore_others();
  if (!in.finish()) return std::optional<KeptSession>();
  return session;
}

Result<void> write_session(const std::string& file, const KeptSession& session) {
  const std::string draft = file + ".new";
  ::unlink(draft.c_str());
  const std::string text =
      boost::json::serialize(boost::json::object{{"schema", kSchema},
                                                 {"url", session.url},
                                                 {"user", session.user},
                                                 {"token", session.token},
                                                 {"expires_at", session.expires_at}}) +
      "\n";
  if (auto written = write_new(draft, text); !written) return written;
  if (::rename(draft.c_str(), file.c_str()) == 0) return {};
  const int error = errno;
  ::unlink(draft.c_str());
  return failed("cannot write", file, error);
}

Result<void> remove_session(const std::string& file) {
  if (::unlink(file.c_str()) == 0 || errno == ENOENT) return {};
  return failed("cannot remove", file, errno);
}

}  // namespace shoal::client
