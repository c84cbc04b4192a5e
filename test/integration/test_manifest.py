"""`spark-webhook manifest`: manifest/ is what it writes, and each option does what it says."""

from harness import SOURCE

MANIFESTS = SOURCE / "manifest"
REFRESH = "is not what the program writes; refresh it: spark-webhook manifest --directory=manifest"
CHART_REFRESH = f"{REFRESH}/chart --format=helm"


def made(env, *options):
    """The files that these options make, by name."""
    folder = env.dir / "made"
    done = env.run("manifest", f"--directory={folder}", *options)
    assert done.returncode == 0 and not done.stdout and not done.stderr, done
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


def check_same(folder, kept, files, refresh):
    kept = {str(file.relative_to(folder)): file.read_text() for file in kept if file.is_file()}
    assert sorted(kept) == sorted(files), f"{folder.name}/ {refresh}: {sorted(kept.keys() ^ files.keys())}"
    for name, text in files.items():
        assert kept[name] == text, f"{folder.name}/{name} {refresh}"


def test_the_folder_of_this_repository_is_the_default(env):
    check_same(MANIFESTS, MANIFESTS.glob("*.yaml"), made(env), REFRESH)


def test_the_chart_of_this_repository_is_the_default(env):
    chart = MANIFESTS / "chart"
    check_same(chart, chart.rglob("*"), made(env, "--format=helm"), CHART_REFRESH)


def test_what_is_printed_is_what_is_written(env):
    files = made(env)
    del files["kustomization.yaml"]
    printed = env.run("manifest").stdout.decode()
    assert printed == "".join(f"---\n{files[name]}" for name in sorted(files))
