"""The table of a pod's fields, include/spk/k8s/schema_table.h and src/k8s/schema_table.c, made from what a real API server says.

Its OpenAPI document has names, types and how lists merge. What it does to a value that is not given, or is
empty, the document has only in part: so it is asked, by pods that are sent to it and come back to a webhook
decoded, defaulted and not validated yet, which is how ours sees them, too.
"""

import json

CORE = "io.k8s.api.core.v1."
ROOTS = (CORE + "PodSpec", "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")
SCALARS = {"Quantity": "QUANTITY", "Time": "TIME", "IntOrString": "INT_OR_STRING", "FieldsV1": "ANY"}
# Nothing below these can be asked for by an overlay.
LEFT_OUT = {("PodSpec", "ephemeralContainers"), ("ObjectMeta", "managedFields")}
# Where we merge otherwise than server-side apply does; the annotation's documentation lists them.
LISTS = {("PodSpec", "tolerations"): "SET", ("Container", "envFrom"): "SET"}
GRANULAR = {("PodSpec", "nodeSelector")}
ATOMIC = {"EnvVar"}
# An empty one does not come through: the API server's own admission refuses it.
NEVER_EMPTY = {("PodSpec", "preemptionPolicy"), ("PodSpec", "runtimeClassName")}
ZERO = {"STRING": "", "INT32": 0, "INT64": 0, "BOOL": False, "INT_OR_STRING": 0, "STRUCT": {}, "MAP": {}, "LIST": []}


def short(name):
    return name.rpartition(".")[2]


class Field:
    def __init__(self, owner, name, schema, types):
        self.owner, self.name = owner, name
        self.default, self.zero_is_absent, self.list, self.keys = None, False, None, None
        self.kind, self.of, self.type = self.read(schema, types)
        if self.kind == "LIST":
            self.list = schema.get("x-kubernetes-list-type", "atomic").upper()
            self.keys = ",".join(schema.get("x-kubernetes-list-map-keys", []))
        self.atomic = schema.get("x-kubernetes-map-type") == "atomic"
        self.list = LISTS.get((owner, name), self.list)
        self.atomic = self.atomic and (owner, name) not in GRANULAR

    def read(self, schema, types):
        """(kind, kind of the elements, type of the struct or of the elements)"""
        if (self.owner, self.name) in LEFT_OUT:
            return "ANY", None, None
        reference = schema.get("$ref") or (schema.get("allOf") or [{}])[0].get("$ref")
        if reference:
            target = reference.rpartition("/")[2]
            if short(target) in SCALARS:
                return SCALARS[short(target)], None, None
            types.add(target)
            return "STRUCT", None, short(target)
        if schema["type"] == "array" or "additionalProperties" in schema:
            kind, _, struct = self.read(schema.get("items") or schema["additionalProperties"], types)
            return ("LIST" if schema["type"] == "array" else "MAP"), kind, struct
        if schema["type"] == "integer":
            return ("INT32" if schema.get("format") == "int32" else "INT64"), None, None
        return {"string": "STRING", "boolean": "BOOL"}[schema["type"]], None, None

    def c(self, index):
        """Its initializer, without what is zero."""
        flags = [f"SPK_LIST_{self.list}"] if self.list else []
        flags += ["SPK_MAP_ATOMIC"] * self.atomic + ["SPK_ZERO_IS_ABSENT"] * self.zero_is_absent
        parts = [json.dumps(self.name), f".kind = SPK_KIND_{self.kind}"]
        for name, value in (("of", self.of and f"SPK_KIND_{self.of}"), ("type", index.get(self.type)),
                            ("flags", " | ".join(flags)), ("keys", self.keys and json.dumps(self.keys)),
                            ("fallback", self.default is not None and json.dumps(self.default))):
            parts += [f".{name} = {value}"] if value else []
        return "{%s}," % ", ".join(parts)


def read_types(openapi):
    """{name: {field: Field}} of all that a pod is made of, and which structs are atomic."""
    schemas = openapi["components"]["schemas"]
    todo, types, atomic = set(ROOTS), {}, set(ATOMIC)
    while todo:
        full = todo.pop()
        if short(full) in types:
            continue
        found = set()
        types[short(full)] = {name: Field(short(full), name, schema, found)
                              for name, schema in sorted(schemas[full].get("properties", {}).items())}
        if schemas[full].get("x-kubernetes-map-type") == "atomic":
            atomic.add(short(full))
        todo |= found
    return dict(sorted(types.items())), atomic


def paths(types):
    """The shortest way from the pod to each type: {type: [fields]}"""
    found = {"PodSpec": [], "ObjectMeta": None}
    todo = ["PodSpec"]
    while todo:
        here = todo.pop(0)
        for field in types[here].values():
            if field.type and found.get(field.type) is None:
                found[field.type] = [*found[here], field]
                todo.append(field.type)
    return found


def pod_with(way, value):
    """A pod with @value at the end of the way."""
    for field in reversed(way):
        value = {field.name: [value] if field.kind == "LIST" else value}
    # With a container, so that the API server has what it looks for beside.
    spec = {"containers": [{"name": "probe", "image": "none"}], **value}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "schema-probe", "labels": {"spark-role": "driver"}}, "spec": spec}


def value_in(pod, way):
    value = pod["spec"]
    for field in way:
        value = value[field.name]
        value = value[0] if field.kind == "LIST" else value
    return value


def text(value):
    """A default as the table has it."""
    if isinstance(value, str):
        return value
    return json.dumps({} if isinstance(value, dict) else value)


def ask_about(fields, way, decode):
    """What becomes of fields that are absent, and of those that are empty."""
    absent = value_in(decode(pod_with(way, {})), way)
    zeros = {name: ZERO[f.kind] for name, f in fields.items() if f.kind in ZERO and (f.owner, name) not in NEVER_EMPTY}
    empty = value_in(decode(pod_with(way, zeros)), way)
    for name, field in fields.items():
        field.default = text(absent[name]) if name in absent and field.kind != "LIST" else None
        field.zero_is_absent = name in zeros and (name not in empty or
                                                 (empty[name] != zeros[name] and empty[name] == absent.get(name)))


def read(openapi, decode):
    """The whole table. @decode takes a pod and gives it as the API server's webhooks see it."""
    types, atomic = read_types(openapi)
    ways = paths(types)
    for name, fields in types.items():
        ask_about(fields, ways[name], decode)
    return types, atomic


HEAD = """/* Made from the API of Kubernetes %s by test/e2e/schema.py; the test
 * e2e.k1.36.schema_is_that_of_the_api_server makes it anew with SPK_SCHEMA_UPDATE=1. */
"""


def header(types, version):
    names = [f"    SPK_TYPE_{name}," for name in types]
    return (HEAD % version + "#ifndef SPK_K8S_SCHEMA_TABLE_H\n#define SPK_K8S_SCHEMA_TABLE_H\n\n"
            "// clang-format off\nenum spk_schema_index {\n    SPK_TYPE_NONE,\n" + "\n".join(names) +
            "\n    SPK_TYPES\n};\n// clang-format on\n\n#endif\n")


def wrapped(*words):
    """The words in lines of some 130 characters."""
    lines = [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + len(word) > 130:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "    ") + word
    return lines


def source(types, atomic, version):
    index = {name: f"SPK_TYPE_{name}" for name in types}
    fields, rows, at = [], ["    {NULL, NULL, 0, false},"], 0
    for name, members in types.items():
        fields += wrapped(f"/* {name} */", *(field.c(index) for field in members.values()))
        rows.append(f'    {{"{name}", spk_schema_fields + {at}, {len(members)}, {"true" if name in atomic else "false"}}},')
        at += len(members)
    return (HEAD % version + '#include "spk/k8s/schema.h"\n\n// clang-format off\n'
            "static const struct spk_schema_field spk_schema_fields[] = {\n" + "\n".join(fields) +
            "\n};\n\nconst struct spk_schema_type spk_schema_types[] = {\n" + "\n".join(rows) + "\n};\n// clang-format on\n")
