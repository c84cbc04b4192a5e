"""Stopping: nobody's review is lost."""

import json
import select
import signal
import ssl
import threading
import time

from harness import (GOOD, TIMEOUT, accepts, ended, raw_review, read_answer, review, wait_until)


class Clients:
    """Posts reviews on kept connections, connecting anew when told to close, as a Go client does.
    Stops when the endpoint is gone: a moment after readyz has turned."""

    def __init__(self, server, count=4):
        self.server, self.gone = server, threading.Event()
        self.answers, self.faults, self.closed = 0, [], 0
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._run, daemon=True) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def _run(self):
        client = self.server.client()
        try:
            while not self.gone.is_set():
                answer = client.post(review(GOOD))
                assert answer.response["allowed"] is True
                with self.lock:
                    self.answers += 1
                    self.closed += answer.closes
                if answer.closes:
                    client.close()
                    client = self.server.client()
        except Exception as fault:  # any: it is what the test counts
            self.faults.append(repr(fault))
        finally:
            client.close()

    def join(self):
        self.gone.set()
        for thread in self.threads:
            thread.join(TIMEOUT)
        assert not self.faults, self.faults


def test_sigterm_under_load_loses_nothing(env):
    server = env.server("--drain-min=1s")
    clients = Clients(server)
    wait_until(lambda: clients.answers > 100, "load")
    start = time.monotonic()
    server.signal(signal.SIGTERM)
    wait_until(lambda: server.health("/readyz").status == 503, "readyz to turn", 1)
    assert server.health("/readyz").body == b"not ready: draining\n"
    assert server.health("/healthz").status == 200
    before = clients.answers
    time.sleep(0.5)
    with server.client() as late:  # a new connection, long after readyz has turned
        answer = late.post(review(GOOD))
        assert answer.status == 200 and answer.closes
    clients.join()
    assert clients.answers > before and clients.closed > 0
    assert server.wait() == 0
    assert 0.95 < time.monotonic() - start < 10
    assert not accepts(server.port) and not accepts(server.health_port)
    assert server.log(msg="stopped")[0]["cut_off"] == 0


def test_ten_seconds_after_sigterm_a_newcomer_is_answered(env):
    """With the settings that are nobody's choice: endpoints may take that long to forget a pod."""
    server = env.server(drain=None)
    start = time.monotonic()
    server.signal(signal.SIGTERM)
    for number in range(1, 21):
        time.sleep(max(0, start + number * 0.497 - time.monotonic()))
        answer = server.post(review(GOOD))
        assert answer.status == 200 and answer.closes, number
        assert answer.response["patch"]
    assert time.monotonic() - start > 9.9
    assert server.wait() == 0
    assert server.log(msg="stopped")[0]["cut_off"] == 0


def test_what_is_in_flight_is_waited_for(env):
    server = env.server("--drain-min=0s", "--drain-timeout=20s")
    whole = raw_review()
    with server.tls() as slow:
        slow.sendall(whole[:-1])
        wait_until(lambda: server.metric("spark_webhook_requests_in_flight") == 1, "one in flight")
        server.signal(signal.SIGTERM)
        server.wait_log(msg="draining")
        time.sleep(0.5)
        assert server.process.poll() is None
        slow.sendall(whole[-1:])
        answer = read_answer(slow)
        assert answer.status == 200 and answer.closes
        assert ended(slow)
    assert server.wait() == 0
    assert server.log(msg="stopped")[0]["cut_off"] == 0


def test_the_drain_has_an_end(env):
    server = env.server("--drain-min=0s", "--drain-timeout=1s")
    with server.tls() as slow:
        slow.sendall(raw_review()[:-1])
        wait_until(lambda: server.metric("spark_webhook_requests_in_flight") == 1, "one in flight")
        start = time.monotonic()
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
        assert 0.9 < time.monotonic() - start < 8
    stopped = server.log(msg="stopped")[0]
    assert stopped["cut_off"] == 1 and stopped["level"] == "warn"


def test_a_second_sigterm_stops_at_once(env):
    server = env.server("--drain-min=20s", "--drain-timeout=25s")
    server.signal(signal.SIGTERM)
    server.wait_log(msg="draining")
    start = time.monotonic()
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    assert time.monotonic() - start < 8


def test_sigint_drains_too(env):
    server = env.server()
    server.signal(signal.SIGINT)
    assert server.wait() == 0
    assert server.log(msg="draining") and server.log(msg="stopped")


def test_sighup_and_sigpipe_do_not_end_it(env):
    server = env.server()
    for number in signal.SIGHUP, signal.SIGPIPE, signal.SIGHUP:
        server.signal(number)
    for _ in range(20):
        with server.tls() as sock:  # answers that nobody takes
            sock.sendall(raw_review())
    assert server.post(review(GOOD)).status == 200


def test_idle_connections_do_not_hold_it_up(env):
    server = env.server("--drain-min=0s")
    clients = [server.client() for _ in range(5)]
    for client in clients:
        assert client.post(review(GOOD)).status == 200
    start = time.monotonic()
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    assert time.monotonic() - start < 8
    for client in clients:
        client.close()


def test_a_request_that_sets_out_as_its_connection_ends_is_told_to_come_back(env):
    """HTTP/1.1 can't warn a resting client; but the answer that meets its request says to ask again,
    and no reset overtakes that however large the request is."""
    server = env.server("--drain-min=0s", "--idle-timeout=60s")
    for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
        with server.tls(server.context(version, version)) as late, server.tls() as unused:
            late.sendall(raw_review())
            assert read_answer(late).status == 200
            server = check_goodbye(env, server, late, unused)


def check_goodbye(env, server, late, unused):
    time.sleep(0.1)
    assert not select.select([late, unused], [], [], 0)[0]
    server.signal(signal.SIGTERM)
    for sock in late, unused:
        assert select.select([sock], [], [], 8)[0], "no goodbye"
    late.sendall(raw_review(review({**GOOD, "note": "x" * 200000})))
    answer = read_answer(late)
    assert answer.status == 503 and answer.closes and answer.headers["Retry-After"] == "1"
    assert read_answer(unused).status == 503
    assert late.recv(1) == b"" and unused.recv(1) == b"", "an end that TLS vouches for"
    late.close()
    unused.close()
    assert server.wait() == 0
    assert server.log(msg="stopped")[0]["cut_off"] == 0
    return env.server("--drain-min=0s", "--idle-timeout=60s")


def test_who_takes_no_notice_of_the_goodbye_is_left_alone(env):
    server = env.server("--drain-min=0s", "--drain-timeout=20s")
    with server.client() as client:
        assert client.post(review(GOOD)).status == 200
        start = time.monotonic()
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
        assert time.monotonic() - start < 10


def test_its_descriptors_and_memory_stay(env):
    """Thousands of connections later it holds what it held."""
    server = env.server("--log-level=warn")
    body = json.dumps(review(GOOD)).encode()

    def round_of(count):
        for _ in range(count):
            assert server.post(body).status == 200
        wait_until(lambda: server.metric("spark_webhook_connections") == 0, "their ends")
        return server.metric("process_open_fds"), server.rss()

    fds, rss = round_of(100)
    for _ in range(3):
        more_fds, more_rss = round_of(300)
    assert more_fds <= fds + 2, (fds, more_fds)
    if not env.sanitizer:  # a sanitizer keeps what was freed
        assert more_rss < rss + (8 << 20), (rss, more_rss)
