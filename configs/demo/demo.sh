#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The demo: a directory and five peers A to E on this machine share real files, and every step is checked.
#
#   A --> B --> C --> D --> E     each knows the next as primary, and the next but one as standby secondary;
#   D asks the directory for its friend; E has none listed, and answers whom the directory knows.
#
# SHOAL_BIN        where the programs are (build/release/bin)
# SHOAL_DEMO_FAULT plants a fault in a peer's configuration, for the tests: no-directory (D), no-secondary (A)
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
bin=${SHOAL_BIN:-$root/build/release/bin}
fault=${SHOAL_DEMO_FAULT:-none}
big_mib=${SHOAL_DEMO_MIB:-200}
unset "${!SHOAL_@}"  # settings of the user's own peer
work=$(mktemp -d "${TMPDIR:-/tmp}/shoal-demo-XXXXXX")
port=$((10000 + $$ % 20000))  # a taken one: the program says which it took instead
declare -A address=([A]=127.0.0.2 [B]=127.0.0.3 [C]=127.0.0.4 [D]=127.0.0.5 [E]=127.0.0.6 [directory]=127.0.0.7)
declare -A pid=() url=()
step=0

say() { printf '%s\n' "$*"; }
show() { sed 's/^/    /'; }
fail() {
  printf '\ndemo: step %s FAILED: %s\n' "$step" "$*" >&2
  exit 1
}

finish() {
  local code=$?
  trap - EXIT
  for name in "${!pid[@]}"; do kill -CONT "${pid[$name]}" 2>/dev/null || true; kill -TERM "${pid[$name]}" 2>/dev/null || true; done
  for name in "${!pid[@]}"; do wait "${pid[$name]}" 2>/dev/null || true; done
  if ((code == 0)); then rm -rf "$work"; else say "demo: logs and files are kept in $work" >&2; fi
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# await SECONDS WHAT COMMAND...: asks again and again until the command is true.
await() {
  local until=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    ((SECONDS < until)) || fail "waited in vain until $what"
    sleep 0.02
  done
}

on() { "$bin/shoal" --home "$work/$1" "${@:2}"; }                   # on A search ...: as the user of peer A
value() { on "$1" status 2>/dev/null | sed -n "s/^$2\t//p"; }       # value A primary.state
is() { [[ $(value "$1" "$2") == "$3" ]]; }
alive() { kill -0 "${pid[$1]}" 2>/dev/null || fail "$1 has ended: $(tail -n 3 "$work/$1.log")"; }

# ---- starting --------------------------------------------------------------------------------------

start() {  # start NAME PROGRAM ARGUMENTS...
  setpriv --pdeathsig KILL "$bin/$2" "${@:3}" </dev/null >>"$work/$1.log" 2>&1 &
  pid[$1]=$!
}

config() {  # config NAME [ROLE OF]...
  local name=$1 accept=directory directory="directory: {url: '${url[directory]}'}"
  shift
  if [[ $fault == no-directory && $name == D ]]; then accept=anyone directory=''; fi
  mkdir -p "$work/$name"
  {
    printf 'config_version: 1\nname: %s\nlisten: {address: "%s", port: %s}\nrest: off\naccept: %s\n%s\n' \
      "$name" "${address[$name]}" "$port" "$accept" "$directory"
    if (($# > 0)); then echo 'friends:'; fi
    while (($# > 0)); do
      printf '  - {url: "%s", role: %s}\n' "${url[$2]}" "$1"
      shift 2
    done
  } >"$work/$name/shoal.yaml"
}

answers() {
  alive "$1"
  on "$1" status >/dev/null 2>&1
}

up() {
  start "$1" shoald --home "$work/$1"
  await 20 "$1 answers" answers "$1"
  url[$1]=$(value "$1" url)
}

directory_up() {
  alive directory
  url[directory]=$(sed -n 's|^shoal-directory .* up, .*\(http://.*\)$|\1|p' "$work/directory.log")
  [[ -n ${url[directory]} ]]
}

# ---- checking --------------------------------------------------------------------------------------

# search WORDS HOP: A asks; prints hits and report; the first hit must be E's, at that hop.
search() {
  say "  \$ shoal search $1"
  on A search "$1" --header >"$work/hits" 2>"$work/report" || fail "nothing found: $(<"$work/report")"
  cut -f 1-6 "$work/hits" | expand -t 4,10,48,60,66 | show
  show <"$work/report"
  local hop from
  hop=$(awk -F '\t' 'NR == 2 {print $5}' "$work/hits") from=$(awk -F '\t' 'NR == 2 {print $6}' "$work/hits")
  [[ $from == E ]] || fail "the hit is from ${from:-nobody}, not from E"
  [[ $hop == "$2" ]] || fail "E answered at hop $hop, not at hop $2"
}

reported() { grep -qF -- "$1" "$work/report" || fail "the report does not say: $1"; }

# fetch ORIGINAL: A gets row 1, and its bytes are those.
fetch() {
  say "  \$ shoal get 1"
  local path
  path=$(on A get 1 -o "$work/got" 2>"$work/report") || fail "not fetched: $(<"$work/report")"
  show <"$work/report"
  say "    $path" | sed "s|$work|...|"
  cmp "$path" "$1" || fail "the bytes are not E's"
  say "    cmp: the same bytes as E's"
}

# ---- the line --------------------------------------------------------------------------------------

files=/usr/share/common-licenses
prepare() {
  for program in shoal shoald shoal-directory; do [[ -x $bin/$program ]] || fail "$bin/$program is missing: ./go build"; done
  mkdir -p "$work/files/"{B,C,D,E}
  cp "$files"/{Apache-2.0,Artistic,BSD} "$work/files/E"
  for name in B C D; do printf 'what %s wrote down\n' "$name" >"$work/files/$name/notes of $name.txt"; done
  head -c "${big_mib}M" /dev/urandom >"$work/files/E/coast film.bin"
}

begin() {
  say '(0) a directory, and E, D, C, B, A in this order; each knows the next two, D only the directory'
  printf 'listen: "%s:0"\ndata: "%s"\n' "${address[directory]}" "$work/directory" >"$work/directory.yaml"
  start directory shoal-directory --config "$work/directory.yaml"
  await 20 'the directory is up' directory_up
  config E; up E
  config D; up D
  await 10 'D has E as a friend, from the directory alone' is D primary.name E
  config C primary D secondary E; up C
  config B primary C secondary D; up B
  if [[ $fault == no-secondary ]]; then config A primary B; else config A primary B secondary C; fi
  up A
  for name in B C D E; do on "$name" share "$work/files/$name" >>"$work/shared" 2>&1 || fail "$name cannot share"; done
  for name in D C B A; do await 20 "the primary of $name is up" is "$name" primary.state active; done
  for name in C B A; do await 20 "the secondary of $name stands by" stands_by "$name"; done
  for name in A D; do
    say "  \$ shoal friends                # of $name"
    on "$name" friends --header 2>/dev/null | cut -f 1,3,4 | expand -t 12,24 | show
  done
}

stands_by() { [[ -z $(value "$1" secondary.id) ]] || is "$1" secondary.state standby; }

# ---- the steps -------------------------------------------------------------------------------------

far() {
  step=1
  say '(1) A searches by words; the file is at E, four hops away'
  search apache 4
  reported 'asked 4 peers (hop 1: 1, hop 2: 1, hop 3: 1, hop 4: 1)'
  reported 'B (primary) answered'
  step=2
  say '(2) A fetches it from E'
  fetch "$work/files/E/Apache-2.0"
}

without_directory() {
  step=3
  say "(3) the directory is killed (pid ${pid[directory]}); friends need it not"
  end directory
  search artistic 4
  fetch "$work/files/E/Artistic"
}

end() {
  kill -KILL "${pid[$1]}"
  wait "${pid[$1]}" 2>/dev/null || true
  unset "pid[$1]"
}

fail_over() {
  step=4
  say "(4) B is killed with -9 (pid ${pid[B]}); C stands in"
  end B
  await 5 'A sees that B is gone' is A primary.state down
  search bsd 3
  reported 'fail-over: the primary B is not there, the secondary C is active in its place'
}

back() {
  step=5
  say '(5) B returns, and is primary again once it has been up for 10 s'
  up B
  await 60 'B is primary again' taken_back
  search bsd 4
  reported 'B (primary) answered; C (secondary) standby, not asked'
}

taken_back() { is A primary.state active && is A secondary.state standby; }

# ---- a download that dies --------------------------------------------------------------------------

part_way() {  # sets done_bytes, size_bytes: how far the first transfer that is not over is
  alive A
  local row
  row=$(on A transfers 2>/dev/null | awk -F '\t' '$2 ~ /coast film/ {print $4, $3; exit}')
  read -r done_bytes size_bytes <<<"${row:-0 0}"
}
enough_bytes() { part_way; ((done_bytes * 3 > size_bytes)) && ((done_bytes > 0)); }
journal_size() { cat "$work/got/.part/"*.journal 2>/dev/null | wc -c; }
journal_grew() { (($(journal_size) > $1)); }

resume() {
  step=6
  say "(6) a download of $big_mib MiB is killed with -9 in the middle, and goes on after a restart"
  search 'coast film' 4
  local before at_kill
  on A get 1 -o "$work/got" --background >/dev/null || fail 'the download did not start'
  await 60 'a third of it is here' enough_bytes
  kill -STOP "${pid[E]}"  # so that it stays in the middle until what is here is on the disk
  before=$(journal_size)
  part_way
  ((done_bytes < size_bytes)) || fail "the download was over before it could be killed; try SHOAL_DEMO_MIB=$((big_mib * 4))"
  await 20 'verified pieces are in the journal' journal_grew "$before"
  part_way
  at_kill=$done_bytes
  say "    A is killed (pid ${pid[A]}) with $((at_kill / 1048576)) of $((size_bytes / 1048576)) MiB"
  end A
  kill -CONT "${pid[E]}"
  [[ ! -e "$work/got/coast film.bin" ]] || fail 'there is a file under the final name'
  up A
  await 60 'the download is done' film_done
  local found
  found=$(on A transfers --json=name,bytes_found | sed -n 's/.*"coast film[^}]*"bytes_found":\([0-9]*\).*/\1/p')
  ((${found:-0} > 0)) || fail 'nothing of the first part was used again'
  say "    after the restart $((found / 1048576)) MiB were found here and not fetched again"
  cmp "$work/got/coast film.bin" "$work/files/E/coast film.bin" || fail "the bytes are not E's"
  say "    cmp: the same bytes as E's"
}
film_done() {
  alive A
  [[ $(on A transfers 2>/dev/null | awk -F '\t' '$2 ~ /coast film/ {print $6; exit}') == "done" ]]
}

prepare
begin
far
without_directory
fail_over
back
resume
cat <<END

all steps held, in $SECONDS s. Now yours:
  ./shoal init --name $(id -un) && ./shoal up
  ./shoal share ~/Documents
  ./shoal status
END
