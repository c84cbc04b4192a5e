"""Under a steady load of real clients no review is lost, whatever happens to the servers."""

import signal

from gotools import Loader, Proxy
from harness import corpus
from pki import Authority


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


# A release build on two cores has room for 1,000 reviews a second and what makes them; sanitizers
# make everything several times slower.
def rate(env):
    return {None: 1000, "asan": 200, "tsan": 80}[env.sanitizer]


class Replicas:
    """Servers with one certificate behind a balancer, and a load that goes through it."""

    DRAIN = ("--drain-min=1s", "--drain-timeout=20s")

    def __init__(self, env, *flags, count=2):
        authority = Authority(env.dir / "pki")
        crt, key = authority.issue()
        self.env, self.ca = env, authority.crt
        self.flags = [f"--tls-cert-file={crt}", f"--tls-private-key-file={key}", *self.DRAIN, *flags]
        self.proxy = Proxy(env, poll="20ms", delay="100ms")
        self.running = [self.start() for _ in range(count)]

    def start(self, webhook=None):
        """One more, in service."""
        server = self.env.server(*self.flags, webhook=webhook)
        self.proxy.add(server.port, server.health_port)
        return server

    def replace(self, index, webhook=None):
        """As a Deployment does, without a spare one: the successor starts while the old one drains."""
        self.running[index].signal(signal.SIGTERM)
        self.running[index] = self.start(webhook)

    def load(self, **flags):
        return Loader(self.env, self.proxy.port, self.ca, corpus(), rate=rate(self.env), **flags)

    def end(self):
        """What went wrong on the way to the servers."""
        return self.proxy.end()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.proxy.__exit__()


def lost_nothing(servers):
    for server in servers:
        assert server.wait() == 0
        stopped = server.log(msg="stopped")[0]
        assert stopped["cut_off"] == 0, stopped


def test_a_hundred_rolling_restarts_lose_nothing(env):
    with Replicas(env) as replicas, replicas.load(workers=16) as loader:
        loader.wait_good(100)
        for number in range(100):
            old = replicas.running[number % 2]
            replicas.replace(number % 2)
            replicas.proxy.remove(old.port)
        loader.wait_good(100)
        summary = loader.summary()
        print({key: summary[key] for key in ("sent", "good", "seconds", "max_ms", "connections")})
        check(summary, 100 * rate(env) // 10)
        assert "refused 0 unreachable 0" in replicas.end()
        lost_nothing([server for server in env.servers if server not in replicas.running])
    assert summary["good"] >= 0.9 * rate(env) * summary["seconds"], summary
