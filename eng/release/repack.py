#!/usr/bin/env python3
"""repack.py FROM TO: a NuGet package with sorted entries, one time for all, and without the random names of its metadata."""
import os, re, sys, time, zipfile

source, target = sys.argv[1:]
when = time.gmtime(max(int(os.environ["SOURCE_DATE_EPOCH"]), 315532800))[:6]
with zipfile.ZipFile(source) as package:
    entries = {name: package.read(name) for name in package.namelist()}

# package/services/metadata/core-properties/RANDOM.psmdcp, mentioned in _rels/.rels with random ids.
renamed = {}
for name, data in entries.items():
    if name.endswith(".psmdcp"):
        name = os.path.dirname(name) + "/core.psmdcp"
    if name == "_rels/.rels":
        text = re.sub(r"[0-9a-f]{32}\.psmdcp", "core.psmdcp", data.decode("utf-8-sig"))
        count = iter(range(1, 100))
        data = re.sub(r'Id="[^"]*"', lambda _: f'Id="R{next(count)}"', text).encode()
    renamed[name] = data

with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
    for name in sorted(renamed):
        entry = zipfile.ZipInfo(name, when)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o644 << 16
        package.writestr(entry, renamed[name])
