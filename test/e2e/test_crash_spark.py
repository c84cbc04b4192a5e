"""The controller killed while a real spark-submit is at work: java goes with it, and there is one driver."""

import concurrent.futures
import time

from kit import controller, stories
from kit.api import wait_for
from kit.breaker import Breaker
from kit.crash import Stage
from kit.life import Life
from test_crash import check

VERSION = "3.5.7"
WITHIN = 200


def after(seconds):
    """So long after spark-submit was begun."""
    def moment(stage):
        begun = "spark-submit begins" in stage.processes[0].log.read_text()
        if begun:
            time.sleep(seconds)
        return begun
    return moment


def with_the_pod(stage):
    return stage.place.drivers


def at_call(call, when):
    """At a call of spark-submit's; the breaker kills."""
    def moment(stage):
        return stage.processes[0].killed()
    moment.rule = {"match": f"^fabric8.* {call}$", "do": "kill", "when": when, "delay_ms": 3000}
    return moment


MOMENTS = {"after 1 s": after(1), "after 2 s": after(2), "after 3 s": after(3), "once the pod is there": with_the_pod,
           "before the pod is made": at_call("create pods", "before"), "while the pod is made": at_call("create pods", "late"),
           "before the Service is made": at_call("(create|patch) services", "before")}


def play(stage, moment):
    process = stage.controller()
    if hasattr(moment, "rule"):
        stage.way.rule(**moment.rule, kill=[process.pid])
    process.go()
    stage.create()
    wait_for("the moment", lambda: moment(stage), within=WITHIN, every=0.02)
    process.kill()
    wait_for("java is gone", lambda: not process.children(), within=5)
    successor = stage.controller()
    successor.go()
    wait_for("it has ended", lambda: stage.state() == "COMPLETED", within=WITHIN, every=0.2)
    time.sleep(0.5)
    check(stage, stories.Completes)


def one(env, breaker, life, number, name):
    stage = Stage(env, breaker, life, str(number), home=env.spark_home(VERSION))
    try:
        play(stage, MOMENTS[name])
    except AssertionError as problem:
        raise AssertionError(f"{name}: {problem}\n{stage.story()}") from None
    finally:
        stage.close()
    return len(stage.place.drivers)


def test_crash_controller_dies_while_spark_submit_is_at_work(env):
    controller.define(env)
    breaker, life = Breaker(env), Life(env, f"{env.namespace[-20:].strip('-')}-")
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        done = {name: pool.submit(one, env, breaker, life, number, name) for number, name in enumerate(MOMENTS)}
    problems = [str(future.exception()) for future in done.values() if future.exception()]
    assert not problems, "\n\n".join(problems)
    print({name: future.result() for name, future in done.items()})
