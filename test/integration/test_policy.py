"""What `spark-webhook policy` prints, as far as no API server is needed for it."""

import re

from harness import SOURCE

KEYS = SOURCE / "src" / "admission" / "key.c"


def printed(env, *flags):
    done = env.run("policy", *flags)
    assert done.returncode == 0 and not done.stderr, done
    return done.stdout.decode()


def kinds(text):
    return re.findall(r"^kind: (\w+)$", text, re.M)


def test_policy_prints_each_policy_with_its_binding(env):
    validating = ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"]
    assert kinds(printed(env)) == validating
    assert kinds(printed(env, "--mutating")) == validating + ["MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"]
    for text, name in (printed(env), "spark-webhook-annotations"), (printed(env, "--mutating"), "spark-webhook-annotations-mutating"):
        assert set(re.findall(r"^  (?:name|policyName): (\S+)$", text, re.M)) == {name}
        assert "%" not in re.sub(r"#.*", "", text), "something of the template is left"


def test_policy_knows_every_spelling_of_every_key(env):
    """A key that is added to the table has to come here too: the stamp alone would let it pass unhonoured."""
    spellings = re.findall(r'^    \{SPK_LIT\("([^"]+)"\)', KEYS.read_text(), re.M)
    assert len(spellings) > 20, spellings
    text = printed(env, "--mutating")
    for spelling in spellings:
        quoted = rf"'{re.escape(spelling.rstrip('.'))}'"
        listed = rf"[(|]{re.escape(spelling.rstrip('.'))}(\[\.\]\.\*)?[|)]"
        assert re.search(quoted, text) or re.search(listed, text), spelling


def test_policy_of_an_own_prefix_knows_no_other(env):
    text = printed(env, "--mutating", "--annotation-prefix=spark.team-a.example", "--name=team-a")
    assert "spark.team-a.example/" in text and "team-a-annotations" in text
    assert not re.search(r"spark-?operator\.k8s\.io", text), "the default prefix"
