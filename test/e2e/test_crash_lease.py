"""Two controllers and a Lease that goes to and fro: each application is submitted by one of them, and ends."""

import json
import os
import random
import re
import signal
import time

from kit import controller, crash
from kit.api import wait_for
from kit.breaker import Breaker
from kit.life import Life

APPLICATIONS = 64
SEED = int(os.environ.get("SPK_SEED", "7"))
LEASE = ("--leader-election-lease-duration=3s", "--leader-election-renew-deadline=2s", "--leader-election-retry-period=500ms")


class Pair:
    """Two of them for one namespace, each with its own way to the API server."""

    def __init__(self, env):
        controller.define(env)
        breaker = Breaker(env)
        self.env, self.life = env, Life(env, f"{env.namespace[-20:].strip('-')}-")
        self.namespace = f"{self.life.prefix}pair"
        env.api.create_namespace(self.namespace)
        self.place = self.life.place(self.namespace)
        self.home = crash.spark_home(env, "pair")
        self.ways, self.running, self.all = [breaker.way(), breaker.way()], [None, None], []
        env.later(self.stop)
        for number in range(2):
            self.heal(number)
            self.start(number)

    def start(self, number):
        process = crash.Process(self.env, self.ways[number], self.namespace, self.home, self.env.folder / f"controller-{number}.log",
                                f"--leader-election-lock-namespace={self.namespace}", *LEASE)
        process.go()
        self.running[number] = process
        self.all.append(process)

    def stop(self):
        for process in self.all:
            process.stop()
        self.life.clear(self.namespace)

    def identity(self, number):
        found = re.findall(r'"identity":"([^"]+)"', self.running[number].log.read_text())
        return found[-1] if found else None

    def leader(self):
        """0 or 1: who is named by the Lease; else None."""
        lease = self.env.api.call("GET", f"/apis/coordination.k8s.io/v1/namespaces/{self.namespace}/leases/spark-controller")
        holder = lease.body.get("spec", {}).get("holderIdentity") if lease.code == 200 else None
        return next((n for n in range(2) if holder and self.identity(n) == holder), None)

    def terms(self):
        """How often one of them has begun to lead."""
        logs = "".join((self.env.folder / f"controller-{number}.log").read_text() for number in range(2))
        return len([line for line in logs.splitlines() if '"msg":"leading"' in line and '"why"' not in line])

    def create(self, name):
        self.env.api.done("POST", f"/apis/{controller.GROUP}/namespaces/{self.namespace}/sparkapplications",
                          controller.application(name))

    def heal(self, number):
        """All goes on, but submissions take their time: most of what goes wrong shall meet one."""
        self.ways[number].forget()
        self.ways[number].rule(f"^{crash.CHILD}", "delay", delay_ms=700, times=-1)

    def children(self):
        return [child for process in self.all for child in process.children()]

    # --- what goes wrong with the leader

    def silence(self, number, what, seconds, cut=False):
        self.ways[number].forget()
        self.ways[number].rule(what, "hold", times=-1)
        if cut:
            self.ways[number].cut()
        time.sleep(seconds)
        self.heal(number)

    def lose_lease(self, number, chance):
        self.silence(number, " leases$", chance.uniform(2, 5))

    def lose_everything(self, number, chance):
        self.silence(number, "", chance.uniform(2, 5), cut=True)

    def die(self, number, chance):
        self.running[number].kill()
        time.sleep(chance.uniform(0, 2))
        self.start(number)

    def freeze(self, number, chance):
        """As a machine that is suspended. Its child goes on."""
        self.running[number].process.send_signal(signal.SIGSTOP)
        time.sleep(chance.uniform(2, 6))
        self.running[number].process.send_signal(signal.SIGCONT)

    def be_refused(self, number, chance):
        self.ways[number].rule("^spark-controller", "answer", code=chance.choice((429, 500, 503)), retry_after=1, times=15)
        time.sleep(chance.uniform(0, 1))

    def forget_the_past(self, number, chance):
        self.ways[number].rule(" watch ", "gone", times=2)
        self.ways[number].cut()
        time.sleep(chance.uniform(0, 1))


def check(pair, name):
    drivers = [d for d in pair.place.drivers.values() if d.app == name]
    told = pair.place.statuses[name]
    story = "\n".join([name, *map(repr, drivers), *map(json.dumps, told)])
    assert len([d for d in drivers if d.whole]) == 1, f"not one driver\n{story}"
    assert told[-1]["state"] == "COMPLETED" and told[-1]["runs"] == 1, story
    numbers = [t["submissionID"] for t in told if t["submissionID"]]
    changes = [n for n, before in zip(numbers, [None, *numbers]) if n != before]
    assert len(changes) == len(set(changes)), f"an id comes back\n{story}"
    assert {d.submission for d in drivers} <= set(numbers), f"a driver of nobody's\n{story}"


def test_crash_lease_that_goes_to_and_fro_submits_nothing_twice(env):
    chance, pair = random.Random(SEED), Pair(env)
    names = [f"app-{number}" for number in range(APPLICATIONS)]
    wrongs = [pair.lose_lease, pair.lose_everything, pair.die, pair.freeze, pair.be_refused, pair.forget_the_past] * 2
    chance.shuffle(wrongs)
    wait_for("one leads", lambda: pair.leader() is not None, within=30)
    for number, wrong in enumerate(wrongs):
        for name in names[number::len(wrongs)]:
            pair.create(name)
        time.sleep(chance.uniform(0, 1.5))
        wrong(pair.leader() or 0, chance)
    ended = ("COMPLETED", "FAILED")
    wait_for("all have ended", lambda: all((pair.place.statuses.get(name) or [{"state": ""}])[-1]["state"] in ended
                                           for name in names), within=120, every=0.5)
    assert not pair.place.problems, pair.place.problems
    for name in names:
        check(pair, name)
    assert not pair.children(), pair.children()
    made, terms = len(pair.place.drivers), pair.terms()
    print(f"{len(names)} applications, {made} drivers made, {terms} terms, {len(pair.all)} processes")
    assert terms >= 4, terms
