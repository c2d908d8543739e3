#!/usr/bin/env bash
# eng/campaigns.sh [ROUNDS [CAMPAIGN...]]: attacks on the traced process and on emleak, ROUNDS times each (default 100). Ends with a
# line for each campaign, and with 1 if any of them failed. docs/robustness.md has the figures of the last whole run.
#   kills-VARIANT  tests/campaigns/kills.py: emleak and its helper are killed at random moments
#   deaths         tests/campaigns/deaths.py: the traced program ends at random moments
#   hostile        the test classes of hostile names, files, folders and disks, once
#   servers        tests/campaigns/servers.py: real servers are traced all at once, SECONDS_EACH seconds (environment, default 600)
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(id -u)" -eq 0 ] || { echo "eng/campaigns.sh: needs root, as tracing does" >&2; exit 1; }
rounds=${1:-100}
shift || true
all=(kills-emleak kills-helper kills-both kills-helper-first kills-dlopen kills-fork kills-exec kills-stopped kills-functions
     kills-both+dlopen kills-both+exec deaths hostile servers)
campaigns=("${@:-${all[@]}}")

eng/publish.sh linux-x64 static >&2
export EMLEAK=${EMLEAK:-$PWD/artifacts/linux-x64/emleak}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
{ for i in $(seq 0 1499); do echo "void *many_$i(unsigned long n) { return malloc(n + $i % 7); }"; done; } >"$work/many.h"
gcc -O1 -g -w -pthread -include stdlib.h -include "$work/many.h" -o "$work/victim" tests/campaigns/victim.c -ldl
gcc -O1 -g -shared -fPIC -o "$work/vlib.so" tests/campaigns/vlib.c
gcc -O1 -g -pthread -o "$work/mortal" tests/campaigns/mortal.c

# Redis, nginx, a JVM, Python and an io_uring server, and what they load.
servers() {
  local sources=tests/campaigns/servers
  command -v nginx javac >/dev/null && [ -f /usr/lib/nginx/modules/ngx_http_echo_module.so ] || install_servers >&2
  g++ -O2 -g -std=c++17 -shared -fPIC -pthread -o "$work/burden.so" $sources/burden.cpp -ldl
  gcc -O1 -g -shared -fPIC -o "$work/module.so" $sources/module.c tests/campaigns/vlib.c
  gcc -O2 -g -pthread -o "$work/echo" $sources/echo.c -ldl
  gcc -O2 -g -o "$work/load" $sources/load.c
  javac -d "$work" $sources/Web.java
  tests/campaigns/servers.py "$work" "${SECONDS_EACH:-600}"
}

# nginx's package starts a server of its own, which nobody needs here.
install_servers() {
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx-light default-jdk-headless
  service nginx stop || true
}

# Names, files, folders and disks of strangers, by the classes of tests that make them.
hostile() {
  local failed=0 name
  export EMLEAK_STATIC=$EMLEAK
  eng/build.sh >&2
  for name in Emleak.Elf Emleak.Symbols Emleak.Recording Emleak; do
    "tests/$name.Tests/bin/Release/net10.0/$name.Tests" -noColor -noLogo -class "*Hostile*" -class "*LimitTests" -class "*OutputFolder*" -class "*Debuginfod*" -class "*RuntimePort*" || failed=1
  done
  echo "hostile: failed $failed"
  return "$failed"
}

failed=0 results=()
for campaign in "${campaigns[@]}"; do
  case $campaign in
    kills-*) command=(tests/campaigns/kills.py "$work" "${campaign#kills-}" "$rounds") ;;
    deaths) command=(tests/campaigns/deaths.py "$work" "$rounds") ;;
    hostile) command=(hostile) ;;
    servers) command=(servers) ;;
    *) echo "eng/campaigns.sh: there is no campaign $campaign; there are ${all[*]}" >&2; exit 2 ;;
  esac
  "${command[@]}" 2>&1 | tee "$work/log" || failed=1
  results+=("$(tail -n 1 "$work/log")")
done
printf '\n'
printf '%s\n' "${results[@]}"
exit "$failed"
