"""What `mutate --explain` says must be all that the patch does: each value that is new, other or gone is
covered by a line with its place, and what a line of a single value says is what stands there."""

import copy
import json
import re

from rules import require

LINE = re.compile(r"  ([+~-]) ((?:[A-Za-z0-9]+|\[\d+\]|\[\"(?:[^\"\\]|\\.)*\"\]|\.)+)(?:: (.*?))?(?:  <- (.*))?$")
STEP = re.compile(r"\[(\d+)\]|\[(\"(?:[^\"\\]|\\.)*\")\]|\.?([A-Za-z0-9]+)")
QUOTE_MAX = 64


def steps(place):
    return tuple(int(index) if index else json.loads(quoted) if quoted else name
                 for index, quoted, name in STEP.findall(place))


def leaves(value, at=()):
    """Each place that holds no other, with what stands there."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not inner:
        return {at: value}
    return {place: leaf for key, member in inner for place, leaf in leaves(member, (*at, key)).items()}


def look_up(value, place):
    for step in place:
        value = value[step]
    return value


def covered(place, lines):
    return any(place[:len(line)] == line for line in lines)


def check_line(before, after, sign, place, text, asked, values):
    try:
        there = look_up(before if sign == "-" else after, place)
    except (KeyError, IndexError, TypeError):
        require(False, f"--explain tells of {place}, which is not there")
    if sign != "-" and asked and text and not isinstance(there, (dict, list)) and len(str(there)) < QUOTE_MAX:
        require(text.split(", was ")[0] == json.dumps(there, ensure_ascii=False), f"{place} is {there}, not {text}")
        values.add(place)


def make_room(before, place):
    """For what is told to be new among the elements of a list, which moved on."""
    try:
        there = look_up(before, place[:-1])
    except (KeyError, IndexError, TypeError):
        return
    if isinstance(there, list) and place[-1] < len(there):
        there.insert(place[-1], None)


def check(before, after, text):
    """@before and @after: the pod; @text: the explanation. Returns how many changed values it tells of."""
    before, lines, values = copy.deepcopy(before), [], set()
    for line in text.splitlines():
        found = LINE.fullmatch(line)
        if found and line[2] != "=":
            place = steps(found[2])
            lines.append(place)
            check_line(before, after, found[1], place, found[3], found[4], values)
            if found[1] == "+":
                make_room(before, place)
    had, has = leaves(before), leaves(after)
    changed = [place for place in {**had, **has} if place not in had or place not in has or had[place] != has[place]]
    require(changed or not lines, f"--explain tells of changes where there are none: {lines}")
    for place in changed:
        empty = had.get(place) in ([], {}) or (place in had and place not in has and had[place] is None)
        require(covered(place, lines) or empty, f"--explain does not tell of {place}:\n{text}")
    return len(changed)


def refusals(text):
    """The lines below "refused"."""
    lines = text.partition("\nrefused\n")[2].partition("\n\n")[0].splitlines()
    require(lines and all(line.startswith("  ") for line in lines), f"no refusal is listed: {text}")
    return [line[2:] for line in lines]
