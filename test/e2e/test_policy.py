"""What `spark-webhook policy` prints: an API server that has it runs no Spark pod without what the pod asks for."""

import copy
import json

from kit import pods, policy
from kit.api import wait_for
from kit.webhook import register
from test_corpus import corpus

P, ALIAS = pods.PREFIXES
OWN = "spark.team-a.example"
STAMPED = {pods.STAMP: "sparkhook/0.1.0"}
VARIABLES = {"SPARK_CONF_DIR", "HADOOP_CONF_DIR", "GOOGLE_APPLICATION_CREDENTIALS", "HADOOP_TOKEN_FILE_LOCATION"}

# Every key that gives a volume, in every spelling and with values that are not written as they are mounted.
ASKED = {
    "keyed": {P + "configMap.a.b": "/x//y/", P + "secret.s": "/s/./", P + "GCPServiceAccount.g": "/g$x",
              P + "HadoopDelegationToken.t": "/t"},
    "fixed": {P + "sparkConfigMap": "s", P + "hadoopConfigMap": "h"},
    "dashed": {P + "spark-configmap": "s", P + "hadoop-config-map": "h", P + "configmap.c": "/c"},
    "aliases": {ALIAS + "spark-config-map": "s", ALIAS + "hadoop-configmap": "h", ALIAS + "configMap.c": "/c",
                ALIAS + "secret.s": "/s", ALIAS + "configmap.d": "/d"},
    "disagreeing": {P + "configMap.a": "/a", P + "configmap.a": "/b", ALIAS + "configMap.a": "/c", ALIAS + "configmap.a": "/d",
                    P + "secret.q": "/q", ALIAS + "secret.q": "/r", P + "spark-configmap": "s", ALIAS + "sparkConfigMap": "t"},
    "lists": {P + "configMaps": '[{"name":"a.b","path":"/etc//a/"},{"path" : "/b", "name" : "b"}]',
              P + "secrets": '[{"name":"s","path":"/s","type":"GCPServiceAccount"},'
                             '{"name":"t","path":"/$t","type":"HadoopDelegationToken"},{"name":"u","path":"/u"}]'},
}


def with_webhook(env, *flags):
    """(a namespace with webhook and policy, one with the policy alone)"""
    env.webhook
    bare = policy.second_namespace(env)
    policy.apply(env, *flags, namespaces=[env.namespace, bare])
    policy.wait_refuses(env, bare, P[:-1])
    return env.namespace, bare


def forged(body):
    copied = copy.deepcopy(body)
    copied["metadata"]["annotations"].update(STAMPED)
    return copied


def test_policy_accepts_what_the_webhook_mutates_and_nothing_else(env):
    treated, bare = with_webhook(env)
    for name, body in corpus():
        policy.accepted(env, treated, body, name)
        if not pods.annotated(body):
            policy.accepted(env, bare, body, name)
            continue
        policy.refused(env, bare, body, name, "nothing has treated it", "webhook policy-")
        if pods.wishes(body["metadata"]["annotations"]):
            policy.refused(env, bare, forged(body), name, "says that the webhook has treated it")


def lacking(body):
    """The pod with one thing of ours less, in every way."""
    for volume in body["spec"]["volumes"][1:]:
        short = copy.deepcopy(body)
        container = pods.spark_container(short)
        short["spec"]["volumes"] = [v for v in short["spec"]["volumes"] if v["name"] != volume["name"]]
        container["volumeMounts"] = [m for m in container["volumeMounts"] if m["name"] != volume["name"]]
        yield f"volume {volume['name']}", short
    for number, mount in enumerate(pods.spark_container(body)["volumeMounts"][1:], 1):
        for field, value in (("mountPath", "/elsewhere"), ("subPath", "part")):
            moved = copy.deepcopy(body)
            pods.spark_container(moved)["volumeMounts"][number][field] = value
            yield f"{field} of {mount['name']}", moved
    for number, variable in enumerate(pods.spark_container(body)["env"]):
        if variable["name"] in VARIABLES and variable["value"] != "/opt/spark/conf":
            other = copy.deepcopy(body)
            pods.spark_container(other)["env"].append({"name": variable["name"], "value": "/elsewhere"})
            yield f"variable {variable['name']}", other


def test_policy_knows_every_key_in_every_spelling(env):
    treated, bare = with_webhook(env)
    for name, annotations in ASKED.items():
        body = pods.pod("pi", annotations=annotations)
        policy.refused(env, bare, body, name, "nothing has treated it")
        policy.refused(env, bare, forged(body), name, "says that the webhook has treated it")
        mutated = pods.fresh(policy.accepted(env, treated, body, name).body)
        policy.accepted(env, bare, mutated, name)
        shorter = list(lacking(mutated))
        assert len(shorter) > 3 * len(mutated["spec"]["volumes"][1:]) - 1, name
        for what, short in shorter:
            policy.refused(env, bare, short, f"{name} without {what}", "does not have what its annotation")


def test_policy_knows_what_a_key_file_is_called(env):
    policy.apply(env)
    policy.wait_refuses(env, env.namespace, P[:-1])
    body = pods.pod("pi", annotations={P + "GCPServiceAccount.g": "/g", P + "GCPServiceAccountKey.g": "a.json"})
    made = pods.fresh(policy.by_webhook(env, body))
    policy.accepted(env, env.namespace, made, "the file that was asked for")
    variable = next(e for e in pods.spark_container(made)["env"] if e["name"] == "GOOGLE_APPLICATION_CREDENTIALS")
    assert variable["value"] == "/g/a.json", variable
    variable["value"] = "/g/key.json"
    policy.refused(env, env.namespace, made, "another file", "does not have what its annotation", "GCPServiceAccount.g")


def test_policy_lets_an_overlay_set_what_another_annotation_would(env):
    treated, bare = with_webhook(env)
    overlay = {"sparkContainer": {"env": [{"name": "HADOOP_CONF_DIR", "value": "/mine"}]}}
    for prefix in P, ALIAS:
        body = pods.pod("pi", annotations={P + "hadoopConfigMap": "h", P + "secret.s": "/s", prefix + "overlay": json.dumps(overlay)})
        policy.refused(env, bare, body, "an overlay", "nothing has treated it")
        policy.refused(env, bare, forged(body), "an overlay, stamped", "does not have what its annotation")
        made = pods.fresh(policy.accepted(env, treated, body, "an overlay, mutated").body)
        assert {"name": "HADOOP_CONF_DIR", "value": "/mine"} in pods.spark_container(made)["env"], made
        policy.accepted(env, bare, made, "an overlay, mutated elsewhere")
        for what, short in lacking(made):
            if not what.startswith("variable "):
                policy.refused(env, bare, short, f"an overlay without {what}", "does not have what its annotation")


def test_policy_leaves_others_in_peace(env):
    _, bare = with_webhook(env)
    foreign = {"team": "a", "example.com/spark-operator.k8s.io": "b", "spark-operator.k8s.io": "c", OWN + "/secret.s": "/s"}
    policy.accepted(env, bare, pods.pod("pi", annotations=foreign), "foreign annotations")
    not_spark = pods.pod("pi", annotations={P + "secret.s": "/s"})
    not_spark["metadata"]["labels"] = {}
    policy.accepted(env, bare, not_spark, "a pod that is not Spark's")
    for key in ("nonsense", "ownerReference", "sparkDefaults"):
        body = pods.pod("pi", annotations={P + key: "x"})
        policy.refused(env, bare, body, key)
        policy.accepted(env, bare, forged(body), f"{key}, stamped")
    policy.refused(env, bare, pods.pod("pi", annotations={**STAMPED, P + "configMap.x": "x/y"}), "a relative path, stamped")


def test_policy_is_bounded(env):
    treated, bare = with_webhook(env)
    for number in (4096, 5000, 20000):
        others = {f"e/{i}": "" for i in range(number - 1)}
        one = {**others, P + "secret.x": "/x"}
        if number <= 4096:
            policy.accepted(env, bare, pods.pod("pi", annotations=others), f"{number} of others")
            policy.refused(env, bare, pods.pod("pi", annotations=one), f"{number}", "nothing has treated it")
            # The stamp makes them one more.
            del one["e/0"]
            policy.accepted(env, treated, pods.pod("pi", annotations=one), f"{number}, mutated")
        else:
            policy.refused(env, bare, pods.pod("pi", annotations=one), f"{number}", "more than 4096 annotations")
            policy.refused(env, bare, forged(pods.pod("pi", annotations=one)), f"{number}", "more than 4096 annotations")
    many = pods.pod("pi", annotations={f"{P}secret.s{i}": f"/s/{i}" for i in range(255)})
    policy.refused(env, bare, forged(many), "255 wishes", "254 more")
    mutated = pods.fresh(policy.accepted(env, treated, many, "255 wishes, mutated").body)
    mounts = pods.spark_container(mutated)["volumeMounts"]
    beside = {"name": "beside", "image": "none", "volumeMounts": mounts[:100000 // len(mutated["spec"]["volumes"]) - len(mounts)]}
    mutated["spec"]["containers"].insert(0, beside)
    policy.accepted(env, bare, mutated, "as many volumes and mounts as may be")
    beside["volumeMounts"] = mounts
    policy.refused(env, bare, mutated, "more than that", "more volumes and mounts")


def test_policy_holds_where_the_registration_ignores_failures(env):
    webhook = env.webhook
    bare = policy.second_namespace(env)
    policy.apply(env, namespaces=[bare])
    policy.wait_refuses(env, bare, P[:-1])
    configuration = env.configuration(webhook)
    configuration["metadata"]["name"] += "-dead"
    for part in configuration["webhooks"]:
        part["failurePolicy"] = "Ignore"
        part["clientConfig"]["url"] = "https://127.0.0.1:1/mutate"
        part["namespaceSelector"] = {"matchLabels": {"kubernetes.io/metadata.name": bare}}
    # Without a policy in the way the pod on trial is created, bare.
    register(env, configuration, lambda pod: True)
    policy.refused(env, bare, pods.pod("pi", annotations={P + "secret.s": "/s"}), "no webhook", "nothing has treated it")


def test_policy_of_an_instance_with_its_own_prefix(env):
    policy.apply(env, f"--annotation-prefix={OWN}")
    policy.wait_refuses(env, env.namespace, OWN)
    default = {P + "sparkConfigMap": "s", ALIAS + "secret.s": "/s"}
    policy.accepted(env, env.namespace, pods.pod("pi", annotations=default), "the default instance's")
    own = {OWN + "/configmap.c": "/c", OWN + "/spark-config-map": "s"}
    policy.refused(env, env.namespace, pods.pod("pi", annotations=own), "own", OWN)
    stamp = {OWN + "/mutated-by": "sparkhook/0.1.0"}
    policy.refused(env, env.namespace, pods.pod("pi", annotations={**own, **stamp}), "own, stamped", OWN)
    policy.accepted(env, env.namespace, pods.pod("pi", annotations={**default, **stamp}), "stamped only")


def test_policy_that_warns(env):
    policy.apply(env, "--action=Warn")
    body = pods.pod("pi", annotations={P + "secret.s": "/s"})
    answer = wait_for("the policy warns", lambda: next((a for a in [policy.create(env, env.namespace, body)] if a.warnings), None))
    assert answer.code == 201 and "nothing has treated it" in answer.warnings[0], answer.warnings


def test_policy_agrees_with_the_webhook_about_generated_pods(env):
    bare = env.namespace
    policy.apply(env)
    policy.wait_refuses(env, bare, P[:-1])
    mutated, denied, stamped = 0, 0, 0
    for seed, body in policy.generated(200):
        if policy.create(env, "default", body).code != 201:
            continue
        wanted = policy.by_webhook(env, body)
        if not pods.annotated(body):
            policy.accepted(env, bare, body, f"{seed}, not ours")
        elif pods.STAMP not in body["metadata"]["annotations"]:
            policy.refused(env, bare, body, f"{seed}, not mutated")
        if wanted is not None:
            policy.accepted(env, bare, pods.fresh(wanted), f"{seed}, mutated")
            mutated += 1
        elif pods.annotated(body):
            stamped += policy.create(env, bare, forged(body)).code == 201
            denied += 1
    # A stamp on what the webhook denies can stand where all is there, or nothing is known to be asked for.
    assert mutated > 80 and denied > 30 and stamped < denied / 5, (mutated, denied, stamped)
