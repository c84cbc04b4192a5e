"""What `spark-webhook policy --mutating` prints: the API server gives Spark pods what they ask for by itself, as the
webhook would, and refuses what it can't."""

import copy
import json

from kit import doctor, pods, policy
from kit.api import wait_for
from kit.other import OtherWebhook
from kit.webhook import pointed_at, register
from test_corpus import corpus
from test_policy import ALIAS, ASKED, OWN, P
from test_reinvocation import SIDECAR, sidecar_in_front

OWNER = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "name": "nightly", "uid": "0-1"}


def with_policy(env, *flags, prefix=P):
    policy.apply(env, "--mutating", *flags)
    trial = pods.pod("trial", annotations={prefix + "secret.trial": "/trial"})

    def both():
        treated = policy.create(env, env.namespace, trial)
        bad = policy.create(env, env.namespace, pods.pod("trial", annotations={prefix + "overlay": "{}"}))
        return treated.code == 201 and prefix + "mutated-by" in treated.body["metadata"]["annotations"] and bad.code == 422

    wait_for("both policies are in force", both)


def essence(body, prefix=P):
    """What the contract is about, without order, and without the names of volumes that it leaves to us."""
    body = pods.fresh(body)
    sources = {v["name"]: {k: f for k, f in v.items() if k != "name"} for v in body["spec"].get("volumes", [])}
    assert len(sources) == len(body["spec"].get("volumes", [])), "volumes of one name"
    body["metadata"].pop("annotations", None)
    body["spec"]["volumes"] = sorted(json.dumps(v, sort_keys=True) for v in sources.values())
    for container in body["spec"]["containers"]:
        for mount in container.get("volumeMounts", []):
            mount["name"] = sources[mount["name"]]
        container["volumeMounts"] = sorted(json.dumps(m, sort_keys=True) for m in container.get("volumeMounts", []))
        container["env"] = sorted(json.dumps(e, sort_keys=True) for e in container.get("env", []))
    return body


def check_same(env, body, what, *flags, prefix=P):
    """As the webhook, in one pass as in two; places in lists that were there don't move."""
    first = policy.accepted(env, env.namespace, body, what).body
    assert essence(first, prefix) == essence(policy.by_webhook(env, body, *flags), prefix), what
    again = policy.accepted(env, env.namespace, pods.fresh(first), f"{what}, again").body
    assert again["spec"] == first["spec"] and again["metadata"]["annotations"] == first["metadata"]["annotations"], what
    return first


def test_policy_mutates_corpus_pods_as_the_webhook_does(env):
    with_policy(env)
    for name, body in corpus():
        if pods.annotated(body):
            after = check_same(env, body, name)
            pods.check_kept(env.plain(body), after)
            assert after["metadata"]["annotations"][pods.STAMP].startswith("sparkhook-policy/"), name
        else:
            after = policy.accepted(env, env.namespace, body, name).body
            before = env.plain(body)
            assert after["spec"] == before["spec"] and after["metadata"].get("annotations") == before["metadata"].get("annotations"), name


def test_policy_mutates_by_every_key_in_every_spelling(env):
    with_policy(env)
    for name, annotations in ASKED.items():
        for role in ("driver", "executor"):
            check_same(env, pods.pod("pi", role, annotations), name)
    for key in (P + "ownerReference", ALIAS + "owner-reference"):
        for more in ({}, {"controller": True}, {"controller": False, "blockOwnerDeletion": True}):
            after = check_same(env, pods.pod("pi", annotations={key: json.dumps({**OWNER, **more})}), key)
            assert after["metadata"]["ownerReferences"] == [{**OWNER, **more}], after["metadata"]


def test_policy_mutates_the_spark_container(env):
    with_policy(env)
    for role in ("driver", "executor"):
        for hidden in range(8):
            body = pods.pod("pi", role, ASKED["fixed"])
            spark = body["spec"]["containers"][0]
            if hidden & 1:
                spark["env"] = spark["env"][1:]
            if hidden & 2:
                spark["name"] = "template"
            if hidden & 4:
                del spark["args"]
            beside = {"name": "mesh", "image": "none", "env": [{"name": "SPARK_CONF_DIR", "value": "/its/own"}]}
            bare = {"name": "bare", "image": "none", "args": ["sidecar"]}
            for containers in ([beside, spark], [spark, beside], [bare, beside, spark]):
                # Where nothing is left to tell it by, the webhook takes the first, and so must the policy.
                body["spec"]["containers"] = copy.deepcopy(containers)
                check_same(env, body, f"{role} {hidden} {[c['name'] for c in containers]}")
    both = pods.pod("pi", "driver", ASKED["fixed"])
    both["spec"]["containers"].insert(0, {**copy.deepcopy(both["spec"]["containers"][0]), "name": "also"})
    check_same(env, both, "two with the environment of Spark")


def test_policy_leaves_what_is_there(env):
    with_policy(env)
    body = pods.pod("pi", annotations={**ASKED["fixed"], P + "configMap.c": "/c", P + "GCPServiceAccount.g": "/g"})
    spark = body["spec"]["containers"][0]
    spark["env"] += [{"name": "HADOOP_CONF_DIR", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                     {"name": "SPARK_CONF_DIR", "value": "/the/last/counts"},
                     {"name": "GOOGLE_APPLICATION_CREDENTIALS", "value": "/g/key.json"}]
    body["spec"]["volumes"] += [{"name": "mine", "configMap": {"name": "c"}}, {"name": "g-secret-volume", "secret": {"secretName": "g"}}]
    spark["volumeMounts"].append({"name": "mine", "mountPath": "//c/"})
    after = check_same(env, body, "a part of it is there")
    names = [e["name"] for e in pods.spark_container(after)["env"]]
    assert names == [e["name"] for e in spark["env"]], f"variables moved: {names}"
    stamped = pods.fresh(policy.by_webhook(env, body))
    after = policy.accepted(env, env.namespace, stamped, "treated by the webhook").body
    assert after["spec"] == policy.by_webhook(env, stamped)["spec"]
    assert after["metadata"]["annotations"] == stamped["metadata"]["annotations"]
    del body["spec"]["volumes"], spark["env"], spark["volumeMounts"]
    check_same(env, body, "no lists at all")


def test_policy_mutates_again_what_other_webhooks_change(env):
    with_policy(env)
    late = P + "configMap.late"

    def mutate(pod):
        added = {"op": "add", "path": "/metadata/annotations/" + late.replace("/", "~1"), "value": "/etc/late"}
        return sidecar_in_front(pod) + ([] if late in pod["metadata"]["annotations"] else [added])

    other = OtherWebhook(env.folder, mutate)
    env.later(other.stop)
    configuration = other.configuration(f"zzz-other-{env.unique}")
    pointed = pointed_at(configuration, configuration["metadata"]["name"], env.namespace, other.url, other.ca)
    register(env, pointed, lambda pod: pod["spec"]["containers"][0]["name"] == SIDECAR["name"])
    body = pods.pod("pi", annotations=ASKED["fixed"])
    after = policy.accepted(env, env.namespace, body, "beside another webhook").body
    assert after["spec"]["containers"][0]["env"] == SIDECAR["env"] and not after["spec"]["containers"][0].get("volumeMounts")
    for wish in pods.wishes({**ASKED["fixed"], late: "/etc/late"}):
        pods.check_wish(after, after, wish)


def items(*fields):
    return json.dumps([dict(fields)])


# What the webhook refuses, and what an expression can't say: each is refused, never lost.
FAULTS = {
    "a relative path": {P + "configMap.c": "c"},
    "no path": {P + "secret.s": ""},
    "the root": {P + "secret.s": "//"},
    "over Spark": {P + "configMap.c": "/opt/spark/"},
    "a step back": {P + "configMap.c": "/a/../b"},
    "a colon": {P + "configMap.c": "/a:b"},
    "a line break": {P + "configMap.c": "/a\nb"},
    "no name": {P + "sparkConfigMap": ""},
    "no object's name": {P + "hadoopConfigMap": "A_b"},
    "a key of upper case": {P + "secret.S": "/s"},
    "retired": {ALIAS + "tolerations.1": "x"},
    "overlay": {P + "overlay": "{}"},
    "sparkDefaults": {P + "sparkDefaults": "load"},
    "a shorthand": {P + "secretEnv.A": "s/k"},
    "another": {P + "gpu": "nvidia.com/gpu=1"},
    "a key file's name": {P + "GCPServiceAccountKey.g": "a.json"},
    "owner in base64": {P + "ownerReference": "Cgp2MQ=="},
    "owner without uid": {P + "ownerReference": json.dumps({k: v for k, v in OWNER.items() if k != "uid"})},
    "owner with more": {P + "ownerReference": json.dumps({**OWNER, "more": "x"})},
    "owner twice": {P + "ownerReference": json.dumps(OWNER)[:-1] + ', "uid": "0-2"}'},
    "no list": {P + "configMaps": '{"name":"a","path":"/a"}'},
    "no JSON": {P + "secrets": '[{"name":"a","path":"/a"},]'},
    "half an item": {P + "configMaps": '[{"name":"a","path":"/a"},{"name":"b"}]'},
    "an item too much of one": {P + "configMaps": '[{"name":"a","name":"b","path":"/a"},{"path":"/b"}]'},
    "a type of ConfigMap": {P + "configMaps": items(("name", "a"), ("path", "/a"), ("type", "Generic"))},
    "an unknown type": {P + "secrets": items(("name", "a"), ("path", "/a"), ("type", "Other"))},
    "an escaped name": {P + "configMaps": '[{"name":"\\u0061","path":"/a"}]'},
    "a brace": {P + "configMaps": '[{"name":"a","path":"/a{"}]'},
}
CONFLICTS = {
    "one path for two": {P + "configMap.a": "/x", P + "secret.b": "/x/"},
    "one volume's name for two": {P + "configMap.a-secret": "/x", P + "secret.a": "/y"},
    "Spark's own path": {P + "configMap.a": "/opt/spark/conf"},
    "one variable for two": {P + "GCPServiceAccount.a": "/a", P + "GCPServiceAccount.b": "/b"},
}


def test_policy_refuses_what_it_can_not_do(env):
    with_policy(env)
    for cases, says in (FAULTS, "can not be honoured"), (CONFLICTS, "does not have what its annotation"):
        for what, annotations in cases.items():
            body = pods.pod("pi", annotations={**annotations, P + "configMap.good": "/good"})
            policy.refused(env, env.namespace, body, what, says, *(key for key in annotations if len(annotations) == 1))
    taken = pods.pod("pi", annotations={P + "configMap.c": "/c"})
    taken["spec"]["volumes"].append({"name": "c-volume", "emptyDir": {}})
    policy.refused(env, env.namespace, taken, "a volume's name is taken", "configMap.c", "taken")
    policy.accepted(env, env.namespace, pods.pod("pi", annotations={P + "nonsense": "x"}), "an unknown key")


def test_policy_that_mutates_is_bounded(env):
    with_policy(env)
    for number in (5000, 20000):
        body = pods.pod("pi", annotations={**{f"e/{i}": "" for i in range(number)}, P + "secret.x": "/x"})
        policy.refused(env, env.namespace, body, f"{number}", "more than 4096 annotations")
    body = pods.pod("pi", annotations={**{f"e/{i}": "" for i in range(4000)}, P + "secret.x": "/x"})
    check_same(env, body, "4000 of others")
    many = pods.pod("pi", annotations={f"{P}secret.s{i}": f"/s/{i}" for i in range(255)})
    check_same(env, many, "255 wishes")


def test_policy_that_mutates_for_its_own_prefix(env):
    with_policy(env, f"--annotation-prefix={OWN}", prefix=OWN + "/")
    annotations = {OWN + "/spark-configmap": "s", OWN + "/secret.s": "/s", P + "secret.other": "/other", ALIAS + "overlay": "x"}
    check_same(env, pods.pod("pi", annotations=annotations), "own", f"--annotation-prefix={OWN}", prefix=OWN + "/")
    default = pods.pod("pi", annotations={P + "secret.other": "/other"})
    assert policy.accepted(env, env.namespace, default, "the default instance's").body["spec"] == env.plain(default)["spec"]


def test_policy_mutates_generated_pods_as_the_webhook_does_or_refuses_them(env):
    """What the webhook refuses is never let through; what it mutates comes out the same, or is refused."""
    with_policy(env)
    same, refused, left_out = 0, 0, 0
    for seed, body in policy.generated(200):
        if policy.create(env, "default", body).code != 201:
            continue
        wanted, answer = policy.by_webhook(env, body), policy.create(env, env.namespace, body)
        assert answer.code in (201, 422) and "resulted in error" not in answer.message, f"{seed}: {answer.message}"
        if wanted is None:
            assert answer.code == 422, f"{seed}: what the webhook refuses is let through"
            refused += 1
        elif answer.code == 422:
            assert "taken by something else" in answer.message, f"{seed}: {answer.message}"
            left_out += 1
        else:
            assert essence(answer.body) == essence(wanted), f"{seed}: not as the webhook"
            same += 1
    assert same > 60 and refused > 30 and left_out < same / 4, (same, refused, left_out)


def test_policy_and_the_one_that_mutates_are_removed_apart(env):
    """Neither takes the other along."""
    flags = [f"--name=policy-{env.unique}", f"--only-namespace={env.namespace}"]
    for first, second in ([], ["--mutating"]), (["--mutating"], []):
        policy.apply(env)
        policy.apply(env, "--mutating")
        kept = policy.printed(env, *flags, *second)
        done = env.kubectl("delete", "-f", "-", stdin=policy.printed(env, *flags, *first))
        assert done.returncode == 0, done.stderr
        done = env.kubectl("get", "-f", "-", stdin=kept)
        assert done.returncode == 0, done.stderr


def test_doctor_knows_the_policy_that_treats_pods_without_a_webhook(env):
    with_policy(env)
    name = f"--name=policy-{env.unique}"
    flags = [name, f"--namespace={env.namespace}", f"--pod-namespace={env.namespace}"]
    found = doctor.run(env, *flags)
    assert found.code == 0, found.text
    found.expect("trial", "ok", "was treated by the policy", "sparkhook-policy/")
    found.expect("policy", "ok", "treats pods, without a webhook")
    # With the webhook as well, one too many.
    env.webhook
    found = doctor.run(env, *flags, f"--webhook-configuration=zz-spark-webhook-{env.unique}")
    found.expect("policy", "warn", "both treat pods", "run one of the two")
