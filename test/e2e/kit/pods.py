"""What a Spark pod asks for by its annotations and whether it got that.

Written from the contract and not from the webhook's code, so that the two can disagree.
"""

import copy
from typing import NamedTuple, Optional

PREFIXES = ("spark-operator.k8s.io/", "sparkoperator.k8s.io/")
STAMP = "spark-operator.k8s.io/mutated-by"
MARKS = {"driver": "SPARK_DRIVER_BIND_ADDRESS", "executor": "SPARK_EXECUTOR_ID"}


class Wish(NamedTuple):
    kind: str  # configMap or secret
    name: str
    path: str
    variable: Optional[str] = None
    value: Optional[str] = None


def canonical(annotations):
    """{key without prefix: value}; of several spellings of one key the first of the contract's order counts."""
    dashed = {"sparkConfigMap": ("spark-configmap", "spark-config-map"), "hadoopConfigMap": ("hadoop-configmap",),
              "ownerReference": ("ownerreference", "owner-reference")}
    found = {}
    for prefix in PREFIXES:
        ours = {k[len(prefix):]: v for k, v in annotations.items() if k.startswith(prefix)}
        for key, value in ours.items():
            if not any(key in spellings for spellings in dashed.values()):
                found.setdefault(key, value)
        for key, spellings in dashed.items():
            for spelling in spellings:
                if spelling in ours:
                    found.setdefault(key, ours[spelling])
    return found


def wishes(annotations):
    result = []
    for key, value in sorted(canonical(annotations).items()):
        kind, _, name = key.partition(".")
        path = value.rstrip("/")
        if key == "sparkConfigMap":
            result.append(Wish("configMap", value, "/etc/spark/conf", "SPARK_CONF_DIR", "/etc/spark/conf"))
        elif key == "hadoopConfigMap":
            result.append(Wish("configMap", value, "/etc/hadoop/conf", "HADOOP_CONF_DIR", "/etc/hadoop/conf"))
        elif kind in ("configMap", "secret"):
            result.append(Wish(kind, name, path))
        elif kind == "GCPServiceAccount":
            result.append(Wish("secret", name, path, "GOOGLE_APPLICATION_CREDENTIALS", path + "/key.json"))
        elif kind == "HadoopDelegationToken":
            result.append(Wish("secret", name, path, "HADOOP_TOKEN_FILE_LOCATION", path + "/hadoop.token"))
    return result


def annotated(pod):
    return any(key.startswith(PREFIXES) for key in pod["metadata"].get("annotations") or {})


def spark_container(pod):
    mark = MARKS[pod["metadata"]["labels"]["spark-role"]]
    marked = [c for c in pod["spec"]["containers"] if any(e["name"] == mark for e in c.get("env", []))]
    assert len(marked) == 1, f"{len(marked)} containers with {mark}"
    return marked[0]


def source_of(pod, mount):
    """(kind, name) of what a mount shows, or None where it is neither a ConfigMap nor a Secret."""
    volumes = [v for v in pod["spec"]["volumes"] if v["name"] == mount["name"]]
    assert len(volumes) == 1, f"{len(volumes)} volumes {mount['name']}"
    if "configMap" in volumes[0]:
        return "configMap", volumes[0]["configMap"]["name"]
    if "secret" in volumes[0]:
        return "secret", volumes[0]["secret"]["secretName"]
    return None


def mounts_at(container, path):
    return [m for m in container.get("volumeMounts", []) if m["mountPath"].rstrip("/") == path]


def values_of(container, variable):
    return [e.get("value") for e in container.get("env", []) if e["name"] == variable]


def check_wish(before, after, wish):
    container = spark_container(after)
    mounts = mounts_at(container, wish.path)
    assert len(mounts) == 1, f"{len(mounts)} mounts at {wish.path}"
    assert source_of(after, mounts[0]) == (wish.kind, wish.name), f"{wish.path} shows {source_of(after, mounts[0])}"
    if not mounts_at(spark_container(before), wish.path):
        assert mounts[0].get("readOnly") is True, f"{wish.path} is writable"
    if wish.variable:
        assert values_of(container, wish.variable) == [wish.value], f"{wish.variable}: {values_of(container, wish.variable)}"


def check_names(before, after):
    """Nothing is there twice that was not so before."""
    def names(container):
        return [e["name"] for e in container.get("env", [])]

    had, has = names(spark_container(before)), names(spark_container(after))
    twice = {n for n in has if has.count(n) > 1 and had.count(n) < has.count(n)}
    assert not twice, f"variables that are there twice: {twice}"
    volumes = [v["name"] for v in after["spec"].get("volumes", [])]
    assert len(volumes) == len(set(volumes)), f"volumes: {volumes}"


def check_owner(before, after):
    wished = canonical(before["metadata"].get("annotations") or {}).get("ownerReference")
    had, has = (p["metadata"].get("ownerReferences", []) for p in (before, after))
    assert has[:len(had)] == had, "an owner that was there is gone"
    assert len(has) - len(had) == (1 if wished else 0), f"owners: {has}"


def kept(pod, container_name):
    """The pod without what the webhook may change, and without what is another's at every creation."""
    rest = copy.deepcopy(pod)
    for key in ("uid", "resourceVersion", "creationTimestamp", "managedFields", "namespace", "ownerReferences", "name", "generation"):
        rest["metadata"].pop(key, None)
    (rest["metadata"].get("annotations") or {}).pop(STAMP, None)
    rest.pop("status", None)
    rest["spec"].pop("volumes", None)
    for container in rest["spec"]["containers"]:
        if container["name"] == container_name:
            container.pop("volumeMounts", None)
            container.pop("env", None)
    return rest


def check_kept(before, after):
    """What the webhook has no business with is as it was; what was there is still there, in its order."""
    was, now = spark_container(before), spark_container(after)
    assert kept(before, was["name"]) == kept(after, now["name"]), "something else was changed"
    for what, old, new in (("volumes", before["spec"], after["spec"]), ("volumeMounts", was, now)):
        old, new = old.get(what, []), new.get(what, [])
        assert new[:len(old)] == old, f"{what} that were there changed"
    names = [e["name"] for e in was.get("env", [])]
    assert [e["name"] for e in now.get("env", [])][:len(names)] == names, "variables moved"
    replaced = {w.variable for w in wishes(before["metadata"].get("annotations") or {})}
    for old, new in zip(was.get("env", []), now.get("env", [])):
        assert old == new or old["name"] in replaced, f"{old['name']} changed"


def check(before, after):
    """@before is the pod as it is stored where no webhook is, @after as it is with ours."""
    check_kept(before, after)
    check_names(before, after)
    check_owner(before, after)
    for wish in wishes(before["metadata"].get("annotations") or {}):
        check_wish(before, after, wish)
    stamp = (after["metadata"].get("annotations") or {}).get(STAMP)
    if annotated(before):
        assert stamp and stamp.startswith("sparkhook/"), f"stamp: {stamp}"
    else:
        assert stamp is None, f"stamp without an annotation of ours: {stamp}"


def fresh(pod, name=None):
    """The pod as its creator would send it again."""
    again = copy.deepcopy(pod)
    for key in ("uid", "resourceVersion", "creationTimestamp", "managedFields", "namespace", "generation"):
        again["metadata"].pop(key, None)
    again.pop("status", None)
    if name:
        again["metadata"]["name"] = name
    return again


def pod(name, role="driver", annotations=None, **spec):
    """A small Spark pod: what Spark always sets, and little else."""
    mark = MARKS[role]
    container = {"name": f"spark-kubernetes-{role}", "image": "spark:none", "args": [role],
                 "env": [{"name": mark, "value": "1"}, {"name": "SPARK_CONF_DIR", "value": "/opt/spark/conf"}],
                 "volumeMounts": [{"name": "spark-conf-volume", "mountPath": "/opt/spark/conf"}]}
    volume = {"name": "spark-conf-volume", "configMap": {"name": "spark-conf-map"}}
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "labels": {"spark-role": role, "spark-app-selector": f"spark-{name}"},
                         "annotations": annotations},
            "spec": {"containers": [container], "volumes": [volume], **spec}}
