"""Prometheus text format 0.0.4, read strictly: what promtool check metrics complains about."""

import math
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count")}


class Family:
    def __init__(self, name):
        self.name, self.help, self.type, self.samples = name, None, None, {}


def labels_of(text):
    labels, rest = {}, text or ""
    while rest:
        match = LABEL.match(rest)
        assert match, f"labels: {text}"
        assert match[1] not in labels, f"label twice: {text}"
        labels[match[1]] = match[2]
        rest = rest[match.end():]
    return tuple(sorted(labels.items()))


def parse(page):
    """{name: Family}; AssertionError with the line that is wrong."""
    assert page.endswith("\n"), "the last line has no end"
    families, current = {}, None
    for line in page[:-1].split("\n"):
        kind = re.match(rf"# (HELP|TYPE) ({NAME}) (.+)", line)
        if kind and kind[1] == "HELP":
            assert kind[2] not in families, f"twice: {line}"
            current = families[kind[2]] = Family(kind[2])
            current.help = kind[3]
        elif kind:
            assert current and current.name == kind[2] and not current.type, f"out of place: {line}"
            assert kind[3] in ("counter", "gauge", "histogram"), line
            current.type = kind[3]
        else:
            add_sample(current, line)
    for family in families.values():
        check(family)
    return families


def add_sample(family, line):
    match = SAMPLE.fullmatch(line)
    assert match, f"not a sample: {line}"
    names = [family.name + suffix for suffix in SUFFIXES.get(family.type, ("",))]
    assert match[1] in names, f"not of {family.name}: {line}"
    key = (match[1], labels_of(match[2]))
    assert key not in family.samples, f"series twice: {line}"
    family.samples[key] = float(match[3])


def check(family):
    name, samples = family.name, family.samples
    assert family.help and family.type and samples, f"{name}: incomplete"
    assert (family.type == "counter") == name.endswith("_total"), f"{name}: {family.type}"
    assert not re.search(r"_(count|sum|bucket|info_total)$", name), name
    assert not re.search(r"milli|micro|nano|minutes|kilo|mega", name), f"{name}: base units"
    assert all(not math.isnan(value) and value >= 0 for value in samples.values()), name
    if family.type == "histogram":
        check_histogram(name, samples)


def check_histogram(name, samples):
    buckets = [(float(dict(labels)["le"]), value) for (series, labels), value in samples.items()
               if series == name + "_bucket"]
    assert buckets == sorted(buckets), f"{name}: buckets out of order"
    values = [value for _, value in buckets]
    assert values == sorted(values), f"{name}: buckets not cumulative"
    assert buckets[-1][0] == math.inf, f"{name}: no +Inf"
    assert values[-1] == samples[(name + "_count", ())], f"{name}: +Inf is not the count"
    assert (name + "_sum", ()) in samples
