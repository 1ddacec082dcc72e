#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Kills a downloading peer with -9 at drawn moments, 1,000 times or as often as is said.
#   tests/wire/daemon/kills.sh [TIMES] [SEED]
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../.."
cmake --preset release --log-level=WARNING
cmake --build --preset release --target test_wire_crash
export SHOAL_KILLS=${1:-1000}
if [[ -n ${2:-} ]]; then export SHOAL_SEED=$2; fi
exec build/release/test-bin/wire_crash --gtest_filter='*KillsAtAnyMoment*'
