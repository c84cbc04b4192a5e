"""Certificates that change, break, disappear and expire while the server works."""

import signal
import ssl
import threading
import time

from harness import GOOD, TIMEOUT, review, wait_until
from pki import Authority, Mount, der

FAST = "--tls-reload-interval=100ms"


def shown(server):
    with server.client() as client:
        return client.certificate()


class Load:
    """Clients that keep their connections, or make a new one for each request."""

    def __init__(self, server, kept=3, fresh=2):
        self.server, self.stop_now = server, threading.Event()
        self.faults, self.answers, self.certificates = [], 0, set()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._run, args=(i < kept,), daemon=True)
                        for i in range(kept + fresh)]
        for thread in self.threads:
            thread.start()

    def _one(self, client):
        certificate = client.certificate()
        allowed = client.post(review(GOOD)).response["allowed"]
        with self.lock:
            self.answers += allowed
            self.certificates.add(certificate)

    def _run(self, keep):
        try:
            client = self.server.client()
            while not self.stop_now.is_set():
                self._one(client)
                if not keep:
                    client.close()
                    client = self.server.client()
            client.close()
        except Exception as fault:  # any: it is what the test counts
            self.faults.append(repr(fault))

    def stop(self):
        self.stop_now.set()
        for thread in self.threads:
            thread.join(TIMEOUT)
        assert not self.faults, self.faults


def test_reload_under_load(env):
    """Both files swapped as kubelet does, again and again: not one request fails."""
    ca = Authority(env.dir / "ca")
    pairs = [ca.issue() for _ in range(8)]
    mount = Mount(env.dir / "mount", pairs[0])
    server = env.server(*mount.flags(), FAST, ca=ca.crt)
    load = Load(server)
    for number, pair in enumerate(pairs[1:], 1):
        time.sleep(0.3)
        mount.swap(pair)
        wait_until(lambda pair=pair: shown(server) == der(pair[0]), f"certificate {number}")
    wait_until(lambda: load.answers > 500, "500 answers")
    load.stop()
    assert len(load.certificates) == len(pairs), len(load.certificates)
    server.wait_log(7, msg="certificate reloaded")
    assert server.metric('spark_webhook_certificate_reloads_total{result="success"}') == 7
    assert server.metric('spark_webhook_certificate_reloads_total{result="failure"}') == 0
    assert server.metric("spark_webhook_tls_handshake_failures_total") == 0
    assert len(server.log(msg="certificate reloaded")) == 7
    assert not server.log(msg="rejected")


def test_reload_of_plain_files_under_load(env):
    """Written one after the other, in place: at times they don't fit, which no client sees."""
    ca = Authority(env.dir / "ca")
    pairs = [ca.issue() for _ in range(6)]
    crt, key = env.dir / "tls.crt", env.dir / "tls.key"

    def put(pair):
        crt.write_bytes(pair[0].read_bytes())
        time.sleep(0.01)
        key.write_bytes(pair[1].read_bytes())

    put(pairs[0])
    server = env.server(f"--tls-cert-file={crt}", f"--tls-private-key-file={key}", FAST, ca=ca.crt)
    load = Load(server)
    for pair in pairs[1:]:
        put(pair)
        wait_until(lambda pair=pair: shown(server) == der(pair[0]), "the new certificate")
    load.stop()


def test_a_connection_outlives_its_certificate(env):
    ca = Authority(env.dir / "ca")
    pairs = [ca.issue(), ca.issue()]
    mount = Mount(env.dir / "mount", pairs[0])
    server = env.server(*mount.flags(), FAST, ca=ca.crt)
    with server.client() as client:
        assert client.post(review(GOOD)).status == 200
        mount.swap(pairs[1])
        wait_until(lambda: shown(server) == der(pairs[1][0]), "the new certificate")
        assert client.post(review(GOOD)).status == 200
        assert client.certificate() == der(pairs[0][0])


def test_sighup_reloads_at_once(env):
    ca = Authority(env.dir / "ca")
    pairs = [ca.issue(), ca.issue()]
    mount = Mount(env.dir / "mount", pairs[0])
    server = env.server(*mount.flags(), "--tls-reload-interval=1h", ca=ca.crt)
    mount.swap(pairs[1])
    time.sleep(0.3)
    assert shown(server) == der(pairs[0][0])
    server.signal(signal.SIGHUP)
    wait_until(lambda: shown(server) == der(pairs[1][0]), "the new certificate", 5)


def test_another_ca_takes_over(env):
    """An open connection goes on; a new one is verified with the new CA."""
    old, new = Authority(env.dir / "old"), Authority(env.dir / "new")
    pair = new.issue()
    mount = Mount(env.dir / "mount", old.issue())
    server = env.server(*mount.flags(), FAST, ca=old.crt)
    with server.client() as client:
        client.post(review(GOOD))
        mount.swap(pair)
        server.wait_log(msg="certificate reloaded")
        assert client.post(review(GOOD)).status == 200
    try:
        server.post(review(GOOD))
        raise AssertionError("the old CA is still right")
    except ssl.SSLCertVerificationError:
        pass
    server.ca = new.crt
    assert server.post(review(GOOD)).status == 200


def broken_pairs(env, ca):
    crt, key = ca.issue()
    other = ca.issue()
    text = env.dir / "text"
    text.write_text("nonsense\n")
    empty = env.dir / "empty"
    empty.write_text("")
    cut = env.dir / "cut"
    cut.write_bytes(crt.read_bytes()[:200])
    return {"text": (text, key), "empty": (empty, key), "cut": (cut, key), "no key": (crt, text),
            "empty key": (crt, empty), "foreign key": (crt, other[1]),
            "expired": ca.issue(seconds=-60)}


def test_a_broken_certificate_keeps_the_old_one(env):
    """Each fault is logged and counted once, however often it is looked at."""
    ca = Authority(env.dir / "ca")
    first = ca.issue()
    mount = Mount(env.dir / "mount", first)
    server = env.server(*mount.flags(), FAST, ca=ca.crt)
    faults = broken_pairs(env, ca)
    for count, (name, pair) in enumerate(faults.items(), 1):
        mount.swap(pair)
        errors = server.wait_log(count, level="error")
        assert str(mount.crt) in errors[-1]["error"], (name, errors[-1])
        assert shown(server) == der(first[0]), name
    time.sleep(0.5)
    assert len(server.log(level="error")) == len(faults)
    failed = server.metric('spark_webhook_certificate_reloads_total{result="failure"}')
    assert failed == len(faults)
    assert server.health("/readyz").status == 200
    last = ca.issue()
    mount.swap(last)
    wait_until(lambda: shown(server) == der(last[0]), "the next good one")


def test_missing_files_keep_the_old_certificate(env):
    ca = Authority(env.dir / "ca")
    pair = ca.issue()
    mount = Mount(env.dir / "mount", pair)
    server = env.server(*mount.flags(), FAST, ca=ca.crt)
    (mount.dir / "..data").unlink()
    error = server.wait_log(level="error")[0]["error"]
    assert "--tls-cert-file" in error and str(mount.crt) in error, error
    time.sleep(0.5)
    assert len(server.log(level="error")) == 1
    assert shown(server) == der(pair[0])
    mount.swap(pair)
    time.sleep(0.3)
    assert server.post(review(GOOD)).status == 200


def test_an_expired_certificate_is_not_ready(env):
    ca = Authority(env.dir / "ca")
    mount = Mount(env.dir / "mount", ca.issue(seconds=4))
    server = env.server(*mount.flags(), FAST, ca=ca.crt)
    assert server.health("/readyz").status == 200
    expires = server.metric("spark_webhook_certificate_expiry_timestamp_seconds")
    assert 0 < expires - time.time() < 6
    wait_until(lambda: server.health("/readyz").status == 503, "its expiry", 8)
    assert b"expired" in server.health("/readyz").body
    assert server.health("/healthz").status == 200
    mount.swap(ca.issue())
    wait_until(lambda: server.health("/readyz").status == 200, "the next one")


def test_the_log_names_no_key(env):
    """What is in a key's file never gets into a message about it."""
    ca = Authority(env.dir / "ca")
    pair = ca.issue()
    mount = Mount(env.dir / "mount", pair)
    server = env.server(*mount.flags(), FAST, "--log-level=debug", ca=ca.crt)
    mount.swap((pair[1], pair[1]))
    server.wait_log(level="error")
    everything = "\n".join(server.lines)
    for line in pair[1].read_text().splitlines():
        assert "PRIVATE KEY" in line or line not in everything
