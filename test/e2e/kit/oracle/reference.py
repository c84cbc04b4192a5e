"""Another side that merges as the contract says, so that the oracle can be tried without the webhook; and wrong ones."""

import copy
import json

from kit.oracle import contract
from kit.oracle.schema import merged
from kit.oracle.sides import OVERLAY, STAMP, Answer, template_of


class ReferenceSide:
    """As sides.WebhookSide, without a webhook; right unless it is given something wrong to work with."""

    def __init__(self, schema, merge=merged, adapt=contract.adapted, deny=contract.denials):
        self.schema, self.merge, self.adapt, self.deny = schema, merge, adapt, deny

    def ask(self, pod):
        overlay, template = json.loads(pod["metadata"]["annotations"][OVERLAY]), template_of(pod)
        spark = next(c["name"] for c in pod["spec"]["containers"]
                     if any(e["name"] in ("SPARK_DRIVER_BIND_ADDRESS", "SPARK_EXECUTOR_ID") for e in c.get("env", [])))
        denials = self.deny(template, overlay, spark)
        if denials:
            return Answer(False, " ".join(f'"{name}"' for names in denials.values() for name in names), [], None, None)
        live, given, _ = self.adapt(template, overlay, spark)
        result = self.merge(self.schema, self.schema.root(), live, given)
        after = copy.deepcopy({**pod, **result, "metadata": {**pod["metadata"], **result.get("metadata", {})}})
        annotations = {key: value for key, value in pod["metadata"]["annotations"].items() if key in (OVERLAY, STAMP)}
        after["metadata"]["annotations"] = {**result.get("metadata", {}).get("annotations", {}), **annotations}
        return Answer(True, "", [], result, after)


def in_front(schema, field, live, applied):
    """New elements before the others, as older merges have them. Wrong."""
    def turned(field, before, after):
        if not (isinstance(before, dict) and isinstance(after, dict) and field and field.kind == "struct"):
            return after
        for name, inner in schema.fields(field.type).items():
            if inner.merge == "map" and name in before and name in after:
                count = len(before[name])
                after = {**after, name: after[name][count:] + after[name][:count]}
            elif name in after:
                after = {**after, name: turned(inner, before.get(name), after[name])}
        return after
    return turned(field, live, merged(schema, field, live, applied))
