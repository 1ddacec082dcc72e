// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/put/put_words.h"

#include <utility>

namespace shoal::transfer {

Error no_longer() {
  return {Errc::kDenied, "the inbox does not take files of yours", "only friends may put files",
          "ask its owner to add you"};
}

Error rejected() {
  return {Errc::kDenied, "the inbox does not take the file", "its owner rejected it", {}};
}

Error malformed(std::string why) {
  return {Errc::kInvalidArgument, "cannot take the file", std::move(why), {}};
}

Error for_friend(Error error) {
  switch (error.code) {
    case Errc::kInvalidArgument:
    case Errc::kIntegrity:
    case Errc::kTooLarge:    // a quota,
    case Errc::kOverloaded:  // or as many files as may wait
      return error;
    case Errc::kNoSpace:
      return {Errc::kNoSpace, "the inbox cannot keep the file",
              "there is too little room left on its disk",
              "what is there stays: it goes on with room"};
    default:
      return {error.code, "the inbox cannot keep the file", error.why, {}};
  }
}

::shoal::v1::PutFate on_wire(Fate fate) {
  switch (fate) {
    case Fate::kWaiting:
      return ::shoal::v1::PUT_FATE_WAITING;
    case Fate::kShared:
      return ::shoal::v1::PUT_FATE_SHARED;
    case Fate::kHere:
      return ::shoal::v1::PUT_FATE_HERE;
  }
  return ::shoal::v1::PUT_FATE_UNSPECIFIED;
}

}  // namespace shoal::transfer
