"""Under a steady load of real clients no review is lost, whatever happens to the servers."""

from gotools import Loader
from harness import corpus
from replicas import Replicas, check, stopped_well


def test_every_review_of_a_load_is_answered(env):
    """Through verification of certificate and name, on kept connections and on new ones."""
    server = env.server("--log-level=warn")
    with Loader(env, server.port, server.ca, corpus(), count=3000, fresh=20) as loader:
        loader.process.wait(100)
        summary = loader.summary()
    check(summary, 3000)
    assert len(summary["patches"]) == 1 and summary["connections"] >= 150, summary
    assert server.reviews("driver", "mutated") == 3000


def test_a_hundred_rolling_restarts_lose_nothing(env):
    with Replicas(env) as replicas, replicas.load(workers=16) as loader:
        loader.wait_good(100)
        for number in range(100):
            old = replicas.running[number % 2]
            replicas.replace(number % 2)
            replicas.proxy.remove(old.port)
        loader.wait_good(100)
        summary = loader.summary()
        check(summary, 1000, env.webhook)
        assert "refused 0 unreachable 0" in replicas.end()
        stopped_well([server for server in env.servers if server not in replicas.running])
