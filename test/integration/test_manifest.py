"""`spark-webhook manifest`: manifest/ is what it writes, and each option does what it says."""

from harness import SOURCE

MANIFESTS = SOURCE / "manifest"
REFRESH = "refresh it: spark-webhook manifest --directory=manifest"


def made(env, *options):
    """The files that these options make, by name."""
    folder = env.dir / "made"
    done = env.run("manifest", f"--directory={folder}", *options)
    assert done.returncode == 0 and not done.stdout and not done.stderr, done
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


def test_the_folder_of_this_repository_is_the_default(env):
    files = made(env)
    kept = {file.name: file.read_text() for file in MANIFESTS.glob("*.yaml")}
    assert sorted(kept) == sorted(files), f"manifest/ {REFRESH}"
    for name, text in files.items():
        assert kept[name] == text, f"manifest/{name} {REFRESH}"


def test_what_is_printed_is_what_is_written(env):
    files = made(env)
    del files["kustomization.yaml"]
    printed = env.run("manifest").stdout.decode()
    assert printed == "".join(f"---\n{files[name]}" for name in sorted(files))
