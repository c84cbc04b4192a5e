"""manifest/ is what an administrator applies: the API server takes each file without a word of warning."""

import json

from kit.webhook import CONFIGURATION, MANIFESTS


def test_manifests_apply_without_a_warning(env):
    files = sorted(MANIFESTS.glob("*.yaml"))
    assert len(files) >= 7, files
    # The others live in this one, so a trial run is not enough for it.
    first = env.kubectl("apply", "-f", str(files[0]))
    assert first.returncode == 0 and not first.stderr, first.stderr
    for file in files:
        done = env.kubectl("apply", "--dry-run=server", "-f", str(file))
        assert done.returncode == 0, f"{file.name}: {done.stderr}"
        assert not done.stderr, f"{file.name} warns: {done.stderr}"


def test_manifest_folder_applies_as_a_whole(env):
    done = env.kubectl("apply", "--dry-run=server", "-f", str(MANIFESTS))
    # On a bare cluster the namespace is not there yet in a trial run; nothing else may be wrong.
    complaints = [line for line in done.stderr.splitlines() if 'namespaces "sparkhook" not found' not in line]
    assert not complaints, complaints


def test_every_manifest_is_one_labelled_object(env):
    for file in sorted(MANIFESTS.glob("*.yaml")):
        done = env.kubectl("create", "--dry-run=client", "-o", "json", "-f", str(file))
        assert done.returncode == 0, done.stderr
        labels = json.loads(done.stdout)["metadata"]["labels"]
        assert labels["app.kubernetes.io/part-of"] == "sparkhook", file.name
        assert labels["app.kubernetes.io/name"], file.name


def test_registration_carries_no_ca_bundle(env):
    done = env.kubectl("create", "--dry-run=client", "-o", "json", "-f", str(CONFIGURATION))
    configuration = json.loads(done.stdout)
    assert configuration["metadata"]["name"].startswith("zz-")
    for webhook in configuration["webhooks"]:
        assert "caBundle" not in webhook["clientConfig"]
        assert webhook["failurePolicy"] == "Fail" and webhook["reinvocationPolicy"] == "IfNeeded"
