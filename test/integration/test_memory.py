"""Memory stays bounded, whatever a body is made of."""

import json
import threading

from harness import GOOD, KEY, TIMEOUT, head, read_answer, review

MIB = 1 << 20

# What a body may cost at most while it is reviewed: 128 MiB of tree, the body while it grows, the
# answer; and what the process weighs by itself.
ONE_REVIEW = 200 * MIB


def fill(unit, end, total=8 * MIB):
    count = (total - 100) // len(unit)
    return b"[" + unit * count + end + b"]"


BODIES = {
    "lists": fill(b"[],", b"[]"),
    "objects": fill(b"{},", b"{}"),
    "numbers": fill(b"1,", b"1"),
    "texts": fill(b'"",', b'""'),
    "keys": b"{" + b",".join(b'"%x":0' % i for i in range(700000)) + b"}",
    "nested": b"[" * 4 * MIB,
    "one text": b'"' + b"x" * (8 * MIB - 100) + b'"',
}


class Peak(threading.Thread):
    """The largest resident memory that is seen."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.done, self.peak = server, threading.Event(), 0
        self.start()

    def run(self):
        while not self.done.wait(0.01):
            with open(f"/proc/{self.server.process.pid}/statm", encoding="ascii") as file:
                self.peak = max(self.peak, int(file.read().split()[1]) * 4096)

    def stop(self):
        self.done.set()
        self.join(TIMEOUT)
        return self.peak


def test_a_hostile_body(env):
    """Of each kind, several times: no more than one review's worth, and given back afterwards."""
    server = env.server("--threads=1", "--request-timeout=60s")
    before = server.rss()
    peak = Peak(server)
    for name, body in BODIES.items():
        for _ in range(2):
            answer = server.post(body)
            assert answer.status in (400, 413, 500), (name, answer.status)
            assert server.post(review(GOOD)).status == 200, name
    top = peak.stop()
    if env.sanitizer:  # which keeps what was freed, and pads what was not
        return
    assert top < before + ONE_REVIEW, f"{top / MIB:.0f} MiB"
    assert server.rss() < before + 32 * MIB, f"{server.rss() / MIB:.0f} MiB stay"


def test_many_hostile_bodies_at_a_time(env):
    """Four threads, eight clients: still one review's worth, beside the bodies themselves."""
    server = env.server("--threads=4", "--request-timeout=60s")
    before = server.rss()
    peak = Peak(server)
    statuses = []

    def work(body):
        with server.client(timeout=60) as client:
            for _ in range(2):
                statuses.append(client.post(body).status)

    threads = [threading.Thread(target=work, args=(body,), daemon=True)
               for body in (BODIES["lists"], BODIES["objects"]) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(100)
    top = peak.stop()
    assert len(statuses) == 16 and set(statuses) <= {400, 413, 500, 503}, statuses
    assert server.post(review(GOOD)).status == 200
    if not env.sanitizer:
        assert top < before + ONE_REVIEW + 64 * MIB, f"{top / MIB:.0f} MiB"
        assert server.rss() < before + 32 * MIB, f"{server.rss() / MIB:.0f} MiB stay"


def test_bodies_of_middle_size_at_a_time(env):
    """Far larger than a real review, far smaller than the limit, and dear: [{},{},..."""
    server = env.server("--threads=4", "--request-timeout=60s")
    before = server.rss()
    body = review(GOOD)
    container = body["request"]["object"]["spec"]["containers"][0]
    peak = Peak(server)
    for count in 43000, 340000:
        container["volumeMounts"] = [{}] * count
        data = json.dumps(body, separators=(",", ":")).encode()
        socks = [server.tls() for _ in range(8)]
        statuses = []
        for sock in socks:
            sock.settimeout(60)
            sock.sendall(head("/mutate?timeout=30s", length=len(data)) + data[:-1])
        for sock in socks:
            sock.sendall(data[-1:])
        for sock in socks:
            statuses.append(read_answer(sock).status)
            sock.close()
        assert set(statuses) <= {200, 413, 503} and set(statuses) != {503}, statuses
    top = peak.stop()
    if not env.sanitizer:
        assert top < before + ONE_REVIEW, f"{top / MIB:.0f} MiB"


def test_a_hostile_review(env):
    """Whole reviews whose pods have far too much of something."""
    server = env.server("--threads=1", "--request-timeout=60s")
    before = server.rss()
    many = review({f"{KEY}configMap.c{i}": f"/m/{i}" for i in range(50000)})
    volumes = review(GOOD)
    volumes["request"]["object"]["spec"]["volumes"] = [{"name": f"v{i}"} for i in range(100000)]
    mounts = review(GOOD)
    container = mounts["request"]["object"]["spec"]["containers"][0]
    container["volumeMounts"] = [{"name": "v", "mountPath": f"/p/{i}"} for i in range(100000)]
    listed = review({KEY + "configMaps": json.dumps([{"name": "a", "path": f"/{i}"}
                                                     for i in range(50000)])})
    copied = review({KEY + "overlay": '{"spec":{"hostname":"h"}}', KEY + "gpu": "x.example/y=1"})
    copied["request"]["object"]["spec"]["odd"] = [[]] * 950000
    costly = review({KEY + "overlay": json.dumps({"metadata": {"annotations": {f"k{i}": "" for i in range(5000)}}})})
    peak = Peak(server)
    for body in many, volumes, mounts, listed, copied, costly:
        answer = server.post(body)
        assert answer.status == 200, answer.body
    top = peak.stop()
    assert server.post(many).response["allowed"] is False
    assert server.post(listed).response["allowed"] is False
    assert server.post(copied).response["allowed"] is False
    if not env.sanitizer:
        assert top < before + ONE_REVIEW, f"{top / MIB:.0f} MiB"


def test_large_bodies_of_many_clients(env):
    """All but their last byte, at the same time: what is above 64 MiB in all is thrown away, and
    its sender told to come back."""
    server = env.server("--request-timeout=60s")
    before = server.rss()
    body = b"[" + b" " * (8 * MIB - 100)
    peak = Peak(server)
    socks, statuses = [], []
    for _ in range(16):
        socks.append(server.tls())
        socks[-1].sendall(head(length=len(body) + 1) + body)
    for sock in socks:
        sock.sendall(b"]")
        statuses.append(read_answer(sock).status)
        sock.close()
    top = peak.stop()
    assert set(statuses) == {400, 503} and statuses.count(503) >= 4, statuses
    assert server.rejected("overload") == statuses.count(503)
    assert server.post(review(GOOD)).status == 200
    if not env.sanitizer:
        assert top < before + 160 * MIB, f"{top / MIB:.0f} MiB"
