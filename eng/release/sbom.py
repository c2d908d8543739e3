#!/usr/bin/env python3
"""sbom.py VERSION FOLDER: the software bill of materials (SPDX 2.3, JSON) of a release: its files, and the packages in them."""
import datetime, hashlib, json, os, pathlib, subprocess, sys

version, folder = sys.argv[1], pathlib.Path(sys.argv[2])
commit = subprocess.check_output(["git", "rev-parse", "HEAD"], text=True).strip()
created = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def package(name, number, licence, purl):
    return {
        "SPDXID": "SPDXRef-" + "".join(c if c.isalnum() or c in ".-" else "-" for c in f"{name}-{number}"),
        "name": name, "versionInfo": number, "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
        "licenseConcluded": licence, "licenseDeclared": licence, "copyrightText": "NOASSERTION",
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}],
    }


# What restoring the tool found it to need: everything that can be linked into it.
assets = json.loads(pathlib.Path("src/Emleak/obj/project.assets.json").read_text())
needed = sorted({name for target in assets["targets"].values() for name, entry in target.items() if entry["type"] == "package" and entry.get("runtime")})
packages = [package("emleak", version, "BSD-3-Clause", f"pkg:generic/emleak@{version}")]
for entry in needed:
    name, number = entry.split("/")
    packages.append(package(name, number, "NOASSERTION", f"pkg:nuget/{name}@{number}"))
runtime = subprocess.check_output(["dotnet", "--version"], text=True).strip()
packages.append(package("dotnet-sdk", runtime, "MIT", f"pkg:generic/dotnet-sdk@{runtime}"))

files = []
for path in sorted(folder.iterdir()):
    if path.suffix == ".json" or path.name == "SHA256SUMS":
        continue
    data = path.read_bytes()
    files.append({
        "SPDXID": f"SPDXRef-File-{path.name}", "fileName": f"./{path.name}", "licenseConcluded": "NOASSERTION", "copyrightText": "NOASSERTION",
        "checksums": [{"algorithm": "SHA1", "checksumValue": hashlib.sha1(data).hexdigest()}, {"algorithm": "SHA256", "checksumValue": hashlib.sha256(data).hexdigest()}],
    })

emleak = packages[0]["SPDXID"]
relations = [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": emleak}]
relations += [{"spdxElementId": emleak, "relationshipType": "DEPENDS_ON", "relatedSpdxElement": one["SPDXID"]} for one in packages[1:]]
relations += [{"spdxElementId": one["SPDXID"], "relationshipType": "GENERATED_FROM", "relatedSpdxElement": emleak} for one in files]
json.dump({
    "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"emleak-{version}",
    "documentNamespace": f"urn:emleak:{version}:{commit}", "creationInfo": {"created": created, "creators": ["Tool: eng/release.sh"]},
    "packages": packages, "files": files, "relationships": relations,
}, sys.stdout, indent=1)
print()
