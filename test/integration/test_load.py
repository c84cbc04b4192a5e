"""Under a steady load of real clients no review is lost, whatever happens to the servers."""

from gotools import Loader, Proxy
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
        check(summary, 1000)
        assert "refused 0 unreachable 0" in replicas.end()
        stopped_well([server for server in env.servers if server not in replicas.running])


def test_a_review_that_meets_the_end_of_its_connection_is_asked_again(env):
    """What comes back takes 0.9 s here: a review is sent every 2 s, and a second after the last one its
    connection is ended, which the client does not know yet when it sends the next."""
    with Replicas(env, "--drain-min=500ms") as replicas, \
            Proxy(env, to=f"127.0.0.1:{replicas.proxy.port}", lag="900ms") as slow, \
            replicas.load(port=slow.port, rate=0.5, workers=1, fresh=0) as loader:
        loader.wait_good(3)
        for _ in range(5):  # the time between answer and review is not the test's own
            loader.wait_good(1)
            used = [server.metric("spark_webhook_connections") == 1 for server in replicas.running]
            replicas.replace(used.index(True))
            loader.wait_good(1)
            if loader.progress()["retried"]:
                break
        summary = loader.summary()
        check(summary, 5)
        assert summary["retried"] > 0, "none met the end of its connection"
