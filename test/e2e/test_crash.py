"""The controller and its children killed at every call of the API server: one driver, and the right end."""

import collections
import concurrent.futures
import itertools
import time

from kit import controller, stories
from kit.breaker import Breaker
from kit.crash import CHILD, Stage, check_history, spark_home
from kit.life import Life

AT_ONCE = 24
WITHIN = 150  # seconds for one point, most of them spent waiting for 10 s to pass on a busy machine
MUTATING = (" create ", " patch ", " update ", " delete ", " deletecollection ")


class Point(collections.namedtuple("Point", "call nth when victim", defaults=("controller",))):
    """Who dies at which call; @when: as a rule of the breaker has it."""

    def __str__(self):
        return f"{self.victim} killed {self.when} {self.call} {self.nth}"


class Sweep:
    def __init__(self, env):
        controller.define(env)
        self.env, self.breaker = env, Breaker(env)
        self.life = Life(env, f"{env.namespace[-20:].strip('-')}-")
        self.home = spark_home(env, "all")
        self.numbers = itertools.count(1)

    def stage(self, story, steps=None):
        home = self.home if steps is None else spark_home(self.env, f"steps-{steps}", steps)
        return Stage(self.env, self.breaker, self.life, str(next(self.numbers)), story.outcomes, home=home)

    def dry(self, story):
        """All calls of a run as it should be: which, and the how many-th of its kind."""
        stage = self.stage(story)
        try:
            told = play(stage, story, None)
            seen, calls = collections.Counter(), []
            for number, call in enumerate(stage.way.calls()):
                seen[call["what"]] += 1
                calls.append((number, call["what"], seen[call["what"]]))
            return calls, told.since
        finally:
            stage.close()

    def run(self, story, points):
        """Plays the story once for each point. Returns how many of them were reached."""
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            done = [pool.submit(self.point, story, point) for point in points]
        problems = [f"{story.__name__}, {point}: {one.exception()}" for point, one in zip(points, done) if one.exception()]
        assert not problems, f"{len(problems)} of {len(points)}:\n" + "\n\n".join(problems[:8])
        reached = sum(one.result() for one in done)
        print(f"{story.__name__}: {len(points)} points, {reached} reached")
        return reached

    def point(self, story, point, steps=None):
        stage = self.stage(story, steps)
        try:
            play(stage, story, point)
            return any(call.get("fired", "").startswith("kill") for call in stage.way.calls())
        except AssertionError as problem:
            raise AssertionError(f"{problem}\n{stage.story()}") from None
        finally:
            stage.close()


def arm(stage, point, process):
    victims = {"kill": [process.pid]} if point.victim == "controller" else {"agent": True}
    stage.way.rule(f"^{point.call}$", "kill", nth=point.nth, when=point.when, delay_ms=2000, **victims)


def play(stage, story, point):
    """One life of an application; a controller that has died gets a successor."""
    stage.create(**story.spec)
    process = stage.controller()
    if point:
        arm(stage, point, process)
    if story.slow:
        stage.way.rule(f"^{CHILD}", "delay", delay_ms=500, times=-1)
    process.go()
    told, deadline = story(stage), time.monotonic() + WITHIN
    while not told.over():
        assert time.monotonic() < deadline, f"not within {WITHIN} s"
        if process.killed():
            process = stage.controller()
            process.go()
        assert process.process.poll() is None, "the controller ended by itself"
        told.act()
        time.sleep(0.1)
    time.sleep(0.5)  # nothing may follow
    check(stage, story)
    assert told.over(), "its end was not the end"
    return told


def check(stage, story):
    check_history(stage)
    if story is not stories.LeavesEarly:
        assert len(stage.place.wholes) == len(story.outcomes), f"{len(stage.place.wholes)} drivers were whole"
    assert not stage.children(), stage.children()
    if story.runs is None:
        return
    last = stage.statuses()[-1]
    assert last["runs"] == story.runs, last
    assert not stage.left(), stage.left()


def test_crash_controller_dies_at_every_call_of_a_run(env):
    sweep = Sweep(env)
    calls, _ = sweep.dry(stories.Completes)
    points = [Point(what, nth, when) for _, what, nth in calls for when in ("before", "after")]
    reached = sweep.run(stories.Completes, points)
    assert reached >= 0.6 * len(points), f"{reached} of {len(points)}"


def test_crash_child_dies_at_every_call_of_its(env):
    sweep = Sweep(env)
    calls, _ = sweep.dry(stories.Completes)
    points = [Point(what, nth, when, "child") for _, what, nth in calls if what.startswith(CHILD)
              for when in ("before", "after", "late")]
    points += [Point(what, nth, "late") for _, what, nth in calls if any(verb in what for verb in MUTATING)]
    assert sweep.run(stories.Completes, points) >= 0.6 * len(points)


def test_crash_child_that_always_dies_is_given_up(env):
    """Before it has made anything, with the pod alone, and without the Service."""
    sweep = Sweep(env)
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(sweep.point, stories.NeverComes, None, steps) for steps in range(3)]:
            done.result()


def sweep_after_deeds(env, story):
    """The calls that change something, from the first thing on that its user did."""
    sweep = Sweep(env)
    calls, since = sweep.dry(story)
    points = [Point(what, nth, when) for number, what, nth in calls for when in ("before", "after", "late")
              if any(verb in what for verb in MUTATING) and number >= (since or [0])[0] and "events" not in what]
    assert sweep.run(story, points) >= 0.6 * len(points)


def test_crash_amid_a_second_run(env):
    sweep_after_deeds(env, stories.Retries)


def test_crash_amid_suspension_and_resumption(env):
    sweep_after_deeds(env, stories.Pauses)


def test_crash_amid_a_change_of_the_spec(env):
    sweep_after_deeds(env, stories.Changes)


def test_crash_amid_a_deletion(env):
    sweep_after_deeds(env, stories.Leaves)


def test_crash_amid_a_deletion_amid_a_submission(env):
    sweep_after_deeds(env, stories.LeavesEarly)
