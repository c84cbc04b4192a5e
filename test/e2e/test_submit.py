"""The submission runner with real spark-submit: what it makes, what it says, how it dies, what it never gives away."""

import os
import signal
import time

from kit.api import wait_for
from kit.submit import Receiver, Runner

VERSIONS = ("3.5.7", "4.3.0")
TEXT = "é😀 a=b:c#d!e\\ \n \"q\" {x} ${HOME} `id`"
ARGUMENTS = ["--conf", "spark.app.name=other", "@/etc/passwd", "x\ny", "ünï 😀", "", "--", "$(id)", "{{APP_ID}}"]


def submission(env, name, properties=None, arguments=None):
    return {"properties": {"spark.app.name": "pi", "spark.kubernetes.namespace": env.namespace,
                           "spark.kubernetes.container.image": "spark:none",
                           "spark.kubernetes.driver.pod.name": name, **(properties or {})},
            "driver_template": {"apiVersion": "v1", "kind": "Pod", "metadata": {"annotations": {"by": "template"}},
                                "spec": {"containers": [{"name": "main"}], "nodeSelector": {"disk": "fast"}}},
            "executor_template": {"apiVersion": "v1", "kind": "Pod", "metadata": {"annotations": {"by": "template"}}},
            "arguments": arguments or ["--class", "Pi", "local:///pi.jar"]}


def owned_by(env, kind, uid):
    return [item for item in env.api.done("GET", f"/api/v1/namespaces/{env.namespace}/{kind}")["items"]
            if uid in [owner["uid"] for owner in item["metadata"].get("ownerReferences", [])]]


def makes_all(env, version):
    runner = Runner(env, version)
    wanted = submission(env, "pi-driver", {"spark.kubernetes.driver.label.app": "pi",
                                           "spark.kubernetes.driver.annotation.text": TEXT},
                        ["--class", "Pi", "local:///pi.jar", *ARGUMENTS])
    run = runner.run(wanted)
    assert run == {"exited": True, "timed_out": False, "stopped": False, "status": 0, "message": ""}, run
    driver, = env.api.pods(env.namespace, "spark-role=driver,app=pi")
    assert driver["metadata"]["annotations"] == {"by": "template", "text": TEXT}, driver["metadata"]
    assert driver["spec"]["nodeSelector"] == {"disk": "fast"}
    container, = driver["spec"]["containers"]
    assert container["args"][-len(ARGUMENTS):] == ARGUMENTS, container["args"]
    assert owned_by(env, "services", driver["metadata"]["uid"]), "no Service"
    assert len(owned_by(env, "configmaps", driver["metadata"]["uid"])) == 2, "no ConfigMap for Spark or for the template"
    again = runner.run(wanted)
    assert (again["status"], again["message"]) == (1, 'pods "pi-driver" already exists'), again
    assert not list(runner.work.iterdir()), "something stays behind"
    assert not runner.leaked(), runner.leaked()


def test_submit_makes_what_spark_3_5_needs(env):
    makes_all(env, "3.5.7")


def test_submit_makes_what_spark_4_needs(env):
    makes_all(env, "4.3.0")


def test_submit_leaves_packages_to_the_driver(env):
    """spark-submit itself would run what is in them."""
    receiver = Receiver(env)
    repository = f"http://127.0.0.1:{receiver.port}"
    asked = {"spark.jars.packages": "a:b:1", "spark.jars.repositories": repository, "spark.driver.userClassPathFirst": "true"}
    for version in VERSIONS:
        runner, name = Runner(env, version), f"packages-{version[0]}"
        run = runner.run(application(env, name, sparkConf=asked))
        assert run.get("status") == 0, run
        pod = env.api.done("GET", f"/api/v1/namespaces/{env.namespace}/pods/{name}-driver")
        container, = pod["spec"]["containers"]
        assert container["args"][:3] == ["driver", "--packages", "a:b:1"] and repository in container["args"], container["args"]
        run = runner.run(submission(env, f"raw-{name}", asked))
        assert run.get("status") == 0, run
    assert not receiver.heard, bytes(receiver.heard)


def kubeconfig(env, old, new):
    with open(env.facts["kubeconfig"]) as file:
        text = file.read()
    assert old in text
    path = env.folder / "kubeconfig"
    path.write_text(text.replace(old, new))
    return str(path)


def test_submit_says_why_it_failed(env):
    quotas = f"/api/v1/namespaces/{env.namespace}/resourcequotas"
    quota = env.api.done("POST", quotas, {"metadata": {"name": "none"}, "spec": {"hard": {"pods": "0"}}})
    # What kube-controller-manager would write.
    env.api.done("PUT", f"{quotas}/none/status", {**quota, "status": {"hard": {"pods": "0"}, "used": {"pods": "0"}}})
    port = env.api.server.rpartition(":")[2]
    for version in VERSIONS:
        runner = Runner(env, version)
        def says(word, **properties):
            run = runner.run(submission(env, "x", {k.replace("_", "."): v for k, v in properties.items()}))
            assert run.get("status") == 1 and word in run["message"], (word, run)

        wait_for("the quota is known", lambda: "exceeded quota" in runner.run(submission(env, "x"))["message"], within=60)
        says("a valid label must", spark_kubernetes_driver_label_app="no label")
        says("spark.kubernetes.file.upload.path", spark_files="file:///etc/hostname")
        runner.kubeconfig = kubeconfig(env, env.api.token, "nobody")
        says("Unauthorized")
        runner.kubeconfig = kubeconfig(env, f":{port}", ":1")
        says("onnection refused")
        runner.kubeconfig = kubeconfig(env, env.api.server, "https://nowhere.invalid")
        says("nowhere.invalid")


def test_submit_dies_with_its_controller(env):
    """Killed at any moment: in the shell, the launcher, the JVM's start, the calls."""
    for version in VERSIONS:
        runner, left = Runner(env, version), 0
        for tenths in (0, 1, 2, 4, 7, 11, 16, 22, 30):
            process = runner.start(submission(env, f"killed-{tenths}-{version[0]}"))
            time.sleep(tenths / 10)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            wait_for("all are gone", lambda: not runner.processes(), within=3)
            left += len(list(runner.work.iterdir()))
        assert left > 3, "the kills came too late"
        assert runner.run(submission(env, f"last-{version[0]}"))["status"] == 0
        assert not list(runner.work.iterdir()), "what dead controllers left is still there"


def hostile(runner, receiver):
    """Properties that would have a spark-submit read its owner's files, or work for somebody else."""
    own, hdfs = runner.own, f"webhdfs://127.0.0.1:{receiver.port}/take"
    secret, token = f"{own}/secret", "/proc/self/cwd/token"
    upload = {"spark.kubernetes.file.upload.path": hdfs}
    return {
        "files": {"spark.files": f"file://{secret}", **upload},
        "files without a scheme": {"spark.files": secret, **upload},
        "jars": {"spark.jars": f"file://{secret}", **upload},
        "archives": {"spark.archives": f"file://{secret}#x", **upload},
        "python files": {"spark.submit.pyFiles": f"file://{secret}", **upload},
        "the token": {"spark.files": f"file://{token}", **upload},
        "the token as key": {"spark.kubernetes.authenticate.driver.clientKeyFile": token},
        "the token as krb5.conf": {"spark.kubernetes.kerberos.krb5.path": token},
        "the token as keytab": {"spark.kerberos.keytab": token, "spark.kerberos.principal": "x"},
        "the token as YARN's keytab": {"spark.yarn.keytab": token, "spark.yarn.principal": "x"},
        "the token as a template": {"spark.kubernetes.driver.podTemplateFile": token},
        "files of proc": {"spark.files": "file:///proc/self/environ", **upload},
        "upload to a file": {"spark.files": f"file://{secret}", "spark.kubernetes.file.upload.path": f"file://{own}/up"},
        "driver's template": {"spark.kubernetes.driver.podTemplateFile": secret},
        "executor's template": {"spark.kubernetes.executor.podTemplateFile": f"file://{secret}"},
        "krb5.conf": {"spark.kubernetes.kerberos.krb5.path": secret},
        "keytab": {"spark.kerberos.keytab": secret, "spark.kerberos.principal": "x"},
        "driver's key": {"spark.kubernetes.authenticate.driver.clientKeyFile": secret},
        "driver's certificate": {"spark.kubernetes.authenticate.driver.clientCertFile": secret},
        "driver's CA": {"spark.kubernetes.authenticate.driver.caCertFile": secret},
        "driver's token": {"spark.kubernetes.authenticate.driver.oauthTokenFile": secret},
        "submission's token": {"spark.kubernetes.authenticate.submission.oauthTokenFile": secret},
        "submission's token as text": {"spark.kubernetes.authenticate.submission.oauthToken": "nobody"},
        "submission's CA": {"spark.kubernetes.authenticate.submission.caCertFile": secret},
        "context": {"spark.kubernetes.context": "other"},
        "master": {"spark.master": f"k8s://http://127.0.0.1:{receiver.port}"},
        "client mode": {"spark.submit.deployMode": "client", "spark.driver.extraJavaOptions": f"-javaagent:{secret}"},
        "ivy settings": {"spark.jars.ivySettings": f"{own}/.ivy2/ivysettings.xml", "spark.jars.packages": "a:b:1"},
        "ivy folder": {"spark.jars.ivy": str(own), "spark.jars.packages": "a:b:1"},
        "metrics": {"spark.metrics.conf": secret},
        "log4j": {"spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile=file://{own}/log4j2.properties"},
        "class path": {"spark.driver.extraClassPath": f"{own}/*", "spark.driver.userClassPathFirst": "true"},
        "feature steps": {"spark.kubernetes.driver.pod.featureSteps": "org.apache.spark.deploy.k8s.features.HadoopConfDriverFeatureStep"},
        "substitution": {"spark.kubernetes.driver.annotation.x": "${env:PLANTED} ${system:planted} ${spark.x}"},
        "more lines": {"spark.app.name": "x\nspark.kubernetes.authenticate.driver.clientKeyFile=" + secret,
                       "spark.x\nspark.kubernetes.kerberos.krb5.path=" + secret + "\n": "y"},
        "hadoop's configuration": {"spark.hadoop.hadoop.security.credential.provider.path": f"jceks://file{secret}",
                                   "spark.hadoop.hadoop.http.authentication.signature.secret.file": secret},
        "local folders": {"spark.local.dir": str(own), "spark.eventLog.enabled": "true", "spark.eventLog.dir": str(own)},
    }


def unharmed(runner, receiver, what):
    assert not runner.leaked(), (what, runner.leaked())
    assert runner.secret.encode() not in receiver.heard, (what, bytes(receiver.heard))
    assert runner.env.api.token.encode() not in receiver.heard, (what, bytes(receiver.heard))
    assert not list(runner.work.iterdir()), what


def runner_holds(env, version):
    """Without anybody who refuses properties before."""
    runner, receiver = Runner(env, version), Receiver(env)
    before = sorted(runner.own.rglob("*"))
    for number, (what, properties) in enumerate(hostile(runner, receiver).items()):
        run = runner.run(submission(env, f"hostile-{number}", properties))
        print(what, run)
        unharmed(runner, receiver, what)
    assert sorted(runner.own.rglob("*")) == before, "something was written"


def test_submit_gives_nothing_away_with_spark_3_5(env):
    runner_holds(env, "3.5.7")


def test_submit_gives_nothing_away_with_spark_4(env):
    runner_holds(env, "4.3.0")


def application(env, name, **spec):
    return {"apiVersion": "sparkoperator.k8s.io/v1beta2", "kind": "SparkApplication",
            "metadata": {"name": name, "namespace": env.namespace, "uid": "11111111-2222-3333-4444-555555555555"},
            "spec": {"type": "Scala", "mode": "cluster", "sparkVersion": "3.5.7", "image": "spark:none", "mainClass": "Pi",
                     "mainApplicationFile": "local:///pi.jar", "driver": {}, "executor": {}, **spec}}


def test_submit_of_hostile_applications_gives_nothing_away(env):
    runner, receiver = Runner(env, "3.5.7"), Receiver(env)
    secret, submitted = f"{runner.own}/secret", []
    specs = {f"sparkConf: {what}": {"sparkConf": each} for what, each in hostile(runner, receiver).items()}
    for field in ("jars", "files", "pyFiles", "archives"):
        specs[f"deps.{field}"] = {"deps": {field: [f"file://{secret}"]}}
        specs[f"deps.{field}, no scheme"] = {"deps": {field: ["local:///a," + secret]}}
    for file in (secret, f"file://{secret}", f"FILE:{secret}", f" {secret}", f"file:{secret}", "--conf", "--properties-file", ""):
        specs[f"file {file}"] = {"mainApplicationFile": file}
    for class_name in ("--properties-file", "org.apache.spark.repl.Main", f"x\n--files {secret}"):
        specs[f"class {class_name}"] = {"mainClass": class_name, "arguments": ["--properties-file", secret, f"--files={secret}"]}
    specs["arguments"] = {"arguments": [f"@{secret}", "--files", secret, "--", "--properties-file", secret]}
    specs["proxy user"] = {"proxyUser": f"x\n--files {secret}"}
    specs["hadoopConf"] = {"hadoopConf": {"hadoop.security.credential.provider.path": f"jceks://file{secret}"}}
    for number, (what, spec) in enumerate(specs.items()):
        run = runner.run(application(env, f"hostile-{number}", **spec))
        print(what, run)
        unharmed(runner, receiver, what)
        submitted += [what] * (run.get("status") == 0)
    assert "arguments" in submitted, "nothing came through: the test shows nothing"
