"""What must hold for every answer to every review, whatever the pod and its annotations."""

import base64
import copy
import json
import posixpath
import re

import jsonpatch  # an RFC 6902 implementation that is not ours

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
AUDIT_KEY = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
PREFIX = "spark-operator.k8s.io"
OUR_ENV = {"SPARK_CONF_DIR", "HADOOP_CONF_DIR", "GOOGLE_APPLICATION_CREDENTIALS",
           "HADOOP_TOKEN_FILE_LOCATION"}
ADDS = re.compile(r"/metadata/ownerReferences(/-)?|/spec/volumes(/-)?|"
                  r"/spec/containers/\d+/(volumeMounts|env)(/-)?")
ADDS_DEFAULTS = re.compile(r"/spec/initContainers(/-)?")
ADDS_ARGUMENT = re.compile(r"/spec/containers/\d+/args/\d+")
DEFAULTS = "/etc/spark/defaults/spark.properties"
REPLACES = re.compile(r"/spec/containers/(\d+)/env/(\d+)")


OVERLAYS = {"overlay", "secretEnv", "configMapEnv", "pvc", "emptyDir", "gpu", "prometheusJmx", "enableServiceLinks"}


class Broken(AssertionError):
    """A rule that does not hold."""


def require(condition, what):
    if not condition:
        raise Broken(what)


def decode_patch(response):
    require(("patch" in response) == ("patchType" in response),
            "patch and patchType come together")
    if "patch" not in response:
        return []
    require(response["patchType"] == "JSONPatch", "patchType is JSONPatch")
    return json.loads(base64.b64decode(response["patch"], validate=True))


def check_envelope(review, answer):
    require(answer["apiVersion"] == review["apiVersion"], "the answer has the request's version")
    require(answer["kind"] == "AdmissionReview", "the answer is an AdmissionReview")
    require(set(answer) == {"apiVersion", "kind", "response"}, "the answer carries nothing else")
    response = answer["response"]
    require(response["uid"] == review["request"]["uid"], "the uid is echoed")
    require(isinstance(response["allowed"], bool), "allowed is a boolean")
    if not response["allowed"]:
        status = response["status"]
        require("patch" not in response, "a denial carries no patch")
        require(status["code"] == 422 and status["reason"] == "Invalid", "a denial is a 422")
        require(0 < len(status["message"].encode()) < 4096, "a denial has a message")
        require(not has_controls(status["message"]), "a message carries no control character")


def has_controls(text):
    return any(ord(c) < 0x20 or 0x7f <= ord(c) <= 0x9f for c in text)


def check_limits(response):
    warnings = response.get("warnings", [])
    require(warnings != [] or "warnings" not in response, "no empty list of warnings")
    require(all(0 < len(w) <= 256 for w in warnings), "a warning has at most 256 runes")
    require(sum(map(len, warnings)) <= 4096, "all warnings have at most 4,096 runes")
    require(len(set(warnings)) == len(warnings), "no warning comes twice")
    require(not any(map(has_controls, warnings)), "a warning carries no control character")
    for key, value in response.get("auditAnnotations", {}).items():
        require(AUDIT_KEY.fullmatch(key), f"audit key {key} is a qualified name")
        require(isinstance(value, str), f"audit value of {key} is a text")


def check_operations(pod, patch, prefix):
    """Nothing that was there is touched but one of our variables, in place."""
    for op in patch:
        if op["op"] == "add":
            if op["path"] == f"/metadata/annotations/{prefix}~1mutated-by":
                continue
            if ADDS_ARGUMENT.fullmatch(op["path"]):
                require(op["value"] == "--load-spark-defaults", f"adds {op['value']}")
                continue
            require(ADDS.fullmatch(op["path"]) or ADDS_DEFAULTS.fullmatch(op["path"]),
                    f"may not add at {op['path']}")
            if not op["path"].endswith("/-"):
                node = pod
                for step in op["path"].split("/")[1:]:
                    node = node[int(step)] if isinstance(node, list) else (node or {}).get(step)
                require(node is None, f"{op['path']} exists already")
        else:
            if op["op"] == "replace" and ADDS_ARGUMENT.fullmatch(op["path"]):
                require(op["value"].removeprefix("--properties-file=") == DEFAULTS,
                        f"replaces an argument by {op['value']}")
                continue
            place = REPLACES.fullmatch(op["path"])
            require(op["op"] == "replace" and place, f"may not {op['op']} at {op['path']}")
            container, index = map(int, place.groups())
            old = pod["spec"]["containers"][container]["env"][index]
            require(old["name"] == op["value"]["name"] and old["name"] in OUR_ENV,
                    f"replaces {old['name']}")


def clean(path):
    return posixpath.normpath("/" + path).replace("//", "/")


def names(items, key="name"):
    return [item.get(key) for item in items or []]


def check_pod(before, after):
    """The result is a pod that the API server and Spark can live with."""
    volumes = names(after["spec"].get("volumes"))
    new = volumes[len(before["spec"].get("volumes") or []):]
    require(all(LABEL.fullmatch(name) for name in new), f"volume names are labels: {new}")
    require(len(set(new)) == len(new) and not set(new) & set(names(before["spec"].get("volumes"))),
            f"volume names differ: {volumes}")
    inits = after["spec"].get("initContainers") or []
    check_inits(before["spec"], after["spec"], inits[len(before["spec"].get("initContainers") or []):], volumes)
    for old, container in zip(before["spec"]["containers"], after["spec"]["containers"]):
        check_container(old, container, volumes)


def check_inits(before, spec, new, volumes):
    """At most one, that can do no more than the Spark container and writes nowhere but in a volume of ours."""
    require(len(new) <= 1, f"init containers: {names(new)}")
    for init in new:
        taken = names(before.get("initContainers")) + names(before["containers"])
        require(LABEL.fullmatch(init["name"]) and init["name"] not in taken, f"init container {init['name']}")
        require(any(all(init.get(key) == container.get(key) for key in
                        ("image", "imagePullPolicy", "securityContext", "resources"))
                    for container in spec["containers"]), "the init container is like a container")
        paths = [clean(mount["mountPath"]) for mount in init["volumeMounts"]]
        require(len(set(paths)) == len(paths), f"mounts of the init container: {paths}")
        require(all(mount["name"] in volumes for mount in init["volumeMounts"]), "its mounts have volumes")
        written = [mount["name"] for mount in init["volumeMounts"] if not mount.get("readOnly")]
        require(len(written) == 1 and written[0] not in names(before.get("volumes")), f"it writes to {written}")


def check_container(before, after, volumes):
    mounts = (after.get("volumeMounts") or [])[len(before.get("volumeMounts") or []):]
    paths = [clean(mount["mountPath"]) for mount in before.get("volumeMounts") or []]
    for mount in mounts:
        path = mount["mountPath"]
        require(mount["name"] in volumes, f"mount at {path} has a volume")
        require(mount["readOnly"] is True, f"mount at {path} is read-only")
        require(path == clean(path) and path != "/", f"mount path {path} is clean")
        require(path not in paths, f"mount path {path} is free")
        require(not "/opt/spark/conf".startswith(path + "/"), f"{path} covers Spark")
        paths.append(path)
    had, has = names(before.get("env")), names(after.get("env"))
    for name in set(has) - set(had):
        require(name in OUR_ENV and has.count(name) == 1, f"variable {name} was added once")
    for name in had:
        require(has.count(name) == had.count(name), f"variable {name} was not doubled")


def has_overlay(pod, prefix):
    annotations = (pod.get("metadata") or {}).get("annotations") or {}
    aliases = [prefix, "sparkoperator.k8s.io"] if prefix == PREFIX else [prefix]
    keys = [key.split("/", 1)[1] for key in annotations if key.split("/")[0] in aliases and "/" in key]
    return any(key in OVERLAYS or key.split(".")[0] in OVERLAYS for key in keys)


def owned(pod):
    """What no overlay may change: who the pod is, and what Spark counts on."""
    metadata = {key: value for key, value in pod["metadata"].items() if key not in ("labels", "annotations", "ownerReferences")}
    labels = {key: value for key, value in (pod["metadata"].get("labels") or {}).items() if key.startswith("spark-")}
    return metadata, labels, pod["spec"].get("restartPolicy"), pod["spec"].get("ephemeralContainers")


def check_overlaid(before, after):
    """Lists only grow, and in their order; what is Spark's is as it was."""
    require(owned(before) == owned(after), "what Spark owns has changed")
    for what in ("containers", "initContainers", "volumes"):
        had, has = names(before["spec"].get(what)), names(after["spec"].get(what))
        require(has[:len(had)] == had and len(set(has)) - len(set(had)) == len(has) - len(had),
                f"{what} were {had} and are {has}")
    for old, new in zip(before["spec"]["containers"], after["spec"]["containers"]):
        had, has = names(old.get("env")), names(new.get("env"))
        require(has[:len(had)] == had, f"variables were {had} and are {has}")
        require(not [e for e in new.get("env") or [] if e.get("value") and e.get("valueFrom")], "a value beside a valueFrom")
        had, has = (names(c.get("volumeMounts"), "mountPath") for c in (old, new))
        require(has[:len(had)] == had and len({clean(path) for path in has[len(had):]}) == len(has) - len(had),
                f"mounts were {had} and are {has}")


def apply(pod, patch):
    return jsonpatch.apply_patch(copy.deepcopy(pod), patch)


def check_answer(review, answer, prefix=PREFIX):
    """All of the above, for an instance with @prefix. Returns the patch and the pod after it (None when there is no pod)."""
    response = answer["response"]
    check_envelope(review, answer)
    check_limits(response)
    patch = decode_patch(response)
    pod = review["request"].get("object")
    overlaid = pod is not None and has_overlay(pod, prefix)
    if patch and not overlaid:
        check_operations(pod, patch, prefix)
    after = apply(pod, patch) if pod is not None else None
    if patch:
        (check_overlaid if overlaid else check_pod)(pod, after)
        stamp = after["metadata"]["annotations"][f"{prefix}/mutated-by"]
        require(stamp.startswith("sparkhook/"), "it is stamped")
    return patch, after


def check_same(answer, other):
    """Byte for byte, but for the order of members in what is copied from the pod."""
    values = [{**a, "response": {**a["response"], "patch": decode_patch(a["response"])}} for a in (answer, other)]
    require(values[0] == values[1], "the order of members does not matter")


def check_second_pass(review, after, answer_again):
    response = answer_again["response"]
    require(response["allowed"], f"the second pass is allowed: {response}")
    require("patch" not in response, f"the second pass patches: {decode_patch(response)}")
    require("auditAnnotations" not in response, "the second pass has no audit annotations")


def with_object(review, pod):
    again = copy.deepcopy(review)
    again["request"]["object"] = pod
    return again


def reordered(value):
    """The same document with every object's members the other way round."""
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(list(value))}
    if isinstance(value, list):
        return [reordered(item) for item in value]
    return value
