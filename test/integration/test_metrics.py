"""The metrics page: well-formed, complete from the start, and counting what happens."""

import threading
import time

import exposition
from harness import BAD, GOOD, TIMEOUT, head, read_answer, review, wait_until

NAMES = {
    "spark_webhook_reviews_total", "spark_webhook_review_duration_seconds",
    "spark_webhook_last_review_timestamp_seconds",
    "spark_webhook_requests_in_flight", "spark_webhook_connections",
    "spark_webhook_connections_accepted_total", "spark_webhook_requests_rejected_total",
    "spark_webhook_tls_handshakes_total", "spark_webhook_tls_handshake_failures_total",
    "spark_webhook_certificate_expiry_timestamp_seconds",
    "spark_webhook_certificate_reloads_total", "spark_webhook_build_info",
    "process_start_time_seconds", "process_resident_memory_bytes", "process_cpu_seconds_total",
    "process_open_fds",
}


def page(server):
    answer = server.health("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return exposition.parse(answer.body.decode())


def test_the_page_is_well_formed_and_complete(env):
    server = env.server()
    assert page(server).keys() == NAMES
    server.post(review(GOOD))
    assert page(server).keys() == NAMES


def test_all_series_are_there_from_the_start(env):
    server = env.server()
    families = page(server)
    before = {key for family in families.values() for key in family.samples}
    for body in review(GOOD), review(BAD), review(GOOD, role="executor"), b"x", {}:
        server.post(body)
    after = {key for family in page(server).values() for key in family.samples}
    assert after == before
    roles = {dict(labels)["role"] for _, labels in families["spark_webhook_reviews_total"].samples}
    assert roles == {"driver", "executor", "application", "other"}
    assert len(families["spark_webhook_reviews_total"].samples) == 20


def test_reviews_by_role_and_outcome(env):
    server = env.server()
    for body in (review(GOOD), review(GOOD), review(BAD), review({}), review(BAD, role="executor"),
                 review(GOOD, role=None), {}):
        server.post(body)
    expected = {("driver", "mutated"): 2, ("driver", "denied"): 1, ("driver", "unchanged"): 1,
                ("executor", "denied"): 1, ("other", "untouched"): 1, ("other", "failed"): 1}
    samples = page(server)["spark_webhook_reviews_total"].samples
    got = {(dict(labels)["role"], dict(labels)["outcome"]): value
           for (_, labels), value in samples.items() if value}
    assert got == expected, got
    durations = page(server)["spark_webhook_review_duration_seconds"].samples
    assert durations[("spark_webhook_review_duration_seconds_count", ())] == 7
    assert 0 < durations[("spark_webhook_review_duration_seconds_sum", ())] < 5


def test_rejected_by_reason(env):
    server = env.server("--max-body-bytes=64Ki")
    requests = {"path": head(path="/x"), "method": head(method="GET"), "framing": head(),
                "content_type": head(length=2, Content_Type="text/plain") + b"{}",
                "too_large": head(length=70000), "json": head(length=1) + b"x",
                "review": head(length=2) + b"{}"}
    for reason, data in requests.items():
        with server.tls() as sock:
            sock.sendall(data)
            read_answer(sock)
        assert server.rejected(reason) == 1, reason
    samples = page(server)["spark_webhook_requests_rejected_total"].samples
    assert sum(samples.values()) == len(requests)


def test_connections_and_handshakes(env):
    server = env.server()
    clients = [server.client() for _ in range(3)]
    for client in clients:
        client.post(review(GOOD))
    assert server.metric("spark_webhook_connections") == 3
    assert server.metric("spark_webhook_connections_accepted_total") == 3
    assert server.metric("spark_webhook_tls_handshakes_total") == 3
    for client in clients:
        client.close()
    wait_until(lambda: server.metric("spark_webhook_connections") == 0, "their ends")
    assert server.metric("spark_webhook_connections_accepted_total") == 3
    assert server.metric("spark_webhook_tls_handshake_failures_total") == 0


def test_the_process(env):
    server = env.server()
    assert abs(server.metric("process_start_time_seconds") - time.time()) < 60
    assert 1 << 20 < server.rss() < 1 << 30
    assert 3 < server.metric("process_open_fds") < 100
    before = server.metric("process_cpu_seconds_total")
    for _ in range(20):
        server.post(review(GOOD))
    assert server.metric("process_cpu_seconds_total") > before
    line = next(line for line in server.health("/metrics").body.decode().splitlines()
                if line.startswith("spark_webhook_build_info"))
    version = env.run("--version").stdout.decode().split()[1]
    assert f'version="{version}"' in line and line.endswith(" 1")


def test_counters_agree_under_load(env):
    """Read while others write: the page is well-formed at every moment, and right at the end."""
    server = env.server()
    done = []

    def work():
        with server.client() as client:
            for _ in range(100):
                client.post(review(GOOD))
        done.append(1)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        page(server)
    for thread in threads:
        thread.join(TIMEOUT)
    assert len(done) == 4
    assert server.reviews("driver", "mutated") == 400
