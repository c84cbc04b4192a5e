"""Several servers behind a balancer, under a load."""

import signal

from gotools import Loader, Proxy
from harness import corpus
from pki import Authority


# A release build on two cores has room for 1,000 reviews a second and what makes them; sanitizers
# make everything several times slower.
def rate(env):
    return {None: 1000, "asan": 200, "tsan": 80}[env.sanitizer]


class Replicas:
    """Servers with one certificate behind a balancer, and a load that goes through it."""

    DRAIN = ("--drain-min=1s", "--drain-timeout=20s")

    def __init__(self, env, *flags, count=2, webhook=None):
        authority = Authority(env.dir / f"pki-{len(env.servers)}")
        crt, key = authority.issue()
        self.env, self.ca = env, authority.crt
        self.flags = [f"--tls-cert-file={crt}", f"--tls-private-key-file={key}", *self.DRAIN, *flags]
        self.proxy = Proxy(env, poll="20ms", delay="100ms")
        self.running = [self.start(webhook) for _ in range(count)]

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


def stopped_well(servers):
    for server in servers:
        assert server.wait() == 0
        stopped = server.log(msg="stopped")[0]
        assert stopped["cut_off"] == 0, stopped


def check(summary, good):
    assert summary["failed"] == 0, summary["failures"]
    assert summary["good"] == summary["sent"] >= good, summary
