#!/usr/bin/env python3
"""Says what is in the image: an SPDX 2.3 document, beside a few words on standard output.

Fails where the image is larger than it may be, runs as root, or holds a file that nobody accounts for.
Reads two archives as `docker save` writes them: the image, and the facts that tools/image-root collected.
"""

import argparse
import hashlib
import io
import json
import re
import sys
import tarfile
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = "usr/bin/spark-webhook"
# Above an empty base. The program and its libraries need a quarter of it; a shell or a runtime would not fit.
LARGEST = 40_000_000
# Debian's short names of licences, where SPDX has another; a "+" becomes "-or-later" first.
LICENCES = {"Expat": "MIT", "BSD-2-clause": "BSD-2-Clause", "BSD-3-clause": "BSD-3-Clause", "BSD-4-clause": "BSD-4-Clause",
            "ISC": "ISC", "Apache-2.0": "Apache-2.0", "MIT": "MIT", "Zlib": "Zlib", "curl": "curl", "OLDAP-2.8": "OLDAP-2.8",
            "Artistic": "Artistic-1.0-Perl", "MPL-1.1": "MPL-1.1", "MPL-2.0": "MPL-2.0", "BSD-3-Clause": "BSD-3-Clause"}
GNU = re.compile(r"^(L?GPL)-(\d)(?:\.(\d))?(-or-later)?$")
NOT_SAID = "NOASSERTION"


class Unfit(Exception):
    """The image is not what it has to be."""


# --- the archives

def load(path):
    """The configuration of the one image in an archive, the size of its layers, and its files: {path: bytes}."""
    with tarfile.open(path) as archive:
        manifest = json.load(archive.extractfile("manifest.json"))
        config = json.load(archive.extractfile(manifest[0]["Config"]))
        layers = [archive.extractfile(name).read() for name in manifest[0]["Layers"]]
    files, size = {}, 0
    for layer in layers:
        with tarfile.open(fileobj=io.BytesIO(layer)) as content:
            size += sum(entry.size for entry in content)
            files |= {entry.name.removeprefix("./").lstrip("/"): content.extractfile(entry).read()
                      for entry in content if entry.isfile()}
    return config, size, files


def table(facts, name):
    return [line.split("\t") for line in facts[name].decode().splitlines()]


# --- licences

def spdx_name(name):
    """The SPDX identifier of one of Debian's short names, or None."""
    name = name.replace("+", "-or-later")
    gnu = GNU.match(name)
    if gnu:
        return f"{gnu[1]}-{gnu[2]}.{gnu[3] or 0}{gnu[4] or '-only'}"
    return LICENCES.get(name)


def expression(debian):
    """The SPDX expression for what stands after "License:", or None where part of it has no SPDX name."""
    words = [spdx_name(word) if word not in ("or", "and") else word.upper() for word in debian.split()]
    # Without brackets a mixture would mean something else.
    mixed = "OR" in words and "AND" in words
    return None if not words or None in words or mixed else " ".join(words)


def main_licence(copyright_file):
    """What a machine-readable file says of `Files: *`: the licence of the package but for its exceptions."""
    for paragraph in re.split(r"\n\s*\n", copyright_file):
        fields = dict(re.findall(r"^(Files|License):[ \t]*(.*)$", paragraph, re.MULTILINE))
        if fields.get("Files", "").strip() == "*":
            return expression(fields.get("License", ""))
    return None


# --- the document

def identifier(*parts):
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.]+", "-", "-".join(parts)).strip("-")


def file_entry(path, content):
    return {"fileName": f"./{path}", "SPDXID": identifier("file", path),
            "checksums": [{"algorithm": "SHA1", "checksumValue": hashlib.sha1(content).hexdigest()},
                          {"algorithm": "SHA256", "checksumValue": hashlib.sha256(content).hexdigest()}],
            "licenseConcluded": NOT_SAID, "copyrightText": NOT_SAID}


def verification_code(entries):
    """As the standard has it: SHA-1 over the sorted SHA-1 of the package's files."""
    sums = sorted(entry["checksums"][0]["checksumValue"] for entry in entries)
    return {"packageVerificationCodeValue": hashlib.sha1("".join(sums).encode()).hexdigest()}


def package(name, version, entries, **more):
    return {"name": name, "SPDXID": identifier("package", name), "versionInfo": version, "downloadLocation": NOT_SAID,
            "filesAnalyzed": True, "packageVerificationCode": verification_code(entries),
            "licenseConcluded": NOT_SAID, "licenseDeclared": NOT_SAID, "copyrightText": NOT_SAID, **more}


def purl(name, version, architecture, source, distribution):
    where = f"arch={architecture}&distro={distribution}" + (f"&upstream={quote(source)}" if source != name else "")
    kind = distribution.split("-")[0]
    return {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
            "referenceLocator": f"pkg:deb/{kind}/{quote(name)}@{quote(version, safe='')}?{where}"}


def debian_package(row, facts, entries, extracted):
    _, name, version, architecture, source, maintainer, homepage = row
    notice = facts[f"copyright/{name}"].decode(errors="replace")
    declared = main_licence(notice)
    if declared is None:
        # No SPDX name for all of it: then its own words, whole.
        declared = "LicenseRef-" + identifier("debian", name).removeprefix("SPDXRef-")
        extracted.append({"licenseId": declared, "name": f"Debian's copyright file of {name}", "extractedText": notice})
    distribution = facts["distro"].decode().strip()
    more = {"homepage": homepage} if homepage else {}
    return package(name, version, entries, primaryPackagePurpose="LIBRARY", licenseDeclared=declared,
                   supplier=f"Organization: {distribution.split('-')[0].capitalize()}", originator=f"Organization: {maintainer_of(maintainer)}",
                   sourceInfo=f"built from Debian's source package {source}; only what the program needs of it is here",
                   externalRefs=[purl(name, version, architecture, source, distribution)], **more)


def maintainer_of(field):
    """`Name <mail>` as SPDX writes it: `Name (mail)`."""
    return re.sub(r"\s*<(.*)>", r" (\1)", field)


def version_of_project():
    return re.search(r"^project\(sparkhook VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)[1]


def relationship(one, kind, other):
    return {"spdxElementId": one["SPDXID"], "relationshipType": kind, "relatedSpdxElement": other["SPDXID"]}


def document(name, image, files, facts, created):
    owner = {path.lstrip("/"): package for path, package in table(facts, "files")}
    entries = {path: file_entry(path, content) for path, content in sorted(files.items())}
    stray = sorted(set(entries) - set(owner) - {PROGRAM})
    if stray or PROGRAM not in entries:
        raise Unfit(f"nobody accounts for {stray}" if stray else f"no {PROGRAM} in it")
    extracted, libraries, relationships = [], [], []
    for row in sorted(table(facts, "packages")):
        own = [entry for path, entry in entries.items() if owner.get(path) == row[0]]
        libraries.append(debian_package(row, facts, own, extracted))
        relationships += [relationship(libraries[-1], "CONTAINS", entry) for entry in own]
    whole = {"name": name, "SPDXID": "SPDXRef-image", "versionInfo": version_of_project(), "downloadLocation": NOT_SAID,
             "filesAnalyzed": False, "licenseConcluded": NOT_SAID, "licenseDeclared": NOT_SAID, "copyrightText": NOT_SAID,
             "primaryPackagePurpose": "CONTAINER", "supplier": "Organization: Sparkhook",
             "checksums": [{"algorithm": "SHA256", "checksumValue": image}]}
    program = package("spark-webhook", version_of_project(), [entries[PROGRAM]], primaryPackagePurpose="APPLICATION",
                      supplier="Organization: Sparkhook", licenseDeclared="Apache-2.0")
    relationships += [relationship(program, "CONTAINS", entries[PROGRAM]), relationship(whole, "CONTAINS", program)]
    for library in libraries:
        relationships += [relationship(whole, "CONTAINS", library), relationship(program, "DEPENDS_ON", library)]
    top = {"SPDXID": "SPDXRef-DOCUMENT"}
    return {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", **top, "name": name,
            # Different for each different image, and the same for the same.
            "documentNamespace": f"https://sparkhook.invalid/spdx/{image}",
            "creationInfo": {"created": datetime.fromtimestamp(created, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
                             "creators": ["Tool: sparkhook-tools-sbom"]},
            "packages": [whole, program, *libraries], "files": list(entries.values()), "hasExtractedLicensingInfos": extracted,
            "relationships": [relationship(top, "DESCRIBES", whole), *relationships]}


def check(config, size):
    user = config["config"].get("User", "")
    if not re.fullmatch(r"[1-9]\d*(:[1-9]\d*)?", user):
        raise Unfit(f'it would run as "{user}", which is no number or is root\'s')
    if size > LARGEST:
        raise Unfit(f"it has {size / 1e6:.1f} MB, more than {LARGEST / 1e6:.0f}")
    return user


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option in ("image", "facts", "name", "output"):
        parser.add_argument(f"--{option}", required=True)
    parser.add_argument("--created", type=int, required=True, metavar="SECONDS", help="time of the sources")
    return parser.parse_args()


def main():
    options = arguments()
    config, size, files = load(options.image)
    _, _, facts = load(options.facts)
    digest = hashlib.sha256(Path(options.image).read_bytes()).hexdigest()
    try:
        user = check(config, size)
        made = document(options.name, digest, files, facts, options.created)
    except Unfit as reason:
        print(f"run image: {options.name} is not fit: {reason}", file=sys.stderr)
        return 1
    Path(options.output).write_text(json.dumps(made, indent=1, sort_keys=True) + "\n")
    print(f"{options.name}: {size / 1e6:.1f} MB, runs as {user}\n  {options.image}\n  {options.output}: "
          f"{len(files)} files, {len(made['packages']) - 2} packages of Debian")
    return 0


if __name__ == "__main__":
    sys.exit(main())
