"""Our webhook in a cluster, installed as its users do, and applications that really run."""

import json
import subprocess
from pathlib import Path

from kit import pods, spark
from kit.api import ADMISSION, wait_for
from kit.webhook import wait_called

IMAGE = "localhost/sparkhook:e2e"  # with a host, no builder and no runtime makes another name of it
NAMESPACE, NAME = "sparkhook", "spark-webhook"
APPLICATION = ("SparkPi", "local:///opt/spark/application.jar")
# Several drivers with an executor each have to fit on two cores and some memory.
SMALL = {"spark.executor.instances": "1", "spark.driver.memoryOverhead": "256m", "spark.executor.memoryOverhead": "256m",
         "spark.kubernetes.driver.request.cores": "20m", "spark.kubernetes.executor.request.cores": "20m",
         "spark.ui.enabled": "false", "spark.kubernetes.driverEnv.JDK_JAVA_OPTIONS": spark.JAVA,
         "spark.executorEnv.JDK_JAVA_OPTIONS": spark.JAVA, "spark.kubernetes.executor.deleteOnTermination": "false"}


def kubectl(env, *arguments, stdin=None):
    done = env.kubectl(*arguments, stdin=stdin)
    assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
    return done.stdout


def install(env):
    """Brings the webhook into the cluster, unless an earlier test did: one command, and nothing of it is there before."""
    if env.api.call("GET", f"{ADMISSION}/zz-{NAME}").code == 404:
        printed = subprocess.run([env.binary, "manifest", f"--image={IMAGE}"], check=True, capture_output=True, text=True, timeout=60)
        kubectl(env, "apply", "-f", "-", stdin=printed.stdout)
    rolled_out(env)
    wait_called(env, {"metadata": {"name": f"zz-{NAME}"}}, lambda pod: pods.STAMP in pod["metadata"]["annotations"])


def rolled_out(env):
    """Waits until all replicas are of the newest kind and answer."""
    kubectl(env, "rollout", "status", f"deployment/{NAME}", f"--namespace={NAMESPACE}", "--timeout=50s")


def restart(env):
    """A rolling restart, until the last of the old replicas has drained and gone."""
    before = {pod["metadata"]["uid"] for pod in replicas(env)}
    kubectl(env, "rollout", "restart", f"deployment/{NAME}", f"--namespace={NAMESPACE}")
    rolled_out(env)
    wait_for("the old replicas are gone", lambda: not before & {pod["metadata"]["uid"] for pod in replicas(env)}, within=60)


def replicas(env):
    return env.api.pods(NAMESPACE, f"app.kubernetes.io/name={NAME}")


def prepare_applications(env, objects):
    """The namespace of a test gets @objects and what a driver needs to make executors; it goes when the test is over."""
    env.later(lambda: env.api.done("DELETE", f"/api/v1/namespaces/{env.namespace}"))
    kubectl(env, "create", "serviceaccount", "spark", f"--namespace={env.namespace}")
    kubectl(env, "create", "rolebinding", "spark", "--clusterrole=edit", f"--serviceaccount={env.namespace}:spark",
            f"--namespace={env.namespace}")
    for item in objects:
        kubectl(env, "create", f"--namespace={env.namespace}", "-f", "-", stdin=json.dumps({"apiVersion": "v1", **item}))


def submit(env, version, name, asked, more=None):
    """A real submission of SparkPi with annotations @asked on driver and executor, and properties @more; it is not waited for."""
    settings = {**SMALL, **(more or {}), "spark.kubernetes.container.image": f"localhost/spark:{version}",
                "spark.kubernetes.authenticate.driver.serviceAccountName": "spark",
                "spark.kubernetes.executor.podNamePrefix": name,
                **spark.annotations("driver", asked), **spark.annotations("executor", asked)}
    code, output = spark.submit_driver(env, version, name, settings, APPLICATION)
    assert code == 0, output[-4000:]


def log(env, pod):
    return kubectl(env, "logs", pod, f"--namespace={env.namespace}")


def pod(env, name):
    return env.api.done("GET", f"/api/v1/namespaces/{env.namespace}/pods/{name}")


def succeeded(env, name, within=150):
    """Waits for the end of a driver. Returns its log."""
    ended = wait_for(f"{name} ends", lambda: phase_of_ended(env, name), within=within, every=0.5)
    said = log(env, name)
    assert ended == "Succeeded", f"{name}: {ended}\n{said[-4000:]}"
    return said


def phase_of_ended(env, name):
    phase = pod(env, name)["status"]["phase"]
    return phase if phase in ("Succeeded", "Failed") else None


def executors(env, driver):
    """The pods that the driver made."""
    return env.api.pods(env.namespace, f"spark-role=executor,spark-app-selector={pod(env, driver)['metadata']['labels']['spark-app-selector']}")


# --- what the kernel says of a container: its processes are this machine's, too

def process_of(pod):
    """The folder in /proc of the first process of the pod's one container."""
    container = pod["status"]["containerStatuses"][0]["containerID"].rpartition("/")[2]
    found = [entry.parent for entry in Path("/proc").glob("[0-9]*/cgroup") if container in text(entry)]
    assert found, f"no process of {pod['metadata']['name']}"
    return min(found, key=lambda folder: int(folder.name))


def text(file):
    try:
        return file.read_text()
    except OSError:  # it ended
        return ""


def status_of(process):
    return {line.partition(":")[0]: line.partition(":")[2].split() for line in text(process / "status").splitlines()}


def root_mount_of(process):
    """The options of its root file system."""
    mounts = [line.split() for line in text(process / "mountinfo").splitlines()]
    return next(mount[5].split(",") for mount in mounts if mount[4] == "/")
