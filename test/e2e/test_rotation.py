"""Certificates are renewed, and their CA, under a load of clients that verify: nothing is lost.

Four replicas see the API server each with a delay of its own and go by a clock that the test sets: it
starts in the past and ends at the real time, which the clients go by. Days are counted from the
first CA.
"""

import base64
import json
import re
import signal
import threading

from gotools import Loader
from harness import corpus
from kit.api import ADMISSION, wait_for
from kit.wallclock import WallClock
from kit.webhook import CONFIGURATION, Webhook
from replicas import check, rate

LEAF_DAYS, CA_DAYS = 90, 210
# Due at 54 to 60 days of a certificate, and 126 to 140 of a CA. At the real time, of which the clients are
# throughout, the second certificate, of the 61st day, is still valid.
SECOND_LEAF, THIRD_LEAF, SECOND_CA, REAL = 61, 123, 141, 145
PROPAGATION = 3  # seconds
SERVICE = "spark-webhook"


def certificates(pem):
    return re.findall("-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----", pem)


class Fleet:
    """Replicas in managed mode behind a balancer. @lags: how late each learns of anything."""

    def __init__(self, env, lags):
        self.env, self.replicas = env, []
        self.configuration = f"zz-rotation-{env.unique}"
        self.secret = f"/api/v1/namespaces/{env.namespace}/secrets/{SERVICE}-certs"
        self.clock = WallClock(env, -REAL)
        self.service = env.proxy()
        self.register()
        env.later(self.stop)
        for number, lag in enumerate(lags):
            self.start(number, lag)
        for replica in self.replicas:
            self.service.add(replica.port, replica.health)

    def register(self):
        made = self.env.manifest(CONFIGURATION)
        made["metadata"]["name"] = self.configuration
        for webhook in made["webhooks"]:
            webhook["namespaceSelector"] = {"matchLabels": {"kubernetes.io/metadata.name": self.env.namespace}}
            webhook["clientConfig"] = {"service": {"namespace": self.env.namespace, "name": SERVICE, "path": "/mutate"}}
        self.env.api.done("POST", ADMISSION, made)
        self.env.later(lambda: self.env.api.delete_configuration(self.configuration))

    def start(self, number, lag):
        folder = self.env.folder / f"replica-{number}"
        folder.mkdir()
        way = self.env.proxy(to=self.env.facts["server"].removeprefix("https://"), lag=f"{lag}s")
        # The API server's own certificate is of the real time.
        cluster = {"server": f"https://127.0.0.1:{way.port}", "insecure-skip-tls-verify": True}
        (folder / "kubeconfig").write_text(json.dumps(
            {"apiVersion": "v1", "kind": "Config", "current-context": "e2e",
             "clusters": [{"name": "e2e", "cluster": cluster}],
             "users": [{"name": "e2e", "user": {"token": self.env.facts["token"]}}],
             "contexts": [{"name": "e2e", "context": {"cluster": "e2e", "user": "e2e"}}]}))
        (folder / "kubeconfig").chmod(0o600)
        self.replicas.append(Webhook(self.env.load_binary, folder, [
            "serve", "--certificates=managed", f"--kubeconfig={folder}/kubeconfig", f"--service-name={SERVICE}",
            f"--namespace={self.env.namespace}", f"--secret-name={SERVICE}-certs",
            f"--webhook-configuration={self.configuration}", f"--certificate-duration={LEAF_DAYS * 24}h",
            f"--ca-duration={CA_DAYS * 24}h", f"--ca-propagation={PROPAGATION}s"], self.clock.environ()))

    def stop(self):
        for replica in self.replicas:
            replica.stop()

    def turn_to(self, day):
        """All replicas find at one moment that it is another day."""
        self.clock.set(day - REAL)
        for replica in self.replicas:
            replica.process.send_signal(signal.SIGHUP)

    def kept(self):
        """The Secret's entries, as text."""
        data = self.env.api.done("GET", self.secret)["data"]
        return {key: base64.b64decode(value).decode() for key, value in data.items()}

    def shown(self):
        """What the replicas show: the leaf of each."""
        return [certificates(replica.ask("/certificate"))[0] for replica in self.replicas]

    def bundle(self):
        """caBundle, as an API server sees it."""
        webhooks = self.env.api.done("GET", f"{ADMISSION}/{self.configuration}")["webhooks"]
        return base64.b64decode(webhooks[0]["clientConfig"].get("caBundle", "")).decode()

    def wait_renewed(self, before):
        """Until all show one certificate that none of them showed before, and it is the Secret's. Returns it."""
        def renewed():
            shown = set(self.shown())
            return len(shown) == 1 and not shown & set(before) and shown == set(certificates(self.kept()["tls.crt"])[:1])

        wait_for("one new certificate everywhere", renewed, within=60)
        return self.shown()


class ApiServer:
    """A load of reviews that trusts what caBundle holds, @lag seconds late."""

    def __init__(self, fleet, lag):
        self.fleet, self.over = fleet, threading.Event()
        self.file = fleet.env.folder / "bundle"
        self.file.write_text(fleet.bundle())
        self.follower = threading.Thread(target=self.follow, daemon=True)
        self.follower.start()
        name = f"{SERVICE}.{fleet.env.namespace}.svc"
        self.loader = Loader(fleet.env, fleet.service.port, self.file, corpus(), name, rate=self.rate, ca_lag=f"{lag}s",
                             workers=16)

    @property
    def rate(self):
        return rate(self.fleet.env.load_binary)

    def follow(self):
        while not self.over.wait(0.05):
            new = self.file.with_suffix(".new")
            new.write_text(self.fleet.bundle())
            new.replace(self.file)

    def end(self):
        summary = self.loader.summary()
        self.over.set()
        self.follower.join()
        return summary

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self.loader.__exit__()


def check_rotation(env, replicas_lag, api_server_lag):
    fleet = Fleet(env, replicas_lag)
    first = fleet.shown()
    fleet.turn_to(SECOND_LEAF)
    second = fleet.wait_renewed(first)
    wait_for("caBundle", fleet.bundle)
    with ApiServer(fleet, api_server_lag) as api_server:
        api_server.loader.wait_good(100)
        fleet.turn_to(THIRD_LEAF)
        third = fleet.wait_renewed(second)
        ca = fleet.kept()["ca.crt"]
        fleet.turn_to(SECOND_CA)
        fleet.wait_renewed(third)
        kept = fleet.kept()
        assert kept["ca.crt"] != ca and ca in kept["old-ca.crt"], "the CA is another one"
        assert set(certificates(fleet.bundle())) == set(certificates(ca + kept["ca.crt"])), fleet.bundle()
        fleet.turn_to(REAL)
        api_server.loader.wait_good(2 * api_server.rate)
        summary = api_server.end()
    check(summary, 1000, env.load_binary)
    assert summary["bundles"] >= 2
    assert len(certificates(fleet.kept()["tls.crt"])) == 1, "the Secret holds one certificate"
    assert len(set(fleet.shown())) == 1


def test_rotation_where_replicas_learn_late_loses_nothing(env):
    check_rotation(env, (0, 0.2, 0.6, 1.2), 0)


def test_rotation_where_api_servers_learn_late_loses_nothing(env):
    check_rotation(env, (0, 0, 0, 0), 2)
