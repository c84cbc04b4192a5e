"""Serving never depends on the API server: it dies, and is back after a minute."""

import contextlib
import time

import controlplane
from kit.api import Api, wait_for
from kit.managed import Reviews, installed, ready, review_of, value
from kit.webhook import trial_pod

OUTAGE = 60  # seconds


@contextlib.contextmanager
def own_control_plane(env):
    """A control plane that may be ended, in place of the one that all tests share."""
    state = env.folder / "own"
    facts = controlplane.start(state, env.facts["binaries"], env.facts["version"])
    shared = env.facts, env.api
    try:
        env.facts, env.api = facts, Api(facts)
        env.api.create_namespace(env.namespace)
        yield state
    finally:
        env.facts, env.api = shared
        controlplane.stop(state)


def test_serving_goes_on_without_the_api_server(env):
    with own_control_plane(env) as state:
        it, (replica,) = installed(env)
        bundle = it.bundle()
        right = it.stored()
        with Reviews(replica.port, lambda: bundle, review_of(trial_pod()), pause=0.02) as reviews:
            controlplane.kill_apiserver(state)
            over = time.monotonic() + OUTAGE
            wait_for("it is noticed", lambda: value(replica, "spark_webhook_certificate_in_sight") == 0, 60)
            more = reviews.good + 200
            wait_for("reviews are answered for a minute",
                     lambda: reviews.good >= more and time.monotonic() >= over, 2 * OUTAGE)
            assert ready(replica)
            controlplane.start_apiserver(state)
            env.api.done("DELETE", it.secret)
            wait_for("it is in sight again", lambda: value(replica, "spark_webhook_certificate_in_sight") == 1, 60)
            wait_for("the Secret is put back", lambda: it.stored() == right, 60)
        assert not reviews.bad, reviews.bad[:5]
        it.wait_mutated(within=20)
        replica.stop()
