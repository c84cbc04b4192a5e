"""An image of the controller for the node: what a driver's image has, with the program that is tested and its libraries."""

import hashlib
import json
import os
import re
import subprocess
import tarfile
from pathlib import Path

import onenode

IMAGE = "localhost/spark-controller:e2e"
LIBRARIES = "/opt/controller/lib"
# The loader takes these from where it is.
OF_LIBC = re.compile(r"/(ld-linux[^/]*|lib(c|m|dl|rt|pthread|resolv|util))\.so[^/]*$")


def _layer(target, binary):
    linked = subprocess.run(["ldd", binary], check=True, capture_output=True, text=True, timeout=60).stdout
    with tarfile.open(target, "w") as layer:
        layer.add(binary, "usr/bin/spark-controller")
        for library in sorted(set(re.findall(r"/\S+", linked))):
            if not OF_LIBC.search(library):
                layer.add(os.path.realpath(library), f"{LIBRARIES[1:]}/{Path(library).name}")


def bring(env, version):
    """Makes the image and takes it into the node."""
    cached = Path(env.facts["cache"]) / "node-images"
    spark = next(one for one in json.loads((cached / "manifest.json").read_text()) if one["RepoTags"] == [f"localhost/spark:{version}"])
    layer = env.folder / "controller-layer.tar"
    _layer(layer, os.environ["SPK_CONTROLLER"])
    whole = json.loads((cached / spark["Config"]).read_text())
    whole["config"]["Env"].append(f"LD_LIBRARY_PATH={LIBRARIES}")
    whole["rootfs"]["diff_ids"].append(f"sha256:{hashlib.sha256(layer.read_bytes()).hexdigest()}")
    (env.folder / "controller-image.json").write_text(json.dumps(whole))
    (env.folder / "manifest.json").write_text(json.dumps([{
        "Config": "controller-image.json", "RepoTags": [IMAGE], "Layers": [*spark["Layers"], layer.name]}]))
    pack = ["tar", "-c", "-C", env.folder, "manifest.json", "controller-image.json", layer.name, "-C", cached, *spark["Layers"]]
    with subprocess.Popen(pack, stdout=subprocess.PIPE) as packed:
        onenode.import_images(env.facts, packed.stdout)
    assert packed.returncode == 0
