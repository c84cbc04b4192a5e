"""What a pod is made of, as the API server's own OpenAPI document tells: types, and how lists and maps merge."""

from typing import NamedTuple, Optional

ROOT = "PodTemplateSpec"
SCALARS = {"Quantity": "quantity", "IntOrString": "int-or-string", "Time": "time", "FieldsV1": "any"}


class Field(NamedTuple):
    kind: str                # struct, map, list, string, integer, boolean, or one of SCALARS
    of: Optional["Field"]    # of the elements
    type: Optional[str]      # of a struct
    merge: str               # of lists: atomic, map or set; of maps and structs: atomic or granular
    keys: tuple              # of lists that are maps
    enum: tuple
    default: object
    required: bool
    format: str = ""


def reference(schema):
    target = schema.get("$ref") or (schema.get("allOf") or [{}])[0].get("$ref")
    return target and target.rpartition("/")[2].rpartition(".")[2]


def kind_of(schema):
    target = reference(schema)
    if target:
        return SCALARS.get(target, "struct")
    if schema["type"] == "object":
        return "map"
    return {"array": "list"}.get(schema["type"], schema["type"])


class Schema:
    def __init__(self, openapi):
        self.raw = {name.rpartition(".")[2]: schema for name, schema in openapi["components"]["schemas"].items()
                    if name.startswith(("io.k8s.api.core.v1.", "io.k8s.apimachinery."))}
        self.made = {}

    def fields(self, type_name):
        """{name: Field}"""
        if type_name not in self.made:
            raw = self.raw[type_name]
            required = set(raw.get("required", []))
            self.made[type_name] = {name: self._field(schema, name in required)
                                    for name, schema in raw.get("properties", {}).items()}
        return self.made[type_name]

    def _field(self, schema, required=False):
        kind, target = kind_of(schema), reference(schema)
        merge = "granular" if kind in ("struct", "map") else "atomic"
        if kind == "list":
            merge = schema.get("x-kubernetes-list-type", "atomic")
        elif "atomic" in (schema.get("x-kubernetes-map-type"), (self.raw.get(target) or {}).get("x-kubernetes-map-type")):
            merge = "atomic"
        inner = schema.get("items") or schema.get("additionalProperties")
        return Field(kind, self._field(inner) if isinstance(inner, dict) else None, target if kind == "struct" else None,
                     merge, tuple(schema.get("x-kubernetes-list-map-keys", ())), tuple(schema.get("enum", ())),
                     schema.get("default"), required, schema.get("format", ""))

    def key_of(self, field, element):
        """What tells an element of a list that is a map from its others."""
        defaults = self.fields(field.of.type)
        return tuple(element.get(key, defaults[key].default) for key in field.keys)

    def canonical(self, value, field):
        """The same value, with lists that are maps in the order of their keys."""
        if field is None:
            return value
        if field.kind == "struct" and isinstance(value, dict):
            fields = self.fields(field.type)
            return {name: self.canonical(each, fields.get(name)) for name, each in value.items()}
        if field.kind == "list" and isinstance(value, list):
            made = [self.canonical(each, field.of) for each in value]
            return sorted(made, key=lambda each: repr(self.key_of(field, each))) if field.merge == "map" else made
        return value

    def root(self):
        return Field("struct", None, ROOT, "granular", (), (), None, True)


def merged(schema, field, live, applied):
    """Server-side apply with force, of a manager that applies for the first time; but new elements of lists go to the end.

    Only for the tests of the oracle itself: the oracle is the API server.
    """
    if live is None or field.merge == "atomic" or field.kind not in ("struct", "map", "list"):
        return applied
    if field.kind == "list":
        return merged_list(schema, field, live, applied)
    fields = schema.fields(field.type) if field.kind == "struct" else {}
    result = dict(live)
    for name, value in applied.items():
        inner = fields.get(name) or field.of
        result[name] = merged(schema, inner, live.get(name), value)
    return result


def merged_list(schema, field, live, applied):
    if field.merge == "set":
        return live + [each for each in applied if each not in live]
    places = {schema.key_of(field, each): index for index, each in enumerate(live)}
    result = list(live)
    for each in applied:
        index = places.get(schema.key_of(field, each))
        if index is None:
            result.append(each)
        else:
            result[index] = merged(schema, field.of, live[index], each)
    return result
