"""Many pairs in several processes, each with connections of its own; a fault is shrunk before it is told."""

import collections
import json
import multiprocessing
import os
import random
import re
import signal
from typing import NamedTuple

from kit.oracle import contract, faulty, generate
from kit.oracle.judge import Fault, Judge, Pair
from kit.oracle.schema import Schema
from kit.oracle.shrink import shrink
from kit.oracle.sides import ApiSide, WebhookSide

SEED = int(os.environ.get("SPK_ORACLE_SEED", "1"))
CHUNK = 40
SAME_POD = 4  # so many overlays in a row are for one pod: it is stored once
WORKERS = 2   # the API server and the webhook want their share of two cores, too
RAW = .1
ROLES = ("driver", "executor")
EXECUTORS = 1000000  # pairs of lower numbers are of drivers
FAULTS_SHOWN = 5


class Trouble(NamedTuple):
    what: str
    number: int
    pair: Pair


def pair(schema, number):
    """The pair of that number, always the same for a seed and an API server."""
    role = ROLES[number >= EXECUTORS]
    spark, template = generate.pod(random.Random(f"{SEED} pod {number // SAME_POD}"), schema, role)
    rnd = random.Random(f"{SEED} overlay {number}")
    return Pair(role, spark, template, generate.overlay(rnd, schema, template, spark), rnd.random() < RAW)


def check_pair(judge, number):
    made = pair(judge.schema, number)
    try:
        outcome, rules = judge.check(made)
        return [outcome, *rules], None
    except Fault as fault:
        return ["faults"], Trouble(str(fault), number, smallest(judge, made, kind(fault)))


def check_faulty(judge, number):
    made = pair(judge.schema, number)
    wrong = faulty.faulty(random.Random(f"{SEED} fault {number}"), judge.schema, made.overlay)
    if wrong is None:
        return ["no place"], None
    name, overlay, names = wrong
    made = made._replace(overlay=overlay)
    try:
        return [f"{name} refused {judge.check_faulty(made, names, name in faulty.REFUSED_BY_US_ALONE)}"], None
    except Fault as fault:
        return ["faults"], Trouble(f"{name}: {fault}", number, made)


def check_owned(judge, number):
    made = pair(judge.schema, number)
    what = faulty.ALL_OWNED[number % len(faulty.ALL_OWNED)]
    overlay, names = faulty.owned(what, made.overlay, made.spark)
    made = made._replace(overlay=overlay)
    try:
        judge.check_owned(made, names)
        return [what], None
    except Fault as fault:
        return ["faults"], Trouble(f"{what}: {fault}", number, made)


def kind(fault):
    """The field that differs, or what else is wrong, without what there is in its place."""
    return re.split(r"[\[:]", str(fault))[0]


def smallest(judge, made, wanted):
    """The pair without all that a fault of the kind that is wanted can do without."""
    def still(tree):
        smaller = made._replace(template=tree["template"], overlay=tree["overlay"])
        # Without its mark another container might be taken for Spark's, without its role nothing is done.
        if smaller.template["metadata"]["labels"]["spark-role"] != made.role or not any(each["name"] == generate.MARKS[made.role] for container in smaller.template["spec"]["containers"]
                   if container["name"] == made.spark for each in container["env"]):
            return False
        try:
            judge.check(smaller)
            return False
        except Fault as fault:
            return kind(fault) == wanted

    def safe(tree):
        try:
            return still(tree)
        except (KeyError, TypeError, IndexError, StopIteration):
            return False  # no longer a pod

    return made._replace(**shrink({"template": made.template, "overlay": made.overlay}, safe))


def start(openapi, facts, namespace, url, ca):
    """In a new process: what it works with."""
    global JUDGE
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    schema = Schema(openapi)
    JUDGE = Judge(schema, ApiSide(facts, namespace, f"oracle-{os.getpid()}"), WebhookSide(url, ca))


def work(check, numbers):
    counts, troubles = collections.Counter(), []
    for number in numbers:
        seen, trouble = check(JUDGE, number)
        counts.update(seen)
        if trouble:
            troubles.append(trouble)
            if len(troubles) == FAULTS_SHOWN:
                break  # each is shrunk, which takes its time
    return counts, troubles


def job(task):
    return work(*task)


def run(env, check, numbers):
    """All of the numbers, checked by as many processes as there are workers. Returns what happened how often."""
    webhook, counts, troubles = env.start_webhook(), collections.Counter(), []
    openapi = env.api.done("GET", "/openapi/v3/api/v1")
    tasks = [(check, numbers[at:at + CHUNK]) for at in range(0, len(numbers), CHUNK)]
    with multiprocessing.get_context("fork").Pool(WORKERS, start, (openapi, env.facts, env.namespace,
                                                  f"https://127.0.0.1:{webhook.port}", str(webhook.ca))) as pool:
        for seen, found in pool.imap_unordered(job, tasks):
            counts.update(seen)
            troubles += found
            if len(troubles) >= FAULTS_SHOWN:
                break
    assert not troubles, "\n".join(map(shown, sorted(troubles, key=lambda each: each.number)[:FAULTS_SHOWN]))
    return counts


def shown(trouble):
    made = trouble.pair
    return (f"seed {SEED}, number {trouble.number}: {trouble.what}\n  overlay: {json.dumps(made.overlay)}\n"
            f"  Spark container: {made.spark}\n  pod{' as made' if made.raw else ''}: {json.dumps(made.template)}")


RULES = tuple(rule.__name__ for rule in contract.RULES)
