// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <amqp.h>

#include <chrono>
#include <string>

namespace shoal::broker {

/// A program of a replaced system, by librabbitmq alone: it declares the queue busqueda_archivos
/// plainly, puts its queries there and reads its own reply queue, and nothing else.
class OldProgram {
 public:
  /// Connects as the broker's first user, and declares. What went wrong is in trouble().
  explicit OldProgram(const std::string& url);
  ~OldProgram();
  OldProgram(const OldProgram&) = delete;
  OldProgram& operator=(const OldProgram&) = delete;

  /// Takes the queue away, as if nobody had ever declared it.
  static void forget_queue(const std::string& url);

  /// What the broker refused, in its words; empty: nothing.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  void ask(const std::string& correlation, const std::string& body);
  /// The next answer as "correlation:body"; empty when none comes within `time`.
  std::string answer(std::chrono::milliseconds time = std::chrono::seconds(30));

 private:
  bool connect(const std::string& url);
  bool went_well();

  amqp_connection_state_t state_;
  std::string replies_;
  std::string trouble_;
};

}  // namespace shoal::broker
