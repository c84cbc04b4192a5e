"""The proxy that breaks calls does what it is told, and nothing else: crash tests are worth as much as it is."""

import http.client
import subprocess
import time
import urllib.error
import urllib.request

from kit.api import Api, wait_for
from kit.breaker import Breaker

BROKEN = (urllib.error.URLError, http.client.HTTPException, OSError)


def config_map(name):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}


class Ground:
    """A way, a client that goes it, and the ConfigMaps that really are."""

    def __init__(self, env):
        self.env, self.way = env, Breaker(env).way()
        self.api = Api(self.way.facts)
        self.path = f"/api/v1/namespaces/{env.namespace}/configmaps"

    def create(self, name):
        return self.api.call("POST", self.path, config_map(name))

    def breaks(self, name):
        """A creation of which nothing is heard."""
        try:
            answer = self.create(name)
        except BROKEN:
            return
        raise AssertionError(f"answered: {answer}")

    def there(self, name):
        return self.env.api.call("GET", f"{self.path}/{name}").code == 200


def test_breaker_passes_on_and_counts(env):
    ground = Ground(env)
    assert ground.create("a").code == 201 and ground.create("a").code == 409
    assert [item["metadata"]["name"] for item in ground.api.done("GET", ground.path)["items"]] == ["a"]
    ground.api.done("GET", f"{ground.path}/a")
    ground.api.done("DELETE", f"{ground.path}/a")
    seen = [(call["what"].partition(" ")[2], call["code"]) for call in ground.way.calls()]
    assert seen == [("create configmaps", 201), ("create configmaps", 409), ("list configmaps", 200),
                    ("get configmaps", 200), ("delete configmaps", 200)], seen


def test_breaker_breaks_the_call_it_is_told_to(env):
    ground = Ground(env)
    ground.way.rule("create configmaps", "drop", nth=2)
    assert ground.create("a").code == 201
    ground.breaks("b")
    assert ground.create("c").code == 201 and not ground.there("b")
    ground.way.rule("create configmaps", "drop", when="after")
    ground.breaks("d")
    assert ground.there("d") and ground.create("e").code == 201
    ground.way.rule("create configmaps", "answer", code=429, retry_after=3, times=2)
    assert [ground.create("f").code for _ in range(3)] == [429, 429, 201]
    ground.way.rule("create configmaps", "drop", when="late", delay_ms=1000)
    ground.breaks("g")
    assert not ground.there("g")
    wait_for("it comes true late", lambda: ground.there("g"), within=10)
    assert ground.way.fired() == 5


def test_breaker_kills_before_a_call_and_holds_others(env):
    ground = Ground(env)
    victim = subprocess.Popen(["sleep", "60"])
    ground.way.rule("create configmaps", "kill", kill=[victim.pid])
    ground.breaks("a")
    assert victim.wait(timeout=10) == -9 and not ground.there("a")
    ground.way.rule("get configmaps", "delay", delay_ms=1000)
    start = time.monotonic()
    assert ground.api.call("GET", f"{ground.path}/a").code == 404 and time.monotonic() - start >= 1


def test_breaker_ends_watches(env):
    ground = Ground(env)
    ground.way.rule("watch configmaps", "gone")
    assert ground.api.done("GET", f"{ground.path}?watch=1")["object"]["code"] == 410
    request = urllib.request.Request(f"{ground.way.facts['server']}{ground.path}?watch=1",
                                     headers={"Authorization": f"Bearer {env.facts['token']}"})
    with urllib.request.urlopen(request, timeout=20, context=ground.api.context) as watch:
        ground.create("a")
        assert any(b'"name":"a"' in line for line in watch)
        assert ground.way.cut("watch configmaps") == 1
        try:
            assert watch.readline() == b""
        except BROKEN:
            pass
