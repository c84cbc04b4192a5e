"""Pods that may be, from a source of chance: annotations, good and bad, and what is in their way."""

import json

PREFIXES = ["spark-operator.k8s.io/"] * 4 + ["sparkoperator.k8s.io/", "example.com/"]
OBJECTS = ["a", "b", "a-secret", "conf", "a.b", "a-b", "spark-config-map", "x" * 60, "Bad_Name", ""]
PATHS = ["/etc/a", "/etc/a/", "//etc/./a", "/etc/b", "/etc/spark/conf", "/opt/spark/conf",
         "/opt/spark", "/", "relative", "/a/../b", "/a:b", "/data/x", "", "/etc/\n"]
KEYED = ["configMap.", "configmap.", "secret.", "GCPServiceAccount.", "HadoopDelegationToken."]
PLAIN = ["sparkConfigMap", "spark-configmap", "hadoopConfigMap", "hadoop-config-map"]
ODD = ["overlay", "affinity", "sparkConfigmapp", "mutated-by", "volumes.x", "tolerations.t1"]
ENV = ["SPARK_CONF_DIR", "HADOOP_CONF_DIR", "GOOGLE_APPLICATION_CREDENTIALS", "HOME", "PATH"]


def good_or(rnd, good, bad_share, choices):
    return rnd.choice(choices) if rnd.random() < bad_share else rnd.choice(good)


def list_value(rnd, secrets):
    items = []
    for _ in range(rnd.randrange(4)):
        item = {"name": good_or(rnd, OBJECTS[:8], .1, OBJECTS), "path": f"/l/{rnd.randrange(6)}"}
        if secrets and rnd.random() < .5:
            item["type"] = rnd.choice(["Generic", "GCPServiceAccount", "HadoopDelegationToken"])
        items.append(item)
    return json.dumps(items) if rnd.random() < .95 else rnd.choice(["[", "{}", "null", "[1]"])


def annotation(rnd):
    prefix, form = rnd.choice(PREFIXES), rnd.random()
    if form < .45:
        good = [f"/m/{rnd.randrange(12)}"] + PATHS[:4]
        return prefix + rnd.choice(KEYED) + good_or(rnd, OBJECTS[:8], .03, OBJECTS), \
            good_or(rnd, good, .05, PATHS)
    if form < .75:
        return prefix + rnd.choice(PLAIN), good_or(rnd, OBJECTS[:8], .05, OBJECTS)
    if form < .85:
        secrets = rnd.random() < .5
        return prefix + ("secrets" if secrets else "configMaps"), list_value(rnd, secrets)
    if form < .93:
        owner = {"apiVersion": "v1", "kind": "X", "name": "n", "uid": f"u{rnd.randrange(3)}"}
        if rnd.random() < .5:
            owner["controller"] = rnd.random() < .5
        return prefix + rnd.choice(["ownerReference", "owner-reference"]), json.dumps(owner)
    if form < .98:
        return "example.com/" + str(rnd.randrange(9)), "x\u0001\U0001f600"
    return prefix + rnd.choice(ODD), "sparkhook/test"


def volume(rnd, number):
    source = rnd.choice([{"emptyDir": {}}, {"configMap": {"name": rnd.choice(OBJECTS[:8])}},
                         {"secret": {"secretName": rnd.choice(OBJECTS[:8])}},
                         {"configMap": {"name": "a", "items": [{"key": "k", "path": "p"}]}}])
    name = rnd.choice(["a-volume", "a-secret-volume", "conf-volume", "spark-config-map-volume"])
    return {"name": name if number == 0 else f"v{number}", **source}


def container(rnd, role, number, volumes):
    made = {"name": rnd.choice([f"c{number}", "spark-kubernetes-driver", "executor"])}
    if rnd.random() < .8:
        made["env"] = [{"name": name, "value": rnd.choice(["/opt/spark/conf", "x", ""])}
                       if rnd.random() < .8 else {"name": name, "valueFrom": {"fieldRef": {}}}
                       for name in rnd.choices(ENV, k=rnd.randrange(5))]
        if rnd.random() < .5:
            mark = "SPARK_DRIVER_BIND_ADDRESS" if role == "driver" else "SPARK_EXECUTOR_ID"
            made["env"].append({"name": mark, "value": "1"})
    if rnd.random() < .8:
        paths = rnd.sample(["/opt/spark/conf", "/etc/a", "/etc//b/", "/data", "/m/1/", "/m/2"],
                           k=rnd.randrange(4))
        made["volumeMounts"] = [{"name": rnd.choice(volumes)["name"], "mountPath": path,
                                 **({"subPath": "s"} if rnd.random() < .1 else {})}
                                for path in paths] if volumes else []
    if rnd.random() < .5:
        made["args"] = [rnd.choice([role, "proxy"])]
    return made


def pod(rnd):
    role = rnd.choice(["driver", "executor"])
    volumes = [volume(rnd, n) for n in range(rnd.randrange(5))]
    metadata = {"labels": {"spark-role": role, "spark-app-selector": "spark-1"}, "name": "p",
                "annotations": dict(annotation(rnd) for _ in range(rnd.randrange(8)))}
    if rnd.random() < .4:
        metadata["ownerReferences"] = [{"apiVersion": "v1", "kind": "Pod", "name": "d",
                                        "uid": f"u{rnd.randrange(3)}", "controller": True}]
    spec = {"containers": [container(rnd, role, n, volumes) for n in range(1 + rnd.randrange(3))]}
    if volumes or rnd.random() < .5:
        spec["volumes"] = volumes
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


FILES = [["--properties-file", "/opt/spark/conf/spark.properties"]] * 6 + [
    ["--properties-file=/etc/a/x"], ["--properties-file", "/etc/b/../x"], ["--load-spark-defaults"], []]


def ask_defaults(rnd, made):
    """More of some pods: the arguments of a driver, and that it reads spark-defaults.conf."""
    if rnd.random() < .7:
        return made
    for each in made["spec"]["containers"]:
        each["args"] = ["driver", *rnd.choice([["--class", "Main"], []]), *rnd.choice(FILES), "main.jar", "--properties-file"]
    made["metadata"]["annotations"][rnd.choice(PREFIXES) + "sparkDefaults"] = rnd.choice(["load"] * 4 + ["native", "x"])
    if rnd.random() < .8:
        made["metadata"]["annotations"]["spark-operator.k8s.io/sparkConfigMap"] = rnd.choice(OBJECTS[:8])
    return made


NAMES = ["a", "b", "a-volume", "v1", "c0", "c1", "main", "A", "HADOOP_CONF_DIR", "spark-conf-volume-x", "SPARK_USER"]


def some(rnd, **choices):
    """An object with some of the members."""
    return {key: make() for key, make in choices.items() if rnd.random() < .4}


def several(rnd, make, most=3):
    return [make() for _ in range(rnd.randrange(most))]


def overlay_container(rnd, named):
    def name():
        return good_or(rnd, NAMES[:9], .03, NAMES)

    def variable():
        return {"name": name(), **rnd.choice([{"value": "x"}, {"value": ""}, {}, {"valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                                              {"valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}}])}

    def mount():
        return {"name": name(), "mountPath": good_or(rnd, [f"/o/{rnd.randrange(9)}", "/o//1/", "/m/1"], .1, PATHS)}

    made = some(rnd, env=lambda: several(rnd, variable), volumeMounts=lambda: several(rnd, mount), image=lambda: "x:1", stdin=lambda: rnd.random() < .5,
                ports=lambda: several(rnd, lambda: {"containerPort": rnd.choice([80, 81]), **some(rnd, protocol=lambda: "UDP")}),
                resources=lambda: {"limits": {"cpu": rnd.choice([1, 0.5, "500m", "1"])}},
                envFrom=lambda: several(rnd, lambda: {"configMapRef": {"name": name()}}),
                securityContext=lambda: some(rnd, runAsUser=lambda: 1, capabilities=lambda: {"drop": ["ALL"]}))
    return {"name": f"c{rnd.randrange(5)}", **made} if named else made


def overlay(rnd):
    """An overlay as people write them, with a fault now and then."""
    def spec():
        return some(rnd, tolerations=lambda: several(rnd, lambda: {"key": rnd.choice("ab"), "operator": "Exists"}), hostNetwork=lambda: rnd.random() < .5,
                    nodeSelector=lambda: {rnd.choice("ab"): "x"}, priorityClassName=lambda: rnd.choice(["high", ""]), schedulerName=lambda: "x",
                    volumes=lambda: several(rnd, lambda: {"name": good_or(rnd, NAMES[:4], .03, NAMES), **rnd.choice(
                        [{"emptyDir": {}}, {"configMap": {"name": "a"}}, {"secret": {"secretName": "a"}}, {}])}),
                    containers=lambda: several(rnd, lambda: overlay_container(rnd, True)),
                    initContainers=lambda: several(rnd, lambda: overlay_container(rnd, True)),
                    affinity=lambda: {"nodeAffinity": {}}, dnsConfig=lambda: {"searches": ["a"]})

    made = some(rnd, metadata=lambda: {"labels": {rnd.choice(["x", "y"]): "1"}}, spec=spec, sparkContainer=lambda: overlay_container(rnd, False))
    if rnd.random() < .05:
        made["spec"] = rnd.choice([None, [], {"tolerationz": []}, {"hostNetwork": "true"}, {"restartPolicy": "Always"}, {"$patch": "delete"}])
    return json.dumps(made)


def shorthand(rnd):
    """A key that becomes an overlay, and its value: what they name is also what keyed annotations and overlays name."""
    key, good, bad = rnd.choice([
        ("secretEnv." + good_or(rnd, NAMES[:9], .05, NAMES), ["a/k", "b/k.x"], ["a", "/k", "A/k"]),
        ("configMapEnv." + good_or(rnd, NAMES[:9], .05, NAMES), ["a/k", "b/k.x"], ["a/", "a/../b"]),
        ("pvc." + good_or(rnd, OBJECTS[:8], .05, OBJECTS), ["/p/1", "/p/2,readOnly", "/m/1", "/o//1/"], PATHS),
        ("emptyDir." + good_or(rnd, NAMES[:6], .05, NAMES), ["/p/1", "/p/3,1Gi", "/m/2", "/etc/a"], PATHS),
        ("gpu", ["nvidia.com/gpu=1", "x.example/y=2"], ["cpu=1", "requests.nvidia.com/gpu=1"]),
        ("prometheusJmx", ["8090", "81,a"], ["0", "8090,A"]),
        ("enableServiceLinks", ["true", "false"], ["False"]),
        ("GCPServiceAccountKey." + rnd.choice(OBJECTS[:8]), ["a.json"], ["a/b"])])
    return key, good_or(rnd, good, .05, bad)


def pod_with_overlay(rnd):
    made = pod(rnd)
    annotations = made["metadata"]["annotations"]
    if rnd.random() < .7:
        annotations[PREFIXES[0] + "overlay"] = overlay(rnd)
    for _ in range(rnd.randrange(4)):
        key, value = shorthand(rnd)
        annotations[rnd.choice(PREFIXES[:5]) + key] = value
    return made
