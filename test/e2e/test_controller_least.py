"""What spark-controller manifest gives the controller's account: enough for all it does, and no more.

The API server's audit log tells what was asked for, by the controller and by each spark-submit.
"""

import json
import os
import subprocess

from kit import controller, install, kubelet
from kit.api import Api, wait_for
from kit.controller import Controller, application, reaches
from kit.kube import Plane, write_config

POLICY = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"], "rules": [{"level": "Metadata"}]}
# A server-side apply of what is not there needs create, and is told as patch.
WITH_PATCH = {("", "persistentvolumeclaims", "create"), ("networking.k8s.io", "networkpolicies", "create")}


def own_plane(env):
    """An API server that writes down who asks for what."""
    policy = env.folder / "policy.json"
    policy.write_text(json.dumps(POLICY))
    Plane(env, f"--audit-policy-file={policy}", f"--audit-log-path={env.folder}/audit.json", "--audit-log-mode=blocking-strict")
    env.facts["kubeconfig"] = str(write_config(env, "admin"))
    env.api = Api(env.facts)
    env.api.create_namespace(env.namespace)
    controller.define(env)
    env.webhook  # without it no ConfigMap would be mounted


def permit(env):
    """Applies what is printed for this test's namespace. Returns the controller's kubeconfig and the rules it has."""
    done = subprocess.run([os.environ["SPK_CONTROLLER"], "manifest", f"--namespace={env.namespace}", "--existing-namespace",
                           f"--job-namespace={env.namespace}", "--name=spark-controller", "--image=none:1"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and not done.stderr, done.stderr
    # Both Roles have the controller's name: here they would meet in one namespace.
    objects = install.parsed(env, done.stdout)
    roles = [item for item in objects if item["kind"] == "Role" and item["metadata"]["name"] == "spark-controller"]
    assert len(roles) == 2
    merged = {**roles[0], "rules": [rule for role in roles for rule in role["rules"]]}
    rest = [item for item in objects if item["kind"] in ("ServiceAccount", "RoleBinding") or item not in roles]
    install.apply(env, [merged, *rest])
    token = install.account(env, "spark-controller").token
    return write_config(env, "controller", user={"token": token}), merged["rules"]


def asked(env):
    """{(group, resource, verb): worst status} of the controller's account."""
    user, found = f"system:serviceaccount:{env.namespace}:spark-controller", {}
    for line in (env.folder / "audit.json").read_text().splitlines():
        event = json.loads(line)
        if event["user"]["username"] == user and "objectRef" in event:
            what = event["objectRef"]
            resource = "/".join(filter(None, (what["resource"], what.get("subresource"))))
            key = (what.get("apiGroup", ""), resource, event["verb"])
            found.setdefault(key, set()).add(event.get("responseStatus", {}).get("code", 0))
    return found


def run_all(env):
    """Applications that need everything: claims, an Ingress, a run that fails and is begun again, an end that is cleared."""
    volume = "spark.kubernetes.driver.volumes.persistentVolumeClaim.data"
    metrics = {"exposeDriverMetrics": True, "exposeExecutorMetrics": True,
               "prometheus": {"jmxExporterJar": "/prometheus/jmx.jar", "port": 8090}}
    retried = application("again", monitoring=metrics,
                          restartPolicy={"type": "OnFailure", "onFailureRetries": 1, "onFailureRetryInterval": 1},
                          sparkConf={f"{volume}.options.claimName": "OnDemand", f"{volume}.options.storageClass": "none",
                                     f"{volume}.options.sizeLimit": "1Gi", f"{volume}.mount.path": "/data"})
    # Of somebody else, or of a controller that died: it is looked at.
    env.api.done("POST", f"/apis/networking.k8s.io/v1/namespaces/{env.namespace}/ingresses", {
        "metadata": {"name": "cleared-ui-ingress"}, "spec": {"defaultBackend": {"service": {"name": "x", "port": {"number": 1}}}}})
    controller.create(env, retried)
    controller.create(env, application("cleared", "4.3.0", timeToLiveSeconds=5, monitoring=metrics))
    reaches(env, "again", "SUBMITTED")
    first = controller.driver(env, "again")
    kubelet.starts(env, first)
    reaches(env, "again", "RUNNING")
    kubelet.ends(env, first, 1)
    wait_for("the second run", lambda: env.api.pods(env.namespace, f"{controller.APP_LABEL}=again,spark-role=driver") and
             controller.driver(env, "again")["metadata"]["uid"] != first["metadata"]["uid"], within=90)
    reaches(env, "again", "SUBMITTED")
    kubelet.starts(env, controller.driver(env, "again"))
    reaches(env, "again", "RUNNING")
    kubelet.ends(env, controller.driver(env, "again"))
    reaches(env, "again", "COMPLETED")
    reaches(env, "cleared", "SUBMITTED")
    kubelet.starts(env, controller.driver(env, "cleared"))
    reaches(env, "cleared", "RUNNING")
    kubelet.ends(env, controller.driver(env, "cleared"))
    path = f"{controller.collection(env)}/cleared"
    wait_for("the application is deleted", lambda: env.api.call("GET", path).code == 404, within=60)


def test_controller_has_every_permission_that_it_needs_and_no_other(env):
    own_plane(env)
    config, rules = permit(env)
    Controller(env, "--ingress-url-format={{$appName}}.example.com", "--leader-election-lock-name=spark-controller",
               f"--leader-election-lock-namespace={env.namespace}", kubeconfig=config, elect=True)
    run_all(env)
    found = asked(env)
    refused = sorted(what for what, codes in found.items() if 403 in codes)
    assert not refused, f"not permitted: {refused}"
    given = {(group, resource, verb) for rule in rules for group in rule["apiGroups"] for resource in rule["resources"]
             for verb in rule["verbs"]}
    unneeded = given - found.keys() - WITH_PATCH
    assert not unneeded, f"never asked for: {sorted(unneeded)}"
    assert {(group, resource, "patch") for group, resource, _ in WITH_PATCH} <= found.keys()
