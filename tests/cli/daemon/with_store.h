// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "cli/daemon/state/state_store.h"
#include "tests/support/temp_folder.h"

namespace shoal::daemon {

/// A desk that keeps what it knows in the state database; open() is a restart of its process.
template <class Desk>
class WithStore : public testing::Test {
 protected:
  template <class... More>
  void open(const More&... more) {
    desk_.reset();
    store_.reset();
    store_ = std::move(*StateStore::open(folder_ / "state.db"));
    desk_ = std::move(*Desk::open(*store_, more...));
  }

  const tests::TempFolder folder_;
  std::unique_ptr<StateStore> store_;
  std::unique_ptr<Desk> desk_;
};

}  // namespace shoal::daemon
