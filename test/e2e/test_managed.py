"""Certificates that look after themselves, on a real API server and with the printed permissions alone."""

import contextlib
import threading

from kit.api import ADMISSION, Api, wait_for
from kit.kube import Plane, write_config
from kit.managed import HEALED_WITHIN, Managed, Reviews, installed, review_of, value
from kit.webhook import trial_pod
from pki import Authority


def test_a_pod_is_mutated_seconds_after_the_first_start(env):
    """An empty namespace, the printed objects, one start: nothing else is done."""
    it = Managed(env)
    assert it.stored() is None
    replica = it.start()
    it.wait_ready(replica)
    it.register(replica.port)
    it.wait_mutated()
    stored = it.stored()
    assert it.bundle() == stored["ca.crt"] and replica.ask("/certificate") == stored["tls.crt"]
    assert set(stored) == {"tls.crt", "tls.key", "ca.crt", "ca.key"}


def test_four_replicas_that_start_at_once_make_one_certificate(env):
    it, running = installed(env, 4)
    shown = {replica.ask("/certificate") for replica in running}
    assert shown == {it.stored()["tls.crt"]}
    assert sum(value(replica, "spark_webhook_certificate_secret_writes_total") for replica in running) == 1
    assert it.bundle() == it.stored()["ca.crt"]


def other_set(env, seconds=86400):
    """The certificates of somebody else for our names, not expired: {argument of put(): text}."""
    authority = Authority(env.folder / "other")
    service = f"webhook-{env.unique}.{env.namespace}"
    names = ",".join(f"DNS:{name}" for name in (f"{service}.svc", service, f"{service}.svc.cluster.local"))
    crt, key = authority.issue(f"{names},IP:127.0.0.1", seconds=seconds)
    return {"ca_crt": authority.crt.read_text(), "ca_key": (authority.dir / "ca.key").read_text(),
            "tls_crt": crt.read_text(), "tls_key": key.read_text()}


def check_heals(env, damage):
    """No review is lost while the Secret is damaged, and it is as it was within five seconds."""
    it, (replica, second) = installed(env, 2)
    before = it.stored()
    with Reviews(replica.port, it.bundle, review_of(trial_pod())) as reviews:
        wait_for("reviews are answered", lambda: reviews.good > 3)
        damage(it)
        wait_for("the Secret is as it was", lambda: it.stored() == before, HEALED_WITHIN)
        more = reviews.good + 10
        wait_for("reviews are still answered", lambda: reviews.good >= more)
    assert not reviews.bad, reviews.bad[:5]
    assert it.mutated() and it.bundle() == before["ca.crt"]
    assert replica.ask("/certificate") == second.ask("/certificate") == before["tls.crt"]


def test_a_deleted_secret_is_put_back(env):
    check_heals(env, lambda it: env.api.done("DELETE", it.secret))


def test_a_secret_with_another_ca_is_put_back(env):
    check_heals(env, lambda it: it.put(ca_crt=other_set(env)["ca_crt"]))


def test_a_secret_with_another_key_is_put_back(env):
    check_heals(env, lambda it: it.put(tls_key=other_set(env)["tls_key"]))


def test_a_secret_with_another_ca_key_is_put_back(env):
    check_heals(env, lambda it: it.put(ca_key=other_set(env)["ca_key"], tls_crt="garbage"))


def test_an_expired_secret_is_put_back(env):
    check_heals(env, lambda it: it.put(**other_set(env, seconds=-60)))


def test_an_emptied_secret_is_put_back(env):
    check_heals(env, lambda it: it.put(tls_crt="", tls_key="", ca_crt="", ca_key=None))


def leaves_off(replica):
    return any("who else changes it" in line.get("error", "") for line in replica.lines())


def test_a_fight_over_the_secret_comes_to_rest(env):
    """Two versions whose names do not fit into one certificate: each puts its own back when the other has written."""
    it = Managed(env)
    sides = [it.start(*(f"--extra-san={side}{i}.example" for i in range(30))) for side in "ab"]
    wait_for("one of them leaves off", lambda: any(map(leaves_off, sides)), 120)
    assert sum(value(replica, "spark_webhook_certificate_secret_writes_total") for replica in sides) < 50


def test_a_fight_over_ca_bundle_comes_to_rest(env):
    """Somebody else puts it back each time, as cert-manager's injector does where its annotation was left."""
    it, (replica,) = installed(env)
    other = other_set(env)["ca_crt"]

    def fight():
        if it.bundle() != other:
            it.put_bundle(other)
        return leaves_off(replica)
    wait_for("it leaves off", fight, 120)
    assert value(replica, "spark_webhook_ca_bundle_writes_total") < 30


def test_a_damaged_ca_bundle_is_put_right(env):
    it, _ = installed(env)
    right = it.bundle()
    for wrong in ("", other_set(env)["ca_crt"]):
        it.put_bundle(wrong)
        wait_for("caBundle is as it was", lambda: it.bundle() == right, HEALED_WITHIN)
        it.wait_mutated()


def test_a_replaced_registration_is_put_right(env):
    """kubectl replace with a file without caBundle wipes it."""
    it, _ = installed(env)
    right, found = it.bundle(), env.api.done("GET", it.configuration)
    del found["webhooks"][0]["clientConfig"]["caBundle"]
    env.api.done("PUT", it.configuration, found)
    wait_for("caBundle is as it was", lambda: it.bundle() == right, HEALED_WITHIN)
    env.api.done("DELETE", it.configuration)
    del found["metadata"]["resourceVersion"]
    env.api.done("POST", it.configuration.rpartition("/")[0], found)
    wait_for("caBundle is as it was", lambda: it.bundle() == right, HEALED_WITHIN)
    it.wait_mutated()


def of_others(number):
    """A registration that no pod meets, of which an API server has to keep account all the same."""
    rules = [{"apiGroups": ["example.com"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["none"]}]
    return {"metadata": {"name": f"aa-{number}"}, "webhooks": [{
        "name": "none.example.com", "sideEffects": "None", "admissionReviewVersions": ["v1"], "rules": rules,
        "clientConfig": {"url": "https://127.0.0.1:1/"}}]}


@contextlib.contextmanager
def pods_without_pause(it, threads=4):
    over = threading.Event()

    def create():
        while not over.is_set():
            it.create()
    running = [threading.Thread(target=create) for _ in range(threads)]
    for thread in running:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in running:
            thread.join()


def test_what_the_api_server_missed_is_written_again(env):
    """Among 3,000 registrations, while pods are created, an API server misses one in ten of the changes that follow
    another at once: it would go on without our caBundle for ever."""
    Plane(env)
    env.facts["kubeconfig"], env.api = str(write_config(env)), Api(env.facts)
    env.api.create_namespace(env.namespace)
    for number in range(3000):
        env.api.done("POST", ADMISSION, of_others(number))
    it = Managed(env)
    with pods_without_pause(it):
        for _ in range(6):
            replica = it.start()
            it.wait_ready(replica)
            for _ in range(5):  # one replica makes no more than 20 changes at once, lost ones included
                it.register(replica.port)
                it.wait_mutated()
                env.api.done("DELETE", it.configuration)
            replica.stop()


def test_a_sound_secret_of_somebody_else_is_taken_over_without_a_gap(env):
    it, (replica,) = installed(env)
    theirs, bundle = other_set(env), it.bundle
    with Reviews(replica.port, bundle, review_of(trial_pod())) as reviews:
        wait_for("reviews are answered", lambda: reviews.good > 3)
        it.put(**theirs)
        wait_for("it is shown", lambda: replica.ask("/certificate") == theirs["tls_crt"], 15)
        more = reviews.good + 10
        wait_for("reviews are still answered", lambda: reviews.good >= more)
    assert not reviews.bad, reviews.bad[:5]
    it.wait_mutated()


def test_a_secret_of_an_older_kind_is_taken_over_and_renewed_without_a_gap(env):
    """As certs/make-certs and cert-manager leave it, without the CA's key; --certificates=files used it."""
    it, theirs = Managed(env), other_set(env)
    env.api.done("POST", it.secret.rpartition("/")[0], {
        "metadata": {"name": f"{it.name}-certs"}, "type": "kubernetes.io/tls",
        "stringData": {"tls.crt": theirs["tls_crt"], "tls.key": theirs["tls_key"], "ca.crt": theirs["ca_crt"], "x": "y"}})
    replica = it.start()
    it.wait_ready(replica)
    assert replica.ask("/certificate") == theirs["tls_crt"]
    it.register(replica.port)
    it.wait_mutated()
    with Reviews(replica.port, it.bundle, review_of(trial_pod())) as reviews:
        wait_for("our own CA has taken over", lambda: it.stored().get("ca.key"), 15)
        wait_for("it is shown", lambda: replica.ask("/certificate") == it.stored()["tls.crt"])
        more = reviews.good + 10
        wait_for("reviews are still answered", lambda: reviews.good >= more)
    assert not reviews.bad, reviews.bad[:5]
    assert it.stored()["x"] == "y", "what is not ours stays"
    assert theirs["ca_crt"].strip() in it.bundle()
