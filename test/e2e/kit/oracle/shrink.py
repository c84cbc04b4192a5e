"""The smallest tree that still shows a fault."""

import copy
import time

WITHIN = 20  # seconds


def shrink(tree, still):
    """@tree with all left out that @still(smaller tree) can do without; as far as it comes in time."""
    tree, deadline = copy.deepcopy(tree), time.monotonic() + WITHIN
    while without_some(tree, tree, still, deadline):
        pass
    return tree


def without_some(tree, at, still, deadline):
    """Leaves out what it can below @at, whole branches first. Returns whether that was anything."""
    keys = list(at) if isinstance(at, dict) else list(range(len(at))) if isinstance(at, list) else []
    smaller = False
    for key in reversed(keys):  # from behind, so that the places before stay
        left_out = at.pop(key)
        if time.monotonic() < deadline and still(copy.deepcopy(tree)):
            smaller = True
        else:
            put_back(at, key, left_out, keys)
    for key in list(at) if isinstance(at, dict) else range(len(at)) if isinstance(at, list) else ():
        smaller |= without_some(tree, at[key], still, deadline)
    return smaller


def put_back(at, key, value, keys):
    """Where it was: members of objects have their order, too."""
    if isinstance(at, list):
        at.insert(key, value)
        return
    had = {**at, key: value}
    at.clear()
    at.update({each: had[each] for each in keys if each in had})
