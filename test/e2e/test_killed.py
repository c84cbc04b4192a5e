"""A replica that dies amid a review: its pod is created whole or not at all, and who asked is told.
One that is stopped loses none."""

import concurrent.futures
import json
import random
import re
import time

from kit import pods
from kit.other import certificate
from kit.webhook import CONFIGURATION, Webhook, pointed_at, register

PREFIX = pods.PREFIXES[0]
ASKED = {PREFIX + "sparkConfigMap": "spark-conf", PREFIX + "secret.db": "/etc/secrets/db",
         PREFIX + "GCPServiceAccount.gcp": "/mnt/secrets"}
LARGE = 300_000  # bytes of a variable: a review that is not read, and an answer not made, in an instant
SEED = 7


class Replicas:
    """Two webhooks with one certificate behind a balancer that the API server calls."""

    def __init__(self, env, lag=None):
        """@lag: what they answer is under way for so many seconds."""
        self.env, self.count, self.running = env, 0, {}
        self.proxy = env.proxy()
        way = env.proxy(to=f"127.0.0.1:{self.proxy.port}", lag=f"{lag}s") if lag else self.proxy
        self.port = way.port
        self.crt, self.key = certificate(env.folder)
        env.later(self.stop)
        for _ in range(2):
            self.start()
        loaded = env.manifest(CONFIGURATION)
        register(env, pointed_at(loaded, f"{loaded['metadata']['name']}-{env.unique}", env.namespace,
                                 f"https://127.0.0.1:{self.port}/mutate", self.crt),
                 lambda pod: pods.STAMP in pod["metadata"]["annotations"])

    def start(self):
        folder = self.env.folder / f"replica-{self.count}"
        folder.mkdir()
        self.count += 1
        webhook = Webhook(self.env.binary, folder, ["serve", f"--tls-cert-file={self.crt}",
                                                    f"--tls-private-key-file={self.key}"])
        self.running[webhook.port] = webhook
        self.proxy.add(webhook.port, webhook.health)

    def replace(self, port):
        """A node that dies, and what comes in its place."""
        dead = self.running.pop(port)
        dead.process.kill()
        dead.process.wait()
        self.proxy.wait_gone(port)
        self.proxy.remove(port)
        self.start()

    def stop(self):
        for webhook in self.running.values():
            webhook.stop()


def large_pod(name):
    pod = pods.pod(name, annotations=ASKED)
    pod["spec"]["containers"][0]["env"].append({"name": "FILL", "value": "x" * LARGE})
    return pod


def stored(env, name):
    """The pod as it is now, or None."""
    answer = env.api.call("GET", f"/api/v1/namespaces/{env.namespace}/pods/{name}")
    assert answer.code in (200, 404), answer
    return answer.body if answer.code == 200 else None


def created_whole(env, pod):
    pods.check(env.plain(pod), stored(env, pod["metadata"]["name"]))


def check_told(env, name, message):
    assert 'failed calling webhook "spark-webhook.sparkhook.svc"' in message, message
    assert stored(env, name) is None, f"{name} was stored, and its creator told: {message}"


def create(env, pod):
    return env.kubectl("create", "-n", env.namespace, "-f", "-", stdin=json.dumps(pod))


def check_held(env, replicas, name, hold):
    """Its replica dies when so much of a review, or of its answer, is through."""
    pod = large_pod(name)
    replicas.proxy.say(hold)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        done = pool.submit(create, env, pod)
        replicas.replace(replicas.proxy.wait_held())
        done = done.result()
    assert done.returncode != 0, f"{hold}: {done.stdout}"
    check_told(env, name, done.stderr)
    again = create(env, pod)
    assert again.returncode == 0, again.stderr
    created_whole(env, pod)


def test_replica_killed_amid_a_review_leaves_no_half_of_a_pod(env):
    replicas = Replicas(env)
    for number, hold in enumerate(("hold up 100000", "hold up 300000", "hold down 1", "hold down 500", "hold down 1200")):
        check_held(env, replicas, f"held-{number}", hold)


def test_replicas_killed_at_any_moment_leave_no_half_of_a_pod(env):
    replicas, chance = Replicas(env), random.Random(SEED)
    whole = told = 0
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        for number in range(20):
            asked = [large_pod(f"pod-{number}-{i}") for i in range(6)]
            answers = [pool.submit(env.api.create_pod, env.namespace, pod) for pod in asked]
            concurrent.futures.wait(answers, timeout=chance.uniform(0, 0.15))
            replicas.replace(chance.choice(list(replicas.running)))
            for pod, answer in zip(asked, (answer.result() for answer in answers)):
                if answer.code == 201:
                    created_whole(env, pod)
                    whole += 1
                else:
                    check_told(env, pod["metadata"]["name"], answer.message)
                    told += 1
    print(f"{whole} pods whole, {told} refused")
    assert whole and whole + told == 120


def asked_again(env, port):
    """How often the API server has followed a Retry-After that came from there."""
    count = rf'^rest_client_request_retries_total\{{.*host="127\.0\.0\.1:{port}",verb="POST"\}} (\d+)'
    return sum(map(int, re.findall(count, env.api.text("/metrics"), re.M)))


def test_review_that_meets_the_end_of_its_connection_is_asked_again(env):
    """A resting connection is ended a second after its last answer, and here the API server learns of that
    0.9 s later. What it sends meanwhile is lost on that connection."""
    replicas = Replicas(env, lag=0.9)
    for number in range(6):
        first, second = (pods.pod(f"{name}-{number}", annotations=ASKED) for name in ("first", "second"))
        assert env.api.create_pod(env.namespace, first).code == 201
        had = {port: webhook.connections() for port, webhook in replicas.running.items()}
        port = max(had, key=had.get)
        stopped = replicas.running.pop(port)
        stopped.process.terminate()
        time.sleep(0.5)  # the middle of the 0.9 s
        answer = env.api.create_pod(env.namespace, second)
        assert answer.code == 201, answer.message
        created_whole(env, second)
        replicas.proxy.remove(port)
        stopped.stop()
        replicas.start()
        if asked_again(env, replicas.port):
            return
    raise AssertionError("no review met the end of its connection")
