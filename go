#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"

usage() {
  cat <<'END'
usage: ./go [COMMAND] [--allow-removals]

  (none)        deps, build, demo
  deps          install the packages of packages.txt that are missing
  build         build the programs into build/release/bin and link ./shoal
  demo          a directory and five peers share real files on this machine
  up            keep a directory and a peer running until Ctrl-C
  test [--all]  build and run the tests; --all takes the slow ones too

  --allow-removals  let apt remove packages that conflict with ours
END
}

bin=build/release/bin
allow_removals=no
children=()

say() { printf '== %s\n' "$*"; }
fail() { printf 'go: %s\n' "$@" >&2; exit 1; }
run() {  # prints the plain command, then runs it
  printf '+'; printf ' %s' "$@"; printf '\n'
  "$@"
}

# Every child is ended by its own number; setpriv ends them too if this shell is killed with -9.
start() { setpriv --pdeathsig TERM "$@" & children+=($!); }
stop_children() {
  local at
  for ((at = ${#children[@]} - 1; at >= 0; --at)); do  # the peer before its directory
    kill -TERM "${children[at]}" 2>/dev/null || true
    wait "${children[at]}" 2>/dev/null || true
  done
  children=()
}
trap stop_children EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

raise_descriptors() {  # the soft limit of 1024 is short for a peer with many links
  local want=65536 hard
  hard=$(ulimit -Hn)
  if [[ $hard != unlimited ]] && ((hard < want)); then want=$hard; fi
  if [[ $(ulimit -Sn) != unlimited ]] && (($(ulimit -Sn) < want)); then ulimit -Sn "$want"; fi
}

jobs_for_memory() {  # min(cores, free memory in GiB), at least 1: two big files in 1 GiB kill the compiler
  local cores free limit used
  cores=$(nproc)
  free=$(($(awk '/^MemAvailable:/ {print $2}' /proc/meminfo) / 1024))
  if [[ -r /sys/fs/cgroup/memory.max && $(</sys/fs/cgroup/memory.max) != max ]]; then
    limit=$(($(</sys/fs/cgroup/memory.max) / 1048576))
    used=$(awk '/^anon / {print int($2 / 1048576)}' /sys/fs/cgroup/memory.stat)
    if ((limit - used < free)); then free=$((limit - used)); fi
  fi
  local jobs=$((free / 1024 < cores ? free / 1024 : cores))
  echo $((jobs < 1 ? 1 : jobs))
}

# ---- deps ---------------------------------------------------------------------------------------

missing_packages() {
  local present
  present=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
    sed -n 's/^installed //p' | sort -u) || true
  comm -13 <(printf '%s\n' "$present") <(printf '%s\n' "$@" | sort -u)
}

lists_are_fresh() { [[ -n $(find /var/lib/apt/lists -maxdepth 1 -name '*Release' -cmin -1440 2>/dev/null) ]]; }

check_distribution() {
  local id='' version='' name='an unknown system'
  if [[ -r /etc/os-release ]]; then
    id=$(. /etc/os-release; echo "${ID:-}")
    version=$(. /etc/os-release; echo "${VERSION_ID:-}")
    name=$(. /etc/os-release; echo "${PRETTY_NAME:-$name}")
  fi
  [[ $id == debian && $version == 12 ]] && return
  fail "this is $name; the packages are those of Debian 12" "missing here: $*" \
    'try: docker run --rm -it -v "$PWD":/shoal -w /shoal debian:12 ./go'
}

deps() {
  local packages missing as=() simulated removed
  mapfile -t packages < <(sed 's/#.*//' packages.txt | tr -s ' \t' '\n' | sed '/^$/d')
  if ! command -v dpkg-query >/dev/null; then check_distribution "${packages[@]}"; fi
  mapfile -t missing < <(missing_packages "${packages[@]}")
  if ((${#missing[@]} == 0)); then
    say "deps: all ${#packages[@]} packages are there"
    return
  fi
  say "deps: ${#missing[@]} of ${#packages[@]} packages are missing"
  check_distribution "${missing[@]}"
  local install=(apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=120)
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
      fail 'installing packages needs root, and there is no sudo. As root, run' \
        "  apt-get update && ${install[*]} ${missing[*]}" 'and then ./go again'
    fi
    as=(sudo)
  fi
  as+=(env DEBIAN_FRONTEND=noninteractive)
  local update=("${as[@]}" apt-get update -o DPkg::Lock::Timeout=120) updated=no
  if ! lists_are_fresh; then
    run "${update[@]}" || say 'deps: apt-get update failed; going on with the lists there are'
    updated=yes
  fi
  if ! simulated=$(LC_ALL=C apt-get -s "${install[@]:1}" "${missing[@]}" 2>&1) && [[ $updated == no ]]; then
    run "${update[@]}"
    simulated=$(LC_ALL=C apt-get -s "${install[@]:1}" "${missing[@]}" 2>&1) || true
  fi
  grep -q '^Inst ' <<<"$simulated" || fail 'apt cannot install what is missing:' "$simulated"
  removed=$(sed -n 's/^Remv \([^ ]*\).*/\1/p' <<<"$simulated" | tr '\n' ' ')
  if [[ -n $removed && $allow_removals == no ]]; then
    fail "apt would remove: $removed" 'nothing was changed. To let it, run: ./go --allow-removals'
  fi
  [[ $allow_removals == yes ]] || install+=(--no-remove)
  run "${as[@]}" "${install[@]}" "${missing[@]}"
  mapfile -t missing < <(missing_packages "${packages[@]}")
  ((${#missing[@]} == 0)) || fail "still missing: ${missing[*]}"
}

# ---- build, test, demo, up ----------------------------------------------------------------------

configure() { run cmake --preset release --log-level=WARNING; }

link_shoal() {
  if [[ -x $bin/shoal ]]; then ln -sfn "$bin/shoal" shoal; fi
}

build() {
  local jobs
  jobs=$(jobs_for_memory)
  say "build: $jobs jobs"
  configure
  run cmake --build --preset release -j "$jobs" --target programs
  link_shoal
}

tests() {
  local jobs filter=(-LE '^(slow|bench)$')
  [[ ${1:-} != --all ]] || filter=(-LE '^bench$')
  jobs=$(jobs_for_memory)
  say "test: $jobs jobs"
  configure
  run cmake --build --preset release -j "$jobs"
  link_shoal
  run ctest --preset release -j $((2 * jobs)) "${filter[@]}"  # in halves of a core
}

demo() {
  local script=configs/demo/demo.sh
  [[ -x $bin/shoald && -x $bin/shoal && -x $bin/shoal-directory ]] || build
  run bash "$script"
}

up() {
  [[ -x $bin/shoald ]] || build
  [[ -x $bin/shoald && -x $bin/shoal-directory ]] || fail 'shoald and shoal-directory are not built'
  trap 'exit 0' INT
  local log url='' tries=0
  log=$(mktemp)
  start "$bin/shoal-directory" --config configs/directory.yaml > >(tee "$log")
  while [[ -z $url ]] && kill -0 "${children[0]}" 2>/dev/null && ((tries++ < 200)); do
    sleep 0.05
    url=$(sed -n 's|^shoal-directory .* up, .*\(http://.*\)$|\1|p' "$log")
  done
  rm -f "$log"
  [[ -n $url ]] || fail 'the directory did not start'
  # A directory that the peer's own configuration names is left to it.
  if [[ -z $("$bin/shoal" config show directory.url | cut -f 2) ]]; then
    export SHOAL_DIRECTORY_URL=$url
  fi
  start "$bin/shoald"
  say 'up: a directory and a peer; Ctrl-C stops both'
  wait -n "${children[@]}" || true
  fail 'one of them ended; stopping the other'
}

# ---- main ---------------------------------------------------------------------------------------

command=all
all_tests=
for argument in "$@"; do
  case $argument in
    --allow-removals) allow_removals=yes ;;
    --all) all_tests=--all ;;
    -h | --help | help) usage; exit 0 ;;
    deps | build | demo | up | test) command=$argument ;;
    *) printf 'go: unknown argument %s\n' "$argument" >&2; usage >&2; exit 2 ;;
  esac
done
raise_descriptors
case $command in
  all) deps; build; demo ;;
  test) deps; tests $all_tests ;;
  build) deps; build ;;
  *) "$command" ;;
esac
disk=$(du -sh build 2>/dev/null | cut -f1) || true
say "done in $SECONDS s, build/ takes ${disk:-nothing}"
