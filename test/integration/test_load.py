"""Under a steady load of real clients no review is lost, whatever happens to the servers."""

from gotools import Loader
from harness import corpus


def check(summary, good):
    assert summary["failed"] == 0, summary["failures"]
    assert summary["good"] == summary["sent"] >= good, summary


def test_every_review_of_a_load_is_answered(env):
    """Through verification of certificate and name, on kept connections and on new ones."""
    server = env.server("--log-level=warn")
    with Loader(env, server.port, server.ca, corpus(), count=3000, fresh=20) as loader:
        loader.process.wait(100)
        summary = loader.summary()
    check(summary, 3000)
    assert len(summary["patches"]) == 1 and summary["connections"] >= 150, summary
    assert server.reviews("driver", "mutated") == 3000
    print({key: summary[key] for key in ("good", "seconds", "max_ms", "connections")})
