"""The overlay's merge is the API server's own: server-side apply with force on a PodTemplate, by another manager than
the one that made it, gives what our webhook's patch gives; but for what kit/oracle/contract.py lists.

SPK_ORACLE_SEED=N makes other pairs. A fault is told with the smallest pair that shows it.
"""

import time

from kit.oracle import contract, run
from kit.oracle.faulty import ALL_OWNED, MADE_WRONG, REFUSED_BY_US_ALONE
from kit.oracle.judge import Fault, Judge
from kit.oracle.reference import ReferenceSide, in_front
from kit.oracle.schema import Schema
from kit.oracle.sides import ApiSide

# For drivers, and as many for executors. Some overlays don't fit their pods, and the API server says so.
PAIRS, MERGED = 2900, 2500
FAULTY = 1500
OWNED_EACH = 5
DRIVERS, EXECUTORS = range(run.EXECUTORS), range(run.EXECUTORS, 2 * run.EXECUTORS)


def merges_alike(env, numbers):
    started = time.monotonic()
    counts = run.run(env, run.check_pair, numbers[:PAIRS])
    print(f"seed {run.SEED}, {time.monotonic() - started:.0f} s: {dict(sorted(counts.items()))}")
    assert counts["merged"] >= MERGED, counts
    for rule in (*run.RULES, "places_are_kept", "volume_is_taken", "mount_path_is_taken"):
        assert counts[rule], f"{rule} never mattered: {counts}"


def test_overlay_merges_into_drivers_as_the_api_server_does(env):
    merges_alike(env, DRIVERS)


def test_overlay_merges_into_executors_as_the_api_server_does(env):
    merges_alike(env, EXECUTORS)


def test_overlay_is_refused_where_its_types_are_wrong(env):
    counts = run.run(env, run.check_faulty, DRIVERS[:FAULTY])
    print(f"seed {run.SEED}: {dict(sorted(counts.items()))}")
    for fault in MADE_WRONG:
        assert counts[f"{fault.__name__} refused by both"], f"{fault.__name__}: {counts}"
    alone = {name for name in counts if name.endswith("by us alone")}
    assert alone == {f"{name} refused by us alone" for name in REFUSED_BY_US_ALONE}, counts


def test_overlay_leaves_what_is_owned(env):
    for numbers in (DRIVERS, EXECUTORS):
        counts = run.run(env, run.check_owned, numbers[:OWNED_EACH * len(ALL_OWNED)])
        assert counts == {what: OWNED_EACH for what in ALL_OWNED}, counts


def altered(openapi, type_name, field, **how):
    """The schema with something else in it."""
    schema = Schema(openapi)
    schema.fields(type_name)[field] = schema.fields(type_name)[field]._replace(**how)
    return schema


def without_rule(rule):
    def adapted(template, overlay, spark_name):
        kept = [each for each in contract.RULES if each is not rule]
        return contract.adapted(template, overlay, spark_name, kept)
    return adapted


def no_denials(*_):
    return {}


def wrong_sides(openapi):
    """{what is wrong: somebody who merges so}"""
    schema = Schema(openapi)
    sides = {"one key of two, ports": ReferenceSide(altered(openapi, "Container", "ports", keys=("containerPort",))),
             "one key of two, spread": ReferenceSide(altered(openapi, "PodSpec", "topologySpreadConstraints", keys=("topologyKey",))),
             "a list that is a map is replaced": ReferenceSide(altered(openapi, "PodSpec", "hostAliases", merge="atomic")),
             "an atomic list is joined": ReferenceSide(altered(openapi, "PodDNSConfig", "searches", merge="set")),
             "an atomic object is merged": ReferenceSide(altered(openapi, "TopologySpreadConstraint", "labelSelector", merge="granular")),
             "a map is replaced": ReferenceSide(altered(openapi, "ResourceRequirements", "limits", merge="atomic")),
             "an object is replaced": ReferenceSide(altered(openapi, "PodSpec", "securityContext", merge="atomic")),
             "new elements in front": ReferenceSide(schema, merge=in_front),
             "nothing is denied": ReferenceSide(schema, deny=no_denials)}
    return sides | {f"not: {rule.__name__}": ReferenceSide(schema, adapt=without_rule(rule)) for rule in contract.RULES}


def found(judge, numbers):
    """The number of the first pair that shows the fault."""
    for number in numbers:
        try:
            judge.check(run.pair(judge.schema, number))
        except Fault:
            return number
    return None


def test_overlay_oracle_finds_what_is_wrong(env):
    openapi = env.api.done("GET", "/openapi/v3/api/v1")
    api = ApiSide(env.facts, env.namespace, "oracle")
    assert found(Judge(Schema(openapi), api, ReferenceSide(Schema(openapi))), range(200)) is None
    for what, side in wrong_sides(openapi).items():
        number = found(Judge(Schema(openapi), api, side), range(1000))
        print(f"{what}: pair {number}")
        assert number is not None, f"not found: {what}"
