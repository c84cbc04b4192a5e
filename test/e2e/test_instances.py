"""Several webhooks in one cluster, each with a prefix of its own: none is ever asked about another's pods."""

from kit import install, pods
from kit.webhook import Webhook, pointed_at, register, self_signed

P, ALIAS = pods.PREFIXES
OWN = "spark.team-a.example/"


class Instance:
    """A webhook as its Deployment starts it, registered as its configuration says."""

    def __init__(self, env, name, prefix):
        self.stamp = prefix + "mutated-by"
        folder = env.folder / name
        folder.mkdir()
        found = install.objects(env, f"--name={name}-{env.unique}", f"--annotation-prefix={prefix[:-1]}")
        arguments = install.one(found, "Deployment")["spec"]["template"]["spec"]["containers"][0]["args"]
        given = [argument for argument in arguments if argument.startswith("--annotation-prefix=")]
        self.webhook = Webhook(env.binary, folder, [*self_signed(folder), *given])
        env.later(self.webhook.stop)
        configuration = install.one(found, "MutatingWebhookConfiguration")
        register(env, pointed_at(configuration, configuration["metadata"]["name"], env.namespace,
                                 f"https://127.0.0.1:{self.webhook.port}/mutate", self.webhook.ca),
                 lambda pod: self.stamp in pod["metadata"]["annotations"],
                 {prefix + "configMap.trial": "/etc/trial"})


def instances(env):
    return Instance(env, "first", P), Instance(env, "second", OWN)


def asked(env, both, body):
    """The stored pod, and how many reviews each of the two had of it."""
    before = [one.webhook.reviews() for one in both]
    answer = env.api.create_pod(env.namespace, body)
    assert answer.code == 201, answer.message
    return answer.body, tuple(one.webhook.reviews() - count for one, count in zip(both, before))


def test_two_instances_never_touch_each_others_pods(env):
    both = instances(env)
    for number, (prefix, count) in enumerate(((P, (1, 0)), (ALIAS, (1, 0)), (OWN, (0, 1)))):
        for role in ("driver", "executor"):
            annotations = {prefix + "spark-configmap": "conf", prefix + "secret.db": "/etc/db"}
            body = pods.pod(f"{role}-{number}", role, annotations)
            stored, reviews = asked(env, both, body)
            assert reviews == count, f"{prefix} {role}: {reviews}"
            stamps = [one.stamp in stored["metadata"]["annotations"] for one in both]
            assert stamps == [bool(c) for c in count], f"{prefix} {role}: {stored['metadata']['annotations']}"
            wanted = pods.wishes({key.replace(OWN, P): value for key, value in annotations.items()})
            assert len(wanted) == 2
            for wish in wanted:
                pods.check_wish(stored, stored, wish)


def test_pods_of_nobody_are_asked_about_nowhere(env):
    both = instances(env)
    every = {P + "secret.a": "/a", ALIAS + "secret.b": "/b", OWN + "secret.c": "/c"}
    for number, role in enumerate((None, "history-server")):
        body = pods.pod(f"other-{number}", annotations=every)
        body["metadata"]["labels"] = {"spark-role": role} if role else {}
        assert asked(env, both, body)[1] == (0, 0), role
    for number, annotations in enumerate((None, {"team": "a"}, {"x." + OWN + "secret.s": "/s", "team-a.example/secret.s": "/s"})):
        stored, reviews = asked(env, both, pods.pod(f"plain-{number}", annotations=annotations))
        assert reviews == (0, 0), annotations
        assert stored["metadata"].get("annotations") == annotations, stored["metadata"]


def test_a_pod_that_asks_two_instances_gets_what_it_asks_of_each(env):
    both = instances(env)
    body = pods.pod("both", annotations={P + "secret.a": "/a", P + "sparkConfigMap": "conf", OWN + "secret.b": "/b"})
    stored, reviews = asked(env, both, body)
    # The one that is called first is asked again after the other's changes.
    assert min(reviews) >= 1, reviews
    assert all(one.stamp in stored["metadata"]["annotations"] for one in both)
    for wish in pods.wishes({P + "secret.a": "/a", P + "secret.b": "/b", P + "sparkConfigMap": "conf"}):
        pods.check_wish(stored, stored, wish)
