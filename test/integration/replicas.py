"""Several servers behind a balancer, under a load."""

import signal

from gotools import Loader, Proxy
from harness import corpus, sanitizer_of
from pki import Authority


PROMISED = 1000  # reviews a second


def rate(webhook):
    """Reviews a second. A release build on two cores has room for those that are promised and what
    makes them; sanitizers make everything several times slower."""
    return {None: PROMISED * 1.1, "asan": 200, "tsan": 80}[sanitizer_of(webhook)]


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
        flags = {"rate": rate(self.env.webhook), **flags}
        return Loader(self.env, flags.pop("port", self.proxy.port), self.ca, corpus(), **flags)

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


def check(summary, good, webhook=None):
    """None was lost; with @webhook, and unless a sanitizer is built into it, as many a second were
    answered as are promised."""
    summary = {key: value for key, value in summary.items() if key != "patches"}
    print(summary)
    assert summary["failed"] == 0, summary["failures"]
    assert summary["good"] == summary["sent"] >= good
    if webhook and not sanitizer_of(webhook):
        assert summary["good"] >= PROMISED * summary["seconds"]
