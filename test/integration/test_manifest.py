"""`spark-webhook manifest`: manifest/ is what it writes, and each option does what it says."""

import re
import subprocess

from harness import SOURCE, TIMEOUT

MANIFESTS = SOURCE / "manifest"
REFRESH = "is not what the program writes; to refresh it: cmake --build build/dev --target manifest"


def made(env, *options):
    """The files that these options make, by name."""
    folder = env.dir / "made"
    done = env.run("manifest", f"--directory={folder}", *options)
    assert done.returncode == 0 and not done.stdout and not done.stderr, done
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


def check_same(folder, kept, files):
    kept = {str(file.relative_to(folder)): file.read_text() for file in kept if file.is_file()}
    assert sorted(kept) == sorted(files), f"{folder.name}/ {REFRESH}: {sorted(kept.keys() ^ files.keys())}"
    for name, text in files.items():
        assert kept[name] == text, f"{folder.name}/{name} {REFRESH}"


def test_the_folder_of_this_repository_is_the_default(env):
    check_same(MANIFESTS, MANIFESTS.glob("*.yaml"), made(env))


def test_the_chart_of_this_repository_is_the_default(env):
    chart = MANIFESTS / "chart"
    check_same(chart, chart.rglob("*"), made(env, "--format=helm"))


def test_what_is_printed_is_what_is_written(env):
    files = made(env)
    del files["kustomization.yaml"]
    printed = env.run("manifest").stdout.decode()
    assert printed == "".join(f"---\n{files[name]}" for name in sorted(files))


def test_who_prints_without_an_image_is_told(env):
    for options, told in ([], True), (["--image=sparkhook:dev"], False), (["--image=R.example.com:5/a:B"], False):
        done = env.run("manifest", *options)
        assert done.returncode == 0 and (b"no --image" in done.stderr) == told, done
        assert told or not done.stderr, done


def test_other_options_leave_old_files_and_say_so(env):
    first = made(env)
    folder = env.dir / "made"
    (folder / "mine.yaml").write_text("a: b\n")
    done = env.run("manifest", "--certificates=files", "--replicas=1", f"--directory={folder}")
    assert done.returncode == 0, done
    left = [f"{number}-" for number in range(11, 17)] + ["40-"]
    said = done.stderr.decode().splitlines()
    assert len(said) == len(left) and all(f"/{part}" in line for part, line in zip(left, said)), said
    listed = (folder / "kustomization.yaml").read_text()
    assert not any(f"  - {part}" in listed for part in left) and "mine" not in listed, listed
    assert all((folder / name).exists() for name in first) and (folder / "mine.yaml").read_text() == "a: b\n"


def test_what_cannot_be_written_is_no_success(env):
    file = env.dir / "file"
    file.write_text("")
    for folder in (file, file / "x", env.dir / "none" / "x"):
        for form in ("yaml", "helm"):
            done = env.run("manifest", f"--format={form}", f"--directory={folder}")
            assert done.returncode == 1 and not done.stdout, done
            assert str(folder) in done.stderr.decode(), done
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([env.webhook, "manifest"], stdout=full, stderr=subprocess.PIPE, timeout=TIMEOUT, check=False)
    assert done.returncode == 1 and b"standard output" in done.stderr, done


def test_every_text_is_whole_for_every_option(env):
    """No directive is left in what comes out, and no line ends in blanks."""
    rows = [["--certificates=files"], ["--certificates=cert-manager", "--extra-san=a"], ["--kube-version=1.25", "--replicas=1"],
            ["--host-network", "--priority-class=a"], ["--only-namespace=a", "--exclude-namespace=b"],
            ["--image-pull-secret=a", "--extra-san=a", "--annotation-prefix=a.b", "--failure-policy=Ignore"]]
    for number, options in enumerate([[], *rows]):
        for form in ("yaml", "helm"):
            folder = env.dir / f"{number}-{form}"
            done = env.run("manifest", f"--format={form}", f"--directory={folder}", *options)
            assert done.returncode == 0, done
            for file in folder.rglob("*.*"):
                text = file.read_text()
                assert text.endswith("\n") and not text.endswith("\n\n"), file
                assert "%{" not in text and not re.search(r"^ *%[a-z]|[ \t]$|\t", text, re.M), file
                assert form == "helm" or "{{" not in text, file
