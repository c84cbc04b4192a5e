"""A thousand applications at once, and some hundred in bad weather: each is submitted once and seen to its end.

What is promised is promised of a release build: SPK_LOAD_CONTROLLER and SPK_LOAD_SUBMIT name the controller and the
stub of one, as tools/test does. With sanitizers there are fewer applications, and nobody looks at memory.
"""

import time

from kit.breaker import Breaker
from kit.fleet import Fleet, all_well

LAG_MS, RSS_MIB = 2000, 64


def test_fleet_of_a_thousand_is_submitted_once_and_seen_through(env):
    fleet = Fleet(env)
    count = 1000 if fleet.release else 150
    said = fleet.run(count, start_ms=1000, run_ms=8000)
    own, children = fleet.cpu_s()
    print(said, f"peak {fleet.peak_mib():.1f} MiB, CPU {own:.1f} s, its children {children:.1f} s")
    all_well(said, count)
    assert said["ids"] == count, said
    # Nothing runs beside this test: what is late is the controller's.
    assert said["lag_running_ms"]["p99"] < LAG_MS and said["lag_completed_ms"]["p99"] < LAG_MS, said
    if fleet.release:
        assert fleet.peak_mib() < RSS_MIB, fleet.peak_mib()


def storm(way, seconds):
    """Refuses a part of the controller's calls in turns, before they are done or after; ends its watches, or tells them
    that what they ask for is gone."""
    kinds = [("patch sparkapplications", {"code": 429, "retry_after": 1}), ("get ", {"code": 503}),
             ("create services", {"code": 500}), ("patch sparkapplications/status", {"code": 504, "when": "after"}),
             ("list (pods|services)$", {"code": 502}), ("create events", {"code": 429, "retry_after": 1}),
             ("patch sparkapplications/status", {"code": 500, "when": "after"})]
    end, turn, cut = time.monotonic() + seconds, 0, 0
    while time.monotonic() < end:
        match, how = kinds[turn % len(kinds)]
        way.rule(f"^spark-controller {match}", "answer", nth=2, times=12, **how)
        if turn % 3 == 0:
            way.rule("^spark-controller watch", "gone", times=1)
        if turn % 3 != 1:
            cut += way.cut("^spark-controller")
        turn += 1
        time.sleep(0.5)
    fired = way.fired()
    way.forget()
    return fired, cut


def test_fleet_in_bad_weather_loses_nothing(env):
    """Watches cut, 410, 429 with Retry-After, and 5xx for calls that were done and calls that were not. spark-submit's
    own calls get through: what becomes of one that dies is tested elsewhere."""
    way = Breaker(env).way()
    fleet = Fleet(env, kubeconfig=way.kubeconfig)
    count = 300 if fleet.release else 100
    fleet.start(count, start_ms=500, run_ms=6000)
    fired, cut = storm(way, 15)
    said = fleet.report()
    print(said, f"{fired} calls broken, {cut} watches cut")
    assert fired > 50 and cut > 5, (fired, cut)
    assert said["applications"] == said["drivers"] == said["reached"]["COMPLETED"] == count, said
    assert said["twice"] == [] and "FAILED" not in said["reached"], said
