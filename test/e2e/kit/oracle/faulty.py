"""Overlays made wrong: in their types, their names and their keys; and those that ask for what is not theirs."""

import copy
import json
import re
from typing import NamedTuple

from kit.oracle.schema import Field

WRONG = {"string": (5, True, {}, []), "integer": ("5", 1.5, True), "boolean": ("true", 1, {}), "quantity": ("abc", "1 Gi", True, {}),
         "int-or-string": (True, {}, 2 ** 31), "struct": ("x", 5, [], True), "map": ("x", [], 5), "list": ("x", {}, 5)}


class Place(NamedTuple):
    """A value in an overlay: of which field, in what, and how it is called."""
    within: object
    key: object
    field: Field
    path: str

    @property
    def value(self):
        return self.within[self.key]


def step(key):
    if isinstance(key, int):
        return f"[{key}]"
    return f".{key}" if re.fullmatch(r"[A-Za-z0-9]+", key) else f"[{json.dumps(key)}]"


def below(schema, place):
    """The place and all within."""
    yield place
    field, value = place.field, place.value
    if field.kind == "struct":
        inner = [(name, schema.fields(field.type)[name]) for name in value]
    elif field.kind in ("map", "list"):
        inner = [(key, field.of) for key in (value if field.kind == "map" else range(len(value)))]
    else:
        inner = []
    for key, each in inner:
        yield from below(schema, Place(value, key, each, place.path + step(key)))


def places(schema, overlay):
    for root, type_name in (("spec", "PodSpec"), ("sparkContainer", "Container")):
        if root in overlay:
            field = schema.root()._replace(type=type_name)
            yield from list(below(schema, Place(overlay, root, field, root)))[1:]
    for what in ("labels", "annotations"):
        if what in overlay.get("metadata", {}):
            field = schema.fields("ObjectMeta")[what]
            yield from below(schema, Place(overlay["metadata"], what, field, f"metadata.{what}"))


# Each changes the overlay at a place, and tells what a denial has to name; or None where it has no meaning there.

def wrong_type(rnd, _, place):
    choices = WRONG.get(place.field.kind)
    if not choices:
        return None
    place.within[place.key] = rnd.choice(choices)
    return place.path


def null(_, __, place):
    place.within[place.key] = None
    return place.path


def too_large(_, __, place):
    if place.field.kind != "integer":
        return None
    place.within[place.key] = 2 ** (31 if place.field.format == "int32" else 63)
    return place.path if place.field.format == "int32" else "too big integer"


def misspelt(rnd, schema, place):
    if place.field.kind != "struct":
        return None
    name = rnd.choice([name for name in schema.fields(place.field.type) if len(name) > 3])
    wrong = name[:1] + name[2] + name[1] + name[3:]
    if wrong in schema.fields(place.field.type):
        return None
    place.value[wrong] = "x"
    return f"{place.path}.{wrong}"


def directive(rnd, _, place):
    if place.field.kind != "struct":
        return None
    key = rnd.choice(("$patch", "$retainKeys", "$setElementOrder/env"))
    place.value[key] = rnd.choice(("replace", "delete", []))
    return place.path + step(key)


def same_key_twice(rnd, _, place):
    if place.field.merge != "map" or not place.value:
        return None
    place.value.append(copy.deepcopy(rnd.choice(place.value)))
    return f"{place.path}[{len(place.value) - 1}]"


def key_missing(rnd, schema, place):
    if place.field.merge != "map" or not place.value:
        return None
    index = rnd.randrange(len(place.value))
    key = rnd.choice([key for key in place.field.keys if schema.fields(place.field.of.type)[key].default in (None, "", 0)])
    del place.value[index][key]
    return f"{place.path}[{index}]"


MADE_WRONG = (wrong_type, null, too_large, misspelt, directive, same_key_twice, key_missing)
# The API server's type check takes some of them: null takes nothing away there either, a number that does not
# fit becomes another one, and a name that is missing is "".
REFUSED_BY_US_ALONE = {"null", "too_large", "key_missing"}


def faulty(rnd, schema, overlay):
    """(which fault, the overlay with it, what the denial has to name), or None for an overlay that has no place for it."""
    made = copy.deepcopy(overlay)
    fault = rnd.choice(MADE_WRONG)
    fitting = list(places(schema, made))
    rnd.shuffle(fitting)
    for place in fitting:
        names = fault(rnd, schema, place)
        if names:
            return fault.__name__, made, names
    return None


# What Spark or the webhook owns: (what is asked for, what the denial has to name).

def asked(path, value):
    """{"a": {"b": value}} for "a.b"."""
    for key in reversed(path.split(" ")):
        value = {key: value}
    return value


OWNED = {
    "the pod's name": (asked("metadata name", "x"), "metadata.name"),
    "the namespace": (asked("metadata namespace", "x"), "metadata.namespace"),
    "owners": (asked("metadata ownerReferences", [{"apiVersion": "v1", "kind": "Pod", "name": "x", "uid": "1"}]), "metadata.ownerReferences"),
    "the restart policy": (asked("spec restartPolicy", "Always"), "spec.restartPolicy"),
    "ephemeral containers": (asked("spec ephemeralContainers", [{"name": "x"}]), "spec.ephemeralContainers"),
    "Spark's labels": (asked("metadata labels spark-role", "executor"), 'metadata.labels["spark-role"]'),
    "the controller's labels": (asked("metadata labels sparkoperator.k8s.io/app-name", "x"), 'metadata.labels["sparkoperator.k8s.io/app-name"]'),
    "our annotations": (asked("metadata annotations spark-operator.k8s.io/sparkConfigMap", "x"),
                        'metadata.annotations["spark-operator.k8s.io/sparkConfigMap"]'),
    "our annotations of 2018": (asked("metadata annotations sparkoperator.k8s.io/secret.x", "/x"), 'metadata.annotations["sparkoperator.k8s.io/secret.x"]'),
    "the Spark container's name": (asked("sparkContainer name", "x"), "sparkContainer.name"),
    "its command": (asked("sparkContainer command", ["x"]), "sparkContainer.command"),
    "its arguments": (asked("sparkContainer args", ["x"]), "sparkContainer.args"),
    "Spark's port by its number": (asked("sparkContainer ports", [{"containerPort": 7079}]), "sparkContainer.ports[0]"),
    "Spark's port by its name": (asked("sparkContainer ports", [{"containerPort": 1, "name": "blockmanager"}]), "sparkContainer.ports[0]"),
    "Spark's configuration": (asked("spec volumes", [{"name": "spark-conf-volume-driver", "emptyDir": {}}]), "spec.volumes[0]"),
    "its mount": (asked("sparkContainer volumeMounts", [{"name": "spark-local-dir-1", "mountPath": "/opt/spark/conf"}]), "sparkContainer.volumeMounts[0]"),
    "its mount in another spelling": (asked("sparkContainer volumeMounts", [{"name": "spark-local-dir-1", "mountPath": "/opt//spark/./conf/"}]),
                                      "sparkContainer.volumeMounts[0]"),
    "what is above its mount": (asked("sparkContainer volumeMounts", [{"name": "spark-local-dir-1", "mountPath": "/opt"}]), "sparkContainer.volumeMounts[0]"),
    "Spark's variables": (asked("sparkContainer env", [{"name": "SPARK_USER", "value": "x"}]), "sparkContainer.env[0]"),
    "an unknown part": ({"status": {}}, "status"),
}


def owned(what, overlay, spark_name):
    """The overlay, asking also for something owned; and what the denial has to name. Its lists go in front."""
    wish, names = OWNED.get(what) or (asked("spec containers", [{"name": spark_name, "image": "x"}]), "spec.containers[0]")
    return joined(copy.deepcopy(wish), copy.deepcopy(overlay)), names


def joined(wish, overlay):
    if isinstance(wish, dict) and isinstance(overlay, dict):
        return {key: joined(wish[key], overlay[key]) if key in wish and key in overlay else wish.get(key, overlay.get(key))
                for key in (*wish, *(key for key in overlay if key not in wish))}
    return wish + overlay if isinstance(wish, list) and isinstance(overlay, list) else wish


ALL_OWNED = (*OWNED, "the Spark container among the others")
