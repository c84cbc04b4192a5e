"""Holds one pair, or one faulty overlay, against the API server."""

import re
from typing import NamedTuple

from kit.oracle import contract
from kit.oracle.sides import STAMP, pod_of


class Pair(NamedTuple):
    role: str
    spark: str      # the Spark container's name
    template: dict
    overlay: dict
    raw: bool       # ours gets the pod as it was made, not as the API server's defaults leave it


class Fault(AssertionError):
    """Something that is not as the API server and the contract have it."""


def require(condition, what):
    if not condition:
        raise Fault(what)


def difference(ours, theirs, path=""):
    """The first place where two values differ, as text; "" for none."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        places = [(f"{path}.{key}", ours.get(key), theirs.get(key)) for key in sorted(set(ours) | set(theirs))]
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        places = [(f"{path}[{index}]", *both) for index, both in enumerate(zip(ours, theirs))]
    else:
        return "" if ours == theirs else f"{path}: ours {ours!r}, the API server's {theirs!r}"
    return next(filter(None, (difference(one, other, place) for place, one, other in places)), "")


def causes(message):
    """The causes of a refusal, without places in lists: those depend on the order, which is looked at elsewhere."""
    return sorted(re.sub(r"\[\d+\]", "[]", message.partition(" is invalid: ")[2].strip("[]")).split(", "))


def as_stored(pair, pod, template):
    """The pod after @pod, our result, was stored."""
    again = pod_of(template, pair.overlay)
    if STAMP in pod["metadata"]["annotations"]:
        again["metadata"]["annotations"][STAMP] = pod["metadata"]["annotations"][STAMP]
    return again


class Judge:
    """@ours has ask(pod), as sides.WebhookSide."""

    def __init__(self, schema, api, ours):
        self.schema, self.api, self.ours, self.root = schema, api, ours, schema.root()

    def check(self, pair):
        """What became of it, and which rules of the contract had something to do. Raises Fault."""
        base = self.api.put(pair.template)
        if base.template is None:
            return "no pod", []
        answer = self.ours.ask(pod_of(pair.template if pair.raw else base.template, pair.overlay))
        denials = contract.denials(base.template, pair.overlay, pair.spark)
        if denials:
            self.check_denied(answer, denials)
            return "denied", list(denials)
        live, given, rules = contract.adapted(base.template, pair.overlay, pair.spark)
        wanted = self.api.put(live)
        wanted = self.api.apply(given) if wanted.template else wanted
        if wanted.template is None:
            self.check_refused(answer, wanted)
            return "refused", []
        got = self.check_merged(answer, wanted)
        self.check_places(self.root, base.template, given, got)
        self.check_again(answer.pod, "its own result")
        self.check_again(as_stored(pair, answer.pod, got), "what the API server made of it")
        return "merged", rules + ["places_are_kept"] * (got != wanted.template)

    def check_faulty(self, pair, names, may_be_ours_alone):
        """@pair has an overlay with a fault at @names. Returns who refuses it. Raises Fault."""
        base = self.api.put(pair.template)
        if base.template is None:
            return "no pod"
        theirs = self.api.apply(contract.applied(pair.overlay, pair.spark))
        answer = self.ours.ask(pod_of(base.template, pair.overlay))
        if not answer.allowed:
            require(names in answer.message, f"the denial does not name {names}: {answer.message}")
            require(theirs.template is None or may_be_ours_alone, f"denied, and the API server takes it: {answer.message}")
            return "by both" if theirs.template is None else "by us alone"
        require(theirs.code in (200, 422), f"not denied: the API server says {theirs.code} {theirs.message}")
        got = self.api.would_store(answer.template)
        require(got.code == theirs.code, f"the API server says {got.code} {got.message} to ours, {theirs.code} {theirs.message} to its own")
        return "by nobody" if got.template else "by the API server alone"

    def check_owned(self, pair, names):
        base = self.api.put(pair.template)
        answer = self.ours.ask(pod_of(base.template or pair.template, pair.overlay))
        require(not answer.allowed and names in answer.message, f"not denied with {names}: {answer.message}")

    @staticmethod
    def check_denied(answer, denials):
        require(not answer.allowed, f"not denied: {denials}")
        for names in denials.values():
            for name in names:
                require(f'"{name}"' in answer.message, f"the denial does not name {name}: {answer.message}")

    def check_refused(self, answer, wanted):
        """An overlay that fits the types and not the pod is the API server's to refuse, for the same reasons."""
        if wanted.code != 422:
            require(not answer.allowed, f"not denied: the API server says {wanted.code} {wanted.message}")
        if answer.allowed:
            got = self.api.would_store(answer.template)
            require(got.code == 422, f"the API server takes ours: {got.code}, and refuses its own: {wanted.message}")
            require(causes(got.message) == causes(wanted.message),
                    f"ours is refused for {got.message}, the API server's for {wanted.message}")

    def check_merged(self, answer, wanted):
        require(answer.allowed, f"denied, and the API server takes it: {answer.message}")
        got = self.api.would_store(answer.template)
        require(got.template, f"the API server refuses ours: {got.message}")
        ours, theirs = (self.schema.canonical(each, self.root) for each in (got.template, wanted.template))
        require(ours == theirs, difference(ours, theirs))
        return got.template

    def check_places(self, field, had, given, got, path=""):
        """In lists that merge by keys, what was there keeps its place and new elements follow in the overlay's order."""
        if field is None or had is None or given is None or field.merge == "atomic":
            return
        if field.kind == "struct":
            for name, inner in self.schema.fields(field.type).items():
                self.check_places(inner, had.get(name), given.get(name), got.get(name), f"{path}.{name}")
        if field.merge != "map":
            return
        old, new, now = ([self.schema.key_of(field, each) for each in value] for value in (had, given, got or []))
        wanted = old + [key for key in new if key not in old]
        require(now == wanted, f"{path}: the places are {now}, not {wanted}")
        by_key = dict(zip(new, given))
        for key, before, after in zip(old, had, got):
            self.check_places(field.of, before, by_key.get(key), after, f"{path}{list(key)}")

    def check_again(self, pod, what):
        again = self.ours.ask(pod)
        require(again.allowed, f"a second pass over {what} is denied: {again.message}")
        require(not again.patch, f"a second pass over {what} patches: {again.patch}")
