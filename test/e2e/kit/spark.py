"""Real spark-submit, in cluster mode (a driver pod) and in client mode (executor pods)."""

import os
import signal
import subprocess

from kit.api import wait_for

# A JVM lives a few seconds here: it is done before the better compiler and the other collectors pay.
JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
MEMORY = ["--conf", "spark.driver.memory=512m", "--conf", "spark.executor.memory=512m"]
# An application that Spark ships, needs nobody's code and waits for executors for ever.
APPLICATION = "org.apache.spark.mllib.util.KMeansDataGenerator"


def environment(home, folder):
    """Nothing of the machine's own Spark or Hadoop; spark-submit would ship those files to the driver."""
    conf = folder / "spark-conf"
    conf.mkdir(exist_ok=True)
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("SPARK_", "HADOOP_", "YARN_"))}
    return {**clean, "SPARK_HOME": str(home), "SPARK_CONF_DIR": str(conf), "SPARK_LOCAL_IP": "127.0.0.1",
            "JDK_JAVA_OPTIONS": JAVA}


def conf(settings):
    return [word for key, value in settings.items() for word in ("--conf", f"{key}={value}")]


def annotations(role, wanted):
    return {f"spark.kubernetes.{role}.annotation.{key}": value for key, value in wanted.items()}


def common(env, home, name):
    return [str(home / "bin/spark-submit"), "--master", f"k8s://{env.api.server}", "--name", name, *MEMORY,
            *conf({"spark.kubernetes.namespace": env.namespace, "spark.kubernetes.container.image": "spark:none"})]


def submit_driver(env, version, name, settings, application=("Main", "local:///opt/spark/none.jar")):
    """spark-submit of @application (class, jar) in cluster mode, to its end. Returns (exit code, all that it printed)."""
    home = env.spark_home(version)
    command = [*common(env, home, name), "--deploy-mode", "cluster", "--class", application[0],
               *conf({"spark.kubernetes.authenticate.submission.caCertFile": env.api.ca,
                      "spark.kubernetes.authenticate.submission.oauthToken": env.api.token,
                      "spark.kubernetes.submission.waitAppCompletion": "false",
                      "spark.kubernetes.driver.pod.name": name, **settings}),
               application[1]]
    done = subprocess.run(command, env=environment(home, env.folder), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=150)
    return done.returncode, done.stdout.decode(errors="replace")


class Client:
    """A driver outside the cluster that asks for executors until it is stopped."""

    def __init__(self, env, version, name, settings):
        home = env.spark_home(version)
        self.env, self.log = env, env.folder / f"{name}.log"
        master = f"k8s://{env.api.server}"
        command = [*common(env, home, name), "--deploy-mode", "client", "--class", APPLICATION,
                   *conf({"spark.kubernetes.authenticate.caCertFile": env.api.ca,
                          "spark.kubernetes.authenticate.oauthToken": env.api.token,
                          "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1",
                          "spark.ui.enabled": "false", "spark.executor.instances": "2",
                          "spark.scheduler.maxRegisteredResourcesWaitingTime": "1s", **settings}),
                   "spark-internal", master, str(env.folder / f"{name}.out"), "10", "2", "2", "1.0"]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, env=environment(home, env.folder),
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        env.later(self.stop)

    def executors(self, count):
        """Their pods, once there are so many."""
        def enough():
            assert self.process.poll() is None, f"the driver ended:\n{self.text()[-4000:]}"
            found = self.env.api.pods(self.env.namespace, "spark-role=executor")
            return found if len(found) >= count else None

        return wait_for(f"{count} executor pods", enough, within=120, every=0.5)

    def text(self):
        return self.log.read_text(errors="replace")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
