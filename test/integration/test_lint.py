"""spark-webhook lint: it says what the webhook says, and the README shows what it prints."""

import json
import re
import resource

from harness import SOURCE

README = SOURCE / "README.md"
GOLDEN = SOURCE / "test" / "golden"


def lint_golden(env):
    """Each golden case without flags, and what is found in its review, of one run over all of them."""
    cases = sorted(path.parent for path in GOLDEN.glob("*/*/request.json") if not (path.parent / "flags").exists())
    done = env.run("lint", "--output=json", *[str(case / "request.json") for case in cases])
    assert done.returncode in (0, 1), done
    found = json.loads(done.stdout)["findings"]
    return [(case, [item for item in found if item["file"] == str(case / "request.json")]) for case in cases]


def is_treated(review):
    request = review["request"]
    pod = request.get("object") or {}
    return (request.get("operation") == "CREATE" and not request.get("subResource") and
            request.get("resource") == {"group": "", "version": "v1", "resource": "pods"} and
            ((pod.get("metadata") or {}).get("labels") or {}).get("spark-role") in ("driver", "executor") and
            (pod.get("spec") or {}).get("containers"))


def test_it_says_what_the_webhook_says(env):
    """Faults are the parts of the denial's message, warnings the warnings, in the answer that golden tests hold."""
    denied = 0
    for case, found in lint_golden(env):
        if not is_treated(json.loads((case / "request.json").read_text())):
            continue
        answer = json.loads((case / "answer.json").read_text())
        # the core is silent about keys of others; lint is not about those that are all but ours
        of_core = [item for item in found if "so it does nothing" not in item["message"]]
        errors = [item["message"] for item in of_core if item["level"] == "error"]
        for error in errors:
            assert error in answer.get("message", "") or "more faults" in error, f"{case}: {error!r} of {answer}"
        assert bool(errors) == (not answer["allowed"]), f"{case}: {errors} of {answer}"
        warnings = {item["message"] for item in of_core if item["level"] == "warning"}
        assert warnings == set(answer.get("warnings", [])), f"{case}: {warnings} of {answer}"
        denied += bool(errors)
    assert denied > 20, denied


def application(**spec):
    whole = {"sparkVersion": "3.5.7", "image": "spark", "mainClass": "x.Y", "mainApplicationFile": "local:///x.jar",
             "driver": {}, "executor": {}}
    return {"apiVersion": "sparkoperator.k8s.io/v1beta2", "kind": "SparkApplication",
            "metadata": {"name": "pi", "namespace": "jobs"}, "spec": {**whole, **spec}}


def review_of(given):
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": "u", "operation": "CREATE", "namespace": "jobs", "object": given,
        "resource": {"group": "sparkoperator.k8s.io", "version": "v1beta2", "resource": "sparkapplications"}}}


def test_of_applications_it_says_what_validate_says(env):
    server = env.server()
    for spec in ({}, {"type": "Scla"}, {"mode": "client", "mainApplicationFile": "file:///x"}, {"driver": {"memory": 512}},
                 {"volumes": [{"name": "a", "emtpyDir": {}}]}, {"restartPolicy": {"type": "Sometimes"}}, {"image": ""},
                 {"driver": {"nodeSelctor": {}}}, {"sparkConf": {"spark.master": "local"}}, {"sparkConf": {"a": "b"}},
                 {"sparkConf": {"spark.kubernetes.driver.annotations.a/b": "c"}}, {"failureRetries": 1}, {"driver": None},
                 {"sparkConf": {"spark.kubernetes.namespace": "other"}}, {"driver": {"podName": "A"}}):
        given = application(**spec)
        answer = server.post(review_of(given), "/validate").response
        found = json.loads(env.run("lint", "--output=json", "-", stdin=json.dumps(given).encode()).stdout)["findings"]
        errors = [item["message"] for item in found if item["level"] == "error"]
        assert bool(errors) != answer["allowed"], f"{spec}: {errors} of {answer}"
        for error in errors:
            assert error in answer["status"]["message"], f"{spec}: {error!r} of {answer}"
        warnings = [item["message"] for item in found if item["level"] == "warning"]
        assert not answer["allowed"] or sorted(warnings) == sorted(answer.get("warnings", [])), f"{spec}: {found} of {answer}"
        assert all(item["field"] and item["line"] == 1 and item["column"] > 1 for item in found), found


def test_the_place_is_that_of_the_value(env):
    """In every golden review: at the value of the annotation that it is about, or in it."""
    fields = 0
    for case, found in lint_golden(env):
        lines = (case / "request.json").read_text().split("\n")
        for item in found:
            line, at = lines[item["line"] - 1], item["column"] - 1
            if not item["key"] or "\\" in json.dumps(item["key"]) or '"annotations"' in line:
                continue  # as a whole, not as it is written, or null, which is nowhere in particular
            start = re.search(re.escape(json.dumps(item["key"], ensure_ascii=False)) + r"\s*:\s*", line).end()
            assert line[at] == '"' if at == start else at > start, f"{case}: {item}"
            fields += at != start
    assert fields > 5, fields


def test_the_readme_shows_what_it_prints(env):
    shown = re.search(r"\$ cat job\.properties\n(.*?)    \$ build/release/spark-webhook lint job\.properties\n(.*?)\n\n",
                      README.read_text(), re.S)
    given, expected = (re.sub(r"^    ", "", part, flags=re.M) for part in shown.groups())
    (env.dir / "job.properties").write_text(given)
    done = env.run("lint", str(env.dir / "job.properties"))
    assert done.returncode == 1
    assert done.stdout.decode().replace(f"{env.dir}/", "").rstrip("\n") == expected.rstrip("\n"), done.stdout.decode()


def test_what_is_found_is_one_line(env):
    """Whatever a file holds, it can't forge a line."""
    for key in "secrets.\n/x:1:1: error", "sparkconfigmap\u001b[31m", "configMap_\u2028x":
        pod = {"kind": "Pod", "metadata": {"annotations": {"spark-operator.k8s.io/" + key: "x\ny"}}}
        done = env.run("lint", "-", stdin=json.dumps(pod).encode())
        lines = done.stdout.decode().split("\n")
        assert len(lines) == 2 and lines[0].startswith("<stdin>:1:") and lines[0].isprintable(), lines
        properties = "spark.kubernetes.driver.annotations." + json.dumps(key)[1:-1].replace(" ", "\\ ") + " x\n"
        done = env.run("lint", "-", stdin=properties.encode())
        assert len(done.stdout.decode().split("\n")) == 2 and done.stdout.decode()[:-1].isprintable(), done.stdout


def test_many_findings_are_cut(env):
    lines = [f"spark.kubernetes.driver.annotations.spark-operator.k8s.io/secret.s{i} /x" for i in range(1100)]
    done = env.run("lint", "-", stdin="\n".join(lines).encode())
    assert done.returncode == 1 and done.stdout.count(b"\n") == 1000, done.stdout.count(b"\n")
    assert b"<stdin>: and 100 more" in done.stderr, done.stderr


def test_a_folder_without_anything_to_look_at(env):
    """One, too, of which all that could be looked at lies deeper."""
    (env.dir / "empty" / "deeper.yaml").mkdir(parents=True)
    (env.dir / "empty" / "deeper.yaml" / "pod.yaml").write_text("kind: Pod\nmetadata: {}\n")
    done = env.run("lint", "--strict", str(env.dir / "empty"))
    assert done.returncode == 1 and done.stderr == b"", done
    assert done.stdout.startswith(f"{env.dir}/empty:1:1: warning: nothing here".encode()), done


def test_a_file_that_cannot_be_read_does_not_hide_the_others_of_its_folder(env):
    folder = env.dir / "files"
    folder.mkdir()
    (folder / "a.yaml").symlink_to("nowhere")
    (folder / "b.conf").write_text("spark.kubernetes.driver.annotations.spark-operator.k8s.io/secret.a /x\n")
    done = env.run("lint", f"{folder}/")
    assert done.returncode == 2 and f"{folder}/a.yaml: No such file".encode() in done.stderr, done
    assert done.stdout.startswith(f"{folder}/b.conf:1:1: error:".encode()) and done.stdout.count(b"\n") == 1, done


def test_keys_that_are_all_but_ours_are_found_in_a_time_that_grows_with_their_number(env):
    """By a table: in a list, each would be looked for among all."""
    near = {f"spark-operator.k8s.i/secret.a{i}": "/x" for i in range(50000)}
    pod = {"kind": "Pod", "metadata": {"labels": {"spark-role": "driver"}, "annotations": near}, "spec": {"containers": [{"name": "a"}]}}
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = env.run("lint", "-", stdin=json.dumps(pod).encode())
    assert done.returncode == 1 and b"and 49000 more" in done.stderr, done.stderr
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 5
