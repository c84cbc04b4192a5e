"""Stands in for the kubelet: pods of an API server without nodes get the status that one would report."""


def container_of(pod):
    """The Spark container's name: Spark's own names, or else the first."""
    names = [c["name"] for c in pod["spec"]["containers"]]
    return next((n for n in names if n.startswith("spark-kubernetes")), names[0])


def report(env, pod, phase, state, **more):
    """@state is a ContainerState of the Spark container; sidecars are not told of."""
    body = {"status": {"phase": phase, **more, "containerStatuses": [
        {"name": container_of(pod), "image": "none", "imageID": "", "restartCount": 0, "ready": "running" in state,
         "state": state}]}}
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    return env.api.done("PATCH", f"/api/v1/namespaces/{namespace}/pods/{name}/status", body,
                        "application/merge-patch+json")


def starts(env, pod):
    return report(env, pod, "Running", {"running": {"startedAt": "2026-01-01T00:00:00Z"}}, podIP="10.1.2.3",
                  podIPs=[{"ip": "10.1.2.3"}])


def waits(env, pod, reason, message=""):
    return report(env, pod, "Pending", {"waiting": {"reason": reason, "message": message}})


def ends(env, pod, code=0, reason=None):
    reason = reason or ("Completed" if code == 0 else "Error")
    return report(env, pod, "Succeeded" if code == 0 else "Failed",
                  {"terminated": {"exitCode": code, "reason": reason, "startedAt": "2026-01-01T00:00:00Z",
                                  "finishedAt": "2026-01-01T00:01:00Z"}})
