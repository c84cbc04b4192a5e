"""Clients that are slow, silent or many: they are ended in time, and never keep a good one out."""

import json
import resource
import threading
import time

from harness import GOOD, TIMEOUT, ended, head, raw_review, read_answer, review, wait_until

QUICK = ["--request-timeout=1s", "--idle-timeout=2s"]


class Drip(threading.Thread):
    """Sends a byte now and then, until the other side has had enough."""

    def __init__(self, sock, data, pause=0.1):
        super().__init__(daemon=True)
        self.sock, self.data, self.pause = sock, data, pause
        self.seconds = None
        self.start()

    def run(self):
        begin = time.monotonic()
        try:
            for byte in self.data:
                self.sock.sendall(bytes([byte]))
                time.sleep(self.pause)
        except OSError:
            pass
        self.seconds = time.monotonic() - begin

    def ended_after(self):
        self.join(TIMEOUT)
        assert self.seconds is not None, "still dripping"
        return self.seconds


def good(server, within=2):
    """A good client's review is answered, and soon."""
    start = time.monotonic()
    assert server.post(review(GOOD)).status == 200
    assert time.monotonic() - start < within


def test_a_dripped_header_is_cut(env):
    server = env.server(*QUICK)
    with server.tls() as sock:
        drip = Drip(sock, head(X="y" * 1000))
        good(server)
        assert 0.9 < drip.ended_after() < 4
    wait_until(lambda: server.rejected("slow") == 1, "the count")


def test_a_dripped_body_is_cut(env):
    server = env.server(*QUICK)
    whole = raw_review()
    cut = whole.index(b"\r\n\r\n") + 4
    with server.tls() as sock:
        sock.sendall(whole[:cut])
        drip = Drip(sock, whole[cut:])
        good(server)
        assert 0.9 < drip.ended_after() < 5
    wait_until(lambda: server.rejected("slow") + server.rejected("deadline") == 1, "its count")


def test_a_dripped_handshake_is_cut(env):
    server = env.server(*QUICK)
    with server.tcp() as sock:
        drip = Drip(sock, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 500)
        good(server)
        assert 0.9 < drip.ended_after() < 4


def test_a_silent_connection_is_cut(env):
    server = env.server(*QUICK)
    with server.tcp() as plain, server.tls() as tls:
        start = time.monotonic()
        assert ended(plain) and ended(tls)
        assert 0.9 < time.monotonic() - start < 4
    wait_until(lambda: server.rejected("slow") == 2, "the count")


def test_a_valid_request_earns_idle_time(env):
    server = env.server("--request-timeout=1s", "--idle-timeout=3s")
    with server.tls() as sock:
        sock.sendall(raw_review())
        assert read_answer(sock).status == 200
        time.sleep(1.8)
        sock.sendall(raw_review())
        assert read_answer(sock).status == 200
        start = time.monotonic()
        assert ended(sock)
        assert 2.5 < time.monotonic() - start < 6
    wait_until(lambda: server.rejected("idle") == 1, "the count")


def test_an_invalid_request_earns_none(env):
    server = env.server("--request-timeout=1s", "--idle-timeout=60s")
    with server.tls() as sock:
        sock.sendall(head(length=2) + b"{}")
        assert read_answer(sock).status == 400
        start = time.monotonic()
        assert ended(sock)
        assert time.monotonic() - start < 4


def test_a_later_request_has_its_own_deadline(env):
    server = env.server("--request-timeout=1s", "--idle-timeout=60s")
    with server.tls() as sock:
        sock.sendall(raw_review())
        assert read_answer(sock).status == 200
        time.sleep(1.5)
        drip = Drip(sock, head(X="y" * 1000))
        assert 0.8 < drip.ended_after() < 4


def test_a_slow_reader_is_cut(env):
    """Pipelines requests and reads no answer, until the server cannot send any more."""
    server = env.server(*QUICK)
    with server.tls() as sock:
        sock.settimeout(TIMEOUT)
        request = raw_review()
        start = time.monotonic()
        try:
            for _ in range(20000):
                sock.sendall(request)
            raise AssertionError("took all")
        except OSError:
            pass
        assert time.monotonic() - start < 15
    good(server)
    wait_until(lambda: server.metric("spark_webhook_connections") == 0, "its end")


def test_at_the_connection_limit_a_good_client_is_answered(env):
    """The limit filled several times over with half-open, silent and idle clients."""
    server = env.server("--max-connections=20", "--threads=2", "--request-timeout=20s",
                        "--idle-timeout=60s")
    socks = []
    for i in range(60):
        sock = server.tcp()
        if i % 3 == 1:
            sock.sendall(b"\x16\x03\x01")
        socks.append(sock)
        if i % 10 == 9:
            good(server, 5)
    wait_until(lambda: server.rejected("evicted") >= 40, "the count")
    good(server)
    for sock in socks:
        sock.close()


def test_with_few_descriptors_a_good_client_is_answered(env):
    """The limit on connections is lowered to what the descriptors allow, and says so."""
    server = env.server("--request-timeout=60s", fds=(64, 64))
    line = server.wait_log(level="warn")[0]
    assert line["max_connections"] == 1024 and line["open_files_limit"] == 64
    assert line["lowered_to"] < 64 < line["open_files_needed"]
    socks = [server.tcp() for _ in range(100)]
    good(server, 5)
    assert server.health("/readyz").status == 200
    for sock in socks:
        sock.close()


def test_the_limit_of_descriptors_is_raised(env):
    server = env.server(fds=(64, 4096))
    soft = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)[0]
    assert soft == 4096 and not server.log(level="warn")


def test_idle_used_connections_make_place(env):
    server = env.server("--max-connections=10", "--threads=1", "--request-timeout=20s",
                        "--idle-timeout=60s")
    clients = []
    for _ in range(30):
        client = server.client()
        assert client.post(review(GOOD)).status == 200
        clients.append(client)
    wait_until(lambda: server.rejected("evicted") >= 20, "the count")
    assert server.metric("spark_webhook_connections") <= 10
    for client in clients:
        client.close()


def test_used_connections_held_open_make_place(env):
    """Each has earned its place with a review, and then never finishes the next one."""
    for data in b"POST /mutate HTTP/1.1\r\nHo", head("/mutate?timeout=30s", length=100):
        server = env.server("--max-connections=20", "--threads=2", "--request-timeout=20s")
        socks = []
        for _ in range(17):
            socks.append(server.tls())
            socks[-1].sendall(raw_review())
            assert read_answer(socks[-1]).status == 200
            socks[-1].sendall(data)
        for _ in range(8):
            good(server, 5)
            time.sleep(0.3)
        assert server.rejected("evicted") >= 1
        for sock in socks:
            sock.close()


def test_a_long_timeout_does_not_lengthen_a_body(env):
    server = env.server(*QUICK)
    with server.tls() as sock:
        start = time.monotonic()
        sock.sendall(head("/mutate?timeout=30s", length=100))
        assert ended(sock)
        assert 0.9 < time.monotonic() - start < 6


def test_the_health_port_outlives_a_crowd(env):
    server = env.server()
    socks = []
    for _ in range(150):
        socks.append(server.tcp(server.health_port))
        socks[-1].sendall(b"GET /he")
        if len(socks) % 10 == 0:
            for path in "/readyz", "/healthz":
                answer = server.health(path)
                assert answer.status == 200 and answer.closes
    start = time.monotonic()
    assert ended(socks[-1])
    assert time.monotonic() - start < 5
    for sock in socks:
        sock.close()


def test_a_connection_in_use_outlives_a_flood(env):
    server = env.server("--max-connections=20", "--threads=2", "--request-timeout=20s")
    idle = [server.client() for _ in range(14)]
    for client in idle:
        client.post(review(GOOD))
    socks = []
    with server.client() as kept:
        kept.post(review(GOOD))
        sock = kept.http.sock
        for _ in range(100):
            socks.append(server.tcp())
            assert kept.post(review(GOOD)).status == 200
        assert kept.http.sock is sock  # http.client would have connected anew
    for other in socks + idle:
        other.close()


def test_dripping_clients_at_the_limit(env):
    server = env.server("--max-connections=20", "--threads=2", *QUICK)
    stop = time.monotonic() + 4
    drips = []
    while time.monotonic() < stop:
        drips = [d for d in drips if d.is_alive()]
        while len(drips) < 20:
            drips.append(Drip(server.tcp(), b"\x16\x03\x01\x02\x00" + b"\0" * 400))
        good(server, 5)
    for drip in drips:
        drip.sock.close()


def test_a_large_review_does_not_keep_others_waiting(env):
    server = env.server("--threads=2")
    large = json.dumps({"kind": "x" * 7000000}).encode()
    stop = threading.Event()

    def hammer():
        with server.client() as client:
            while not stop.is_set():
                assert client.post(large).status == 400

    thread = threading.Thread(target=hammer, daemon=True)
    thread.start()
    try:
        for _ in range(10):
            good(server, 5)
    finally:
        stop.set()
        thread.join(TIMEOUT)


def test_large_reviews_at_a_time_do_not_keep_others_waiting(env):
    """More of them than threads, each taking far longer than a small one: most are told to come back,
    and no small one is kept for as long as they all take."""
    server = env.server("--threads=4", "--request-timeout=60s")
    body = review(GOOD)
    body["request"]["object"]["spec"]["containers"][0]["volumeMounts"] = [{}] * 340000
    large = json.dumps(body, separators=(",", ":")).encode()
    stop, answers = threading.Event(), []

    def hammer():
        while not stop.is_set():
            with server.client(timeout=60) as client:
                answers.append(client.post(large))

    with server.client() as client:
        start = time.monotonic()
        one = client.post(large)
        alone = time.monotonic() - start
    threads = [threading.Thread(target=hammer, daemon=True) for _ in range(8)]
    for thread in threads:
        thread.start()
    took = []
    try:
        wait_until(lambda: server.rejected("overload") > 0, "a large review that is told to come back", 60)
        for _ in range(20):
            start = time.monotonic()
            assert server.post(review(GOOD)).status == 200
            took.append(time.monotonic() - start)
    finally:
        stop.set()
        for thread in threads:
            thread.join(120)
    assert {a.status for a in answers} == {one.status, 503}, [a.status for a in answers]
    assert all(a.headers["Retry-After"] == "1" for a in answers if a.status == 503)
    assert sorted(took)[10] < 2 + 4 * alone, (alone, took)
