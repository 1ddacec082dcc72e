// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/machine.h"

namespace shoal::sim {

void Fanout::on_delivery(Instant now, PeerRef from, PeerRef to, const Message& message,
                         Verdict verdict, const overlay::Effects& out) {
  for (Observer* const seer : observers_) seer->on_delivery(now, from, to, message, verdict, out);
}
void Fanout::on_given_back(Instant now, PeerRef from, PeerRef to, const Message& message) {
  for (Observer* const seer : observers_) seer->on_given_back(now, from, to, message);
}
void Fanout::on_lost(Instant now, PeerRef from, PeerRef to, const Message& message) {
  for (Observer* const seer : observers_) seer->on_lost(now, from, to, message);
}
void Fanout::on_lookup(Instant now, PeerRef at, const overlay::Lookup& lookup) {
  for (Observer* const seer : observers_) seer->on_lookup(now, at, lookup);
}
void Fanout::on_found(Instant now, PeerRef origin, const overlay::Found& found) {
  for (Observer* const seer : observers_) seer->on_found(now, origin, found);
}
void Fanout::on_finished(Instant now, PeerRef origin, const overlay::Finished& end) {
  for (Observer* const seer : observers_) seer->on_finished(now, origin, end);
}
void Fanout::on_link_wanted(Instant now, PeerRef at, const overlay::LinkWanted& link) {
  for (Observer* const seer : observers_) seer->on_link_wanted(now, at, link);
}
void Fanout::on_crash(Instant now, PeerRef peer) {
  for (Observer* const seer : observers_) seer->on_crash(now, peer);
}
void Fanout::on_restart(Instant now, PeerRef peer) {
  for (Observer* const seer : observers_) seer->on_restart(now, peer);
}
void Fanout::on_link_cut(Instant now, PeerRef first, PeerRef second) {
  for (Observer* const seer : observers_) seer->on_link_cut(now, first, second);
}
void Fanout::on_link_up(Instant now, PeerRef first, PeerRef second) {
  for (Observer* const seer : observers_) seer->on_link_up(now, first, second);
}
void Fanout::on_stall(Instant now, PeerRef from, PeerRef to, bool stalled) {
  for (Observer* const seer : observers_) seer->on_stall(now, from, to, stalled);
}
void Fanout::on_link_down(Instant now, PeerRef at, PeerRef of) {
  for (Observer* const seer : observers_) seer->on_link_down(now, at, of);
}

}  // namespace shoal::sim
