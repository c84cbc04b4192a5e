"""Where the annotation's contract is not server-side apply's: as a change of the pair that makes it so.

Each rule edits a copy of what is live and of what is applied until the API server's own merge of the two gives
what the contract says; what differs then is a fault. Each counts how often it had something to do.
"""

import copy

SPARK_MOUNT = "/opt/spark/conf"


def applied(overlay, spark_name):
    """The overlay as what a manager applies: the Spark container by its name among the others."""
    made = copy.deepcopy({key: value for key, value in overlay.items() if key != "sparkContainer"})
    others = made.get("spec", {}).get("containers", [])
    spark = overlay.get("sparkContainer")
    if isinstance(spark, dict) and isinstance(others, list):
        made.setdefault("spec", {})["containers"] = [*others, {"name": spark_name, **copy.deepcopy(spark)}]
    return made


def without_empty(element, *names):
    return {key: value for key, value in element.items() if key not in names or value != ""}


def united(old, new, *may_be_empty):
    """@old and what of @new it has not yet; what is said to nothing is taken as it is."""
    if not old:
        return new
    made = list(old)
    for each in new:
        if without_empty(each, *may_be_empty) not in [without_empty(one, *may_be_empty) for one in made]:
            made.append(each)
    return made


def containers(live, given):
    """(what is live or {}, what is applied) of every container that is applied."""
    for what in ("containers", "initContainers"):
        had = {each["name"]: each for each in live["spec"].get(what, [])}
        for each in given.get("spec", {}).get(what, []):
            if isinstance(each, dict):
                yield had.get(each.get("name"), {}), each


def tolerations_are_a_set(live, given):
    spec = given.get("spec", {})
    if "tolerations" not in spec:
        return False
    asked = spec["tolerations"]
    spec["tolerations"] = united(live["spec"].get("tolerations", []), asked, "operator", "value", "effect", "key")
    return spec["tolerations"] != asked


def env_from_is_a_set(live, given):
    changed = False
    for had, each in containers(live, given):
        if "envFrom" in each:
            asked = each["envFrom"]
            each["envFrom"] = united(had.get("envFrom", []), asked, "prefix")
            changed |= each["envFrom"] != asked
    return changed


def node_selector_merges(live, given):
    spec = given.get("spec", {})
    if "nodeSelector" not in spec:
        return False
    asked = spec["nodeSelector"]
    spec["nodeSelector"] = {**live["spec"].get("nodeSelector", {}), **asked}
    return spec["nodeSelector"] != asked


def variable_is_replaced_whole(live, given):
    changed = False
    for had, each in containers(live, given):
        asked = {variable["name"]: variable for variable in each.get("env", [])}
        for index, old in enumerate(had.get("env", [])):
            if old["name"] in asked:
                new = asked[old["name"]]
                changed |= not set(old) <= set(new) or ("valueFrom" in old and old["valueFrom"] != new["valueFrom"])
                had["env"][index] = copy.deepcopy(new)
    return changed


def priority_follows_its_class(live, given):
    spec = given.get("spec", {})
    if spec.get("priorityClassName", had := live["spec"].get("priorityClassName", "")) == had:
        return False
    return any([live["spec"].pop(name, None) is not None for name in ("priority", "preemptionPolicy") if name not in spec])


def dns_follows_the_network(live, given):
    spec = given.get("spec", {})
    if not spec.get("hostNetwork") or "dnsPolicy" in spec or live["spec"].get("dnsPolicy", "ClusterFirst") != "ClusterFirst":
        return False
    spec["dnsPolicy"] = "ClusterFirstWithHostNet"
    return True


RULES = (tolerations_are_a_set, env_from_is_a_set, node_selector_merges, variable_is_replaced_whole,
         priority_follows_its_class, dns_follows_the_network)


def adapted(template, overlay, spark_name, rules=RULES):
    """(what is live, what is applied, names of the rules that had something to do)"""
    live, given = copy.deepcopy(template), applied(overlay, spark_name)
    return live, given, [rule.__name__ for rule in rules if rule(live, given)]


# What is denied though the API server might take it: (places in the overlay, what the denial has to name).

IDENTITIES = {"configMap": ("name",), "secret": ("secretName",), "persistentVolumeClaim": ("claimName",), "hostPath": ("path",),
              "nfs": ("server", "path"), "csi": ("driver",), "image": ("reference",)}


def kind(volume):
    return next((key for key in volume if key != "name"), None)


def says_same(one, other):
    """Two volumes are of one kind, and what both say of their object is the same."""
    what = kind(one)
    return what == kind(other) and all(one[what].get(field, there) == there for field in IDENTITIES.get(what, ())
                                       for there in (other[what].get(field, one[what].get(field)),))


def same_object(one, other):
    """Whether two volumes show the same; of two that are empty at first, no."""
    return kind(one) in IDENTITIES and says_same(one, other)


def taken_volumes(template, overlay):
    had = {each["name"]: each for each in template["spec"].get("volumes", [])}
    return [each["name"] for each in overlay.get("spec", {}).get("volumes", [])
            if each["name"] in had and len(each) > 1 and not says_same(each, had[each["name"]])]


def taken_paths(template, overlay, spark_name):
    volumes = {each["name"]: each for each in (*overlay.get("spec", {}).get("volumes", []), *template["spec"].get("volumes", []))}
    taken = []
    for had, each in containers(template, applied(overlay, spark_name)):
        mounts = {mount["mountPath"]: mount for mount in had.get("volumeMounts", [])}
        for wish in each.get("volumeMounts", []):
            old = mounts.get(wish["mountPath"], wish)
            other = wish["name"] != old["name"] and not same_object(volumes[wish["name"]], volumes[old["name"]])
            if other or wish.get("subPath", old.get("subPath", "")) != old.get("subPath", ""):
                taken.append(wish["mountPath"])
    return taken


def denials(template, overlay, spark_name):
    """{rule: names that the message has to have}"""
    found = {"volume_is_taken": taken_volumes(template, overlay), "mount_path_is_taken": taken_paths(template, overlay, spark_name)}
    return {rule: names for rule, names in found.items() if names}
