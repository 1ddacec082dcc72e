// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>

#include "transfer/host/disk/files.h"

namespace shoal::transfer {

/// Tells whether somebody else wrote to a file that this process has open (inotify(7)): whoever
/// closes a file that was open for writing is heard, and our own writes are not.
///
/// Not heard: who still has it open, and who cuts it by its name alone. One for a process, since
/// the kernel has few for a user and takes ten milliseconds to close one. Threads: any.
class WriteWatch {
 public:
  static WriteWatch& of_this_process();

  /// One open file, watched as long as it lives. It must go before the file is closed: that would
  /// be heard by others who watch the same one.
  class Ear {
   public:
    explicit Ear(const FileHandle& file) : watch_(of_this_process().add(file)) {}
    ~Ear() { of_this_process().remove(watch_); }
    Ear(const Ear&) = delete;
    Ear& operator=(const Ear&) = delete;
    /// Somebody wrote since the last call, or, at the first call, the kernel would not tell.
    bool heard() { return of_this_process().heard(watch_); }

   private:
    int watch_;
  };

 private:
  struct Spot {
    unsigned ears = 0;
    bool heard = false;
  };
  WriteWatch();
  int add(const FileHandle& file);
  void remove(int watch);
  bool heard(int& watch);
  void take();

  std::mutex mutex_;
  FileHandle kernel_;
  std::map<int, Spot> spots_;
};

}  // namespace shoal::transfer
