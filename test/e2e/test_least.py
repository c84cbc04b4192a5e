"""The printed permissions are the least: without any one of them something named here fails."""

from kit import install
from kit.api import wait_for
from kit.managed import HEALED_WITHIN, Managed, value


def without(kind, verb):
    def permit(objects):
        verbs = install.one(objects, kind)["rules"][0]["verbs"]
        verbs.remove(verb)

    return permit


def shows_a_certificate(it, replica):
    it.wait_ready(replica, within=4)


def makes_the_secret(it, replica):
    wait_for("the Secret", it.stored, 4)


def keeps_both_in_sight(it, replica):
    wait_for("both are in sight", lambda: value(replica, "spark_webhook_certificate_in_sight") == 1, 4)


def puts_the_secret_back(it, replica):
    before = wait_for("the Secret", it.stored, 4)
    it.put(tls_crt="garbage")
    wait_for("it is as it was", lambda: it.stored() == before, HEALED_WITHIN)


def puts_ca_bundle_right(it, replica):
    it.register(replica.port)
    wait_for("caBundle", it.bundle, 4)


CHECKS = (makes_the_secret, shows_a_certificate, keeps_both_in_sight, puts_the_secret_back, puts_ca_bundle_right)


def failing(env, label, permit):
    """The names of the checks that fail with these permissions."""
    it, failed = Managed(env, permit, label), []
    replica = it.start()
    for check in CHECKS:
        try:
            check(it, replica)
        except AssertionError:
            failed.append(check.__name__)
    replica.stop()
    env.api.call("DELETE", it.configuration)
    env.api.call("DELETE", it.secret)
    return failed


def test_every_permission_is_needed(env):
    """Without any one verb a check fails; with all of them none does."""
    objects = install.objects(env)
    verbs = [(kind, verb) for kind in ("Role", "ClusterRole") for verb in install.one(objects, kind)["rules"][0]["verbs"]]
    assert len(verbs) == 7
    assert failing(env, "all", lambda objects: None) == []
    unneeded = [(kind, verb) for kind, verb in verbs if not failing(env, f"{kind}-{verb}", without(kind, verb))]
    assert not unneeded, unneeded
