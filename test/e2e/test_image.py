"""The image that `./run image` made for the node, and the list of what is in it."""

import copy
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

from kit import cluster

SBOM = Path(__file__).resolve().parents[2] / "tools/sbom.py"
VALIDATE = """
import sys
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
for fault in validate_full_spdx_document(parse_file(sys.argv[1])):
    print(fault.validation_message)
"""


def archive_of(env):
    return Path(env.facts["image"])


def document_of(env):
    return json.loads(archive_of(env).with_suffix(".spdx.json").read_text())


def content(path):
    """The configuration of an image, and its entries as they are in its one layer: {path: (entry, bytes)}."""
    with tarfile.open(path) as archive:
        image = json.load(archive.extractfile("manifest.json"))[0]
        config = json.load(archive.extractfile(image["Config"]))
        assert len(image["Layers"]) == 1
        layer = archive.extractfile(image["Layers"][0]).read()
    with tarfile.open(fileobj=io.BytesIO(layer)) as files:
        return config, {entry.name.lstrip("./"): (entry, files.extractfile(entry).read() if entry.isfile() else b"")
                        for entry in files}


def faults(env, document):
    """What the validator of the standard's makers has against a document."""
    tools = sorted(Path(env.facts["cache"]).glob("spdx-tools-*"))[-1]
    file = env.folder / "document.spdx.json"
    file.write_text(json.dumps(document))
    done = subprocess.run([sys.executable, "-c", VALIDATE, file], env={**os.environ, "PYTHONPATH": str(tools)},
                          capture_output=True, text=True, timeout=60)
    return done.stdout.splitlines() + ([done.stderr] if done.returncode else [])


def test_image_holds_the_program_and_libraries_alone(env):
    config, entries = content(archive_of(env))
    assert config["config"]["User"] == "65532:65532" and config["config"]["Entrypoint"] == ["/usr/bin/spark-webhook"]
    files = [path for path, (entry, _) in entries.items() if entry.isfile()]
    strange = [path for path in files if ".so" not in path and path != "usr/bin/spark-webhook"]
    assert len(files) > 5 and not strange, strange
    assert sum(len(data) for _, data in entries.values()) < 40_000_000
    for path, (entry, _) in entries.items():
        assert not entry.mode & 0o6002, f"{path} may be changed, or changes who runs it: {entry.mode:o}"
        assert not entry.issym() or ".so" in path, f"{path} is a link"


def test_list_of_contents_is_valid_spdx(env):
    document = document_of(env)
    assert document["spdxVersion"] == "SPDX-2.3" and faults(env, document) == []
    for spoil in ({"dataLicense": "none"}, {"SPDXID": "SPDXRef-DOC_UMENT"}, {"creationInfo": {"created": "today", "creators": []}}):
        assert faults(env, {**document, **spoil}), f"the validator takes {spoil}"
    spoilt = copy.deepcopy(document)
    spoilt["packages"][2]["licenseDeclared"] = "No-such-licence"
    assert faults(env, spoilt)


def test_list_of_contents_names_every_file_and_its_package(env):
    document = document_of(env)
    _, entries = content(archive_of(env))
    sums = {f"./{path}": hashlib.sha256(data).hexdigest() for path, (entry, data) in entries.items() if entry.isfile()}
    said = {file["fileName"]: {s["algorithm"]: s["checksumValue"] for s in file["checksums"]}["SHA256"] for file in document["files"]}
    assert said == sums
    names = {file["SPDXID"]: file["fileName"] for file in document["files"]}
    packages = {package["SPDXID"]: package for package in document["packages"]}
    contained = [names[r["relatedSpdxElement"]] for r in document["relationships"]
                 if r["relationshipType"] == "CONTAINS" and r["relatedSpdxElement"] in names]
    assert sorted(contained) == sorted(sums), "a file is in no package, or in two"
    needed = [packages[r["relatedSpdxElement"]] for r in document["relationships"] if r["relationshipType"] == "DEPENDS_ON"]
    assert {"libc6", "libgnutls30", "libmicrohttpd12", "libjansson4"} <= {package["name"] for package in needed}
    for package in needed:
        assert package["versionInfo"] and package["licenseDeclared"] != "NOASSERTION" and package["supplier"], package
        assert package["externalRefs"][0]["referenceLocator"].startswith(f"pkg:deb/debian/{package['name']}@"), package


def repacked(env, change):
    """The archive with its one image's configuration changed and something large added."""
    target = env.folder / "changed.tar"
    with tarfile.open(archive_of(env)) as old, tarfile.open(target, "w") as new:
        image = json.load(old.extractfile("manifest.json"))[0]
        for entry in old:
            data = old.extractfile(entry).read() if entry.isfile() else b""
            data = change(entry.name, image, data)
            entry.size = len(data)
            new.addfile(entry, io.BytesIO(data))
    return target


def refusal(env, archive):
    """What the tool says that made the list, of an image that is not fit."""
    facts = SBOM.parents[1] / "build/image/facts.tar"
    done = subprocess.run([sys.executable, SBOM, "--image", archive, "--facts", facts, "--name", cluster.IMAGE, "--created", "0",
                           "--output", env.folder / "list.json"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and not (env.folder / "list.json").exists(), done
    return done.stderr


def test_unfit_images_are_refused(env):
    def as_root(name, image, data):
        return data.replace(b"65532:65532", b"0") if name == image["Config"] else data

    def with_a_file(size):
        def add(name, image, data):
            if name != image["Layers"][0]:
                return data
            layer = io.BytesIO()
            with tarfile.open(fileobj=io.BytesIO(data)) as old, tarfile.open(fileobj=layer, mode="w") as new:
                for entry in old:
                    new.addfile(entry, old.extractfile(entry) if entry.isfile() else None)
                entry = tarfile.TarInfo("bin/sh")
                entry.size = size
                new.addfile(entry, io.BytesIO(bytes(size)))
            return layer.getvalue()
        return add

    assert "run as" in refusal(env, repacked(env, as_root))
    assert "nobody accounts for ['bin/sh']" in refusal(env, repacked(env, with_a_file(10)))
    assert "more than 40" in refusal(env, repacked(env, with_a_file(40_000_000)))
