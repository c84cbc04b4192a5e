"""spark-webhook lint: it says what the webhook says, and the README shows what it prints."""

import json
import re

from harness import SOURCE

README = SOURCE / "README.md"
GOLDEN = SOURCE / "test" / "golden"


def lint(env, *args, stdin=b""):
    done = env.run("lint", "--output=json", *args, stdin=stdin)
    assert done.returncode in (0, 1), done
    return json.loads(done.stdout)["findings"]


def is_treated(review):
    request = review["request"]
    pod = request.get("object") or {}
    return (request.get("operation") == "CREATE" and not request.get("subResource") and
            request.get("resource") == {"group": "", "version": "v1", "resource": "pods"} and
            ((pod.get("metadata") or {}).get("labels") or {}).get("spark-role") in ("driver", "executor") and
            (pod.get("spec") or {}).get("containers"))


def test_it_says_what_the_webhook_says(env):
    """Of every golden review: the faults are the parts of the denial's message, warnings the warnings."""
    denied = 0
    for case in sorted(path.parent for path in GOLDEN.glob("*/*/request.json")):
        text = (case / "request.json").read_text()
        flags = (case / "flags").read_text().split() if (case / "flags").exists() else []
        if not is_treated(json.loads(text)) or any(flag.startswith("--on-") for flag in flags):
            continue
        response = json.loads(env.run("mutate", *flags, stdin=text.encode()).stdout)["response"]
        found = lint(env, *flags, "-", stdin=text.encode())
        # the core is silent about keys of others; lint is not about those that are all but ours
        of_core = [item for item in found if "so it does nothing" not in item["message"]]
        errors = [item["message"] for item in of_core if item["level"] == "error"]
        message = response.get("status", {}).get("message", "")
        for error in errors:
            assert error in message or "more faults" in error, f"{case}: {error!r} is not in {message!r}"
        assert bool(errors) == (not response["allowed"]), f"{case}: {errors} of {response}"
        warnings = {item["message"] for item in of_core if item["level"] == "warning"}
        assert warnings == set(response.get("warnings", [])), f"{case}: {warnings} of {response}"
        denied += bool(errors)
    assert denied > 20, denied


def test_the_place_is_that_of_the_value(env):
    """In every golden review: at the value of the annotation that it is about, or in it."""
    fields = 0
    for case in sorted(path.parent for path in GOLDEN.glob("*/*/request.json")):
        lines = (case / "request.json").read_text().split("\n")
        flags = (case / "flags").read_text().split() if (case / "flags").exists() else []
        flags = [flag for flag in flags if not flag.startswith("--on-")]
        for item in lint(env, *flags, str(case / "request.json")):
            if not item["key"] or "\\" in json.dumps(item["key"]):
                continue
            line, at = lines[item["line"] - 1], item["column"] - 1
            if '"annotations"' in line:
                continue  # the value is null, which is nowhere in particular
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


def test_a_directory_is_no_file(env):
    done = env.run("lint", str(env.dir))
    assert done.returncode == 2 and str(env.dir).encode() in done.stderr and done.stdout == b"", done
