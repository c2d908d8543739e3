#!/usr/bin/env bash
# eng/bench/names.sh [FILE [rounds]]: naming 10,000 addresses of a file with debug information: emleak, llvm-symbolizer and addr2line as
# whole processes, one after the other in each round. Prints a Markdown table: medians of processor time and elapsed time, largest memory.
# FILE: by default the largest debug file at hand, of the system's and emleak's own. Names stay mangled, which is how the other two give them.
set -euo pipefail
cd "$(dirname "$0")/../.."
emleak=${EMLEAK_STATIC:-artifacts/linux-x64/emleak}
[ -x "$emleak" ] || { eng/publish.sh linux-x64 static >&2; emleak=artifacts/linux-x64/emleak; }
file=${1:-$(find /usr/lib/debug "$emleak.dbg" -type f -printf '%s %p\n' | sort -n | tail -1 | cut -d' ' -f2)}
python3 - "$emleak" "$file" "${2:-5}" <<'PYTHON'
import os, statistics, subprocess, sys, tempfile, time
emleak, file, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
for line in subprocess.check_output(["readelf", "-SW", file], text=True, stderr=subprocess.DEVNULL).splitlines():
    words = line.replace("[ ", "[").split()
    if len(words) > 6 and words[1] == ".text": start, size = int(words[3], 16), int(words[5], 16)
count = 10000
addresses = "".join(f"0x{start + size * i // count:x}\n" for i in range(count))
tools = {
    "emleak symbolize": [emleak, "symbolize", "--demangle", "none", "-i", "-e", file],
    "llvm-symbolizer-19": ["llvm-symbolizer-19", "--inlining", "--functions=linkage", "-e", file],
    "addr2line": ["addr2line", "-f", "-i", "-e", file],
}
seen = {name: [] for name in tools}
with tempfile.TemporaryFile("w+") as asked, open(os.devnull, "w") as nowhere:
    asked.write(addresses)
    asked.flush()
    for _ in range(rounds):
        for name, command in tools.items():
            asked.seek(0)
            began = time.monotonic()
            process = subprocess.Popen(command, stdin=asked, stdout=nowhere)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = status
            if status: sys.exit(f"{name} failed: {status}")
            seen[name].append((usage.ru_utime + usage.ru_stime, time.monotonic() - began, usage.ru_maxrss))
print(f"{count} addresses of {os.path.basename(file)} ({os.path.getsize(file) / 1e6:.0f} MB), {rounds} rounds\n")
print("| | processor, s | elapsed, s | memory, MB |\n| --- | --- | --- | --- |")
for name, runs in seen.items():
    print(f"| {name} | {statistics.median(r[0] for r in runs):.3f} | {statistics.median(r[1] for r in runs):.3f} | {max(r[2] for r in runs) / 1024:.0f} |")
PYTHON
