"""`spark-webhook doctor` as a process, and what it found."""

import json
import subprocess
from typing import NamedTuple

from kit import install
from kit.api import ADMISSION


class Diagnosis(NamedTuple):
    code: int
    findings: list
    text: str

    def of(self, check, level=None):
        """Messages and advice of one check."""
        return [f"{f['message']} | {f['advice'] or ''}" for f in self.findings
                if f["check"] == check and level in (None, f["level"])]

    def levels(self):
        """{check: its worst level}"""
        order = ("ok", "warn", "fail")
        worst = {}
        for finding in self.findings:
            level = worst.get(finding["check"], "ok")
            worst[finding["check"]] = max(level, finding["level"], key=order.index)
        return worst

    def expect(self, check, level, *parts):
        """One finding of that check and level says all of @parts."""
        found = self.of(check, level)
        assert any(all(part in line for part in parts) for line in found), f"no {level} of {check} with {parts}:\n{self.text}"


def run(env, *arguments, kubeconfig=None):
    command = [env.binary, "doctor", f"--kubeconfig={kubeconfig or env.facts['kubeconfig']}", *arguments]
    done = subprocess.run([*command, "--output=json"], capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, 1), f"{done.returncode}: {done.stderr}"
    assert not done.stderr, done.stderr
    said = json.loads(done.stdout)
    assert (said["level"] == "fail") == (done.returncode == 1), said
    return Diagnosis(done.returncode, said["findings"], done.stdout)


def in_place(env):
    """Our webhook, called by URL, and the flags that name it."""
    env.webhook
    return [f"--webhook-configuration=zz-spark-webhook-{env.unique}", f"--namespace={env.namespace}",
            f"--pod-namespace={env.namespace}"]


def put(env, name, body):
    """Replaces a configuration, whatever it is now."""
    current = env.api.done("GET", f"{ADMISSION}/{name}")["metadata"]["resourceVersion"]
    env.api.done("PUT", f"{ADMISSION}/{name}", {**body, "metadata": {"name": name, "resourceVersion": current}})


def limited(env, rules):
    """A kubeconfig of an account that may do @rules in the cluster and nothing else."""
    name = f"limited-{env.unique}"
    env.api.done("POST", f"/api/v1/namespaces/{env.namespace}/serviceaccounts", {"metadata": {"name": name}})
    role = {"metadata": {"name": name}, "rules": rules}
    binding = {"metadata": {"name": name}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
               "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": env.namespace}]}
    for kind, body in (("ClusterRole", role), ("ClusterRoleBinding", binding)):
        path = install.CLUSTER_SCOPED[kind]
        env.later(lambda path=path: env.api.call("DELETE", f"{path}/{name}"))
        env.api.done("POST", path, body)
    api = install.account(env, name)
    file = env.folder / "limited.json"
    config = json.loads(open(env.facts["kubeconfig"]).read())
    config["users"][0]["user"] = {"token": api.token}
    file.write_text(json.dumps(config))
    return api, file
