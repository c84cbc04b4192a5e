"""The controller's submission runner alone (submit.c), and somebody outside who waits for files to be sent to him."""

import base64
import http.server
import json
import os
import secrets
import subprocess
import threading
from pathlib import Path

LISTS = ("pods", "configmaps", "secrets", "services", "events", "persistentvolumeclaims")


class Runner:
    """A controller, as far as it submits. What is its own holds a secret that nobody else may see."""

    def __init__(self, env, version):
        self.env, self.home = env, env.spark_home(version)
        self.secret = "planted-" + secrets.token_hex(12)
        self.folder = Path(env.folder) / ("controller-" + secrets.token_hex(3))
        self.work, self.own = self.folder / "work", self.folder / "own"
        self.work.mkdir(parents=True)
        self.kubeconfig = env.facts["kubeconfig"]
        self.plant()

    def plant(self):
        """In every place where Spark, Hadoop, the JVM or a shell might look by itself, and beside."""
        files = {"secret": "", "spark-defaults.conf": "spark.kubernetes.driver.annotation.planted ",
                 "spark-env.sh": "export SPARK_USER=", "log4j2.properties": "#", "core-site.xml": "", "java-opts": "-Dplanted=",
                 ".kube/config": "", ".ivy2/ivysettings.xml": "", ".profile": "", ".bashrc": "export SPARK_USER="}
        for name, text in files.items():
            path = self.own / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text + self.secret + "\n")

    def start(self, submission, within_ms=100000):
        own = str(self.own)
        environment = {"PATH": os.environ["PATH"], "PLANTED": self.secret, "SPARK_USER": self.secret, "HOME": own,
                       "TMPDIR": own, "SPARK_CONF_DIR": own, "HADOOP_CONF_DIR": own, "BASH_ENV": own + "/.bashrc",
                       "JDK_JAVA_OPTIONS": "-Dplanted=" + self.secret, "SPARK_SUBMIT_OPTS": "-Dplanted=" + self.secret,
                       "JAVA_HOME": os.environ.get("JAVA_HOME", "")}
        process = subprocess.Popen(
            [os.environ["SPK_SUBMIT"], str(self.home), self.kubeconfig, str(self.work), str(within_ms)],
            cwd=own, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdin.write(json.dumps(submission).encode())
        process.stdin.close()
        return process

    def run(self, submission, **limits):
        """What became of it; {"refused": reason} where spark-submit was not even started."""
        process = self.start(submission, **limits)
        said, complaint = process.stdout.read(), process.stderr.read()
        process.wait(timeout=150)
        assert process.returncode in (0, 1), complaint.decode()
        return json.loads(said) if process.returncode == 0 else {"refused": complaint.decode(errors="replace")}

    def processes(self):
        """Of all submissions that work in our folder, whoever is their parent by now."""
        mark, found = str(self.work).encode(), []
        for proc in Path("/proc").glob("[0-9]*"):
            try:
                command, environment = (proc / "cmdline").read_bytes(), (proc / "environ").read_bytes()
            except OSError:
                continue  # gone
            if command and mark in environment:
                found.append((int(proc.name), command[:200]))
        return found

    def leaked(self):
        """The places in the cluster where what was planted is found, or, in our namespace, our credentials."""
        api, places = self.env.api, []
        coded = base64.b64encode(self.secret.encode()).decode().rstrip("=")[:-1]
        for kind in LISTS:
            for prefix, words in (("", [self.secret, coded]), (f"/namespaces/{self.env.namespace}", [api.token])):
                text = api.text(f"/api/v1{prefix}/{kind}")
                if any(word in text for word in words):  # to take apart each list, of whole clusters, takes longer than a submission
                    places += [f"{kind}/{item['metadata']['name']}" for item in json.loads(text)["items"]
                               if any(word in json.dumps(item) for word in words)]
        return places


class Receiver:
    """Takes whatever it is sent, as WebHDFS would."""

    def __init__(self, env):
        self.heard = bytearray()
        heard = self.heard

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self, code, body, **headers):
                self.send_response(code)
                for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def body(self):
                if self.headers.get("Transfer-Encoding") != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length") or 0))
                parts = []
                while size := int(self.rfile.readline(), 16):
                    parts.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(parts)

            def do_PUT(self):
                heard.extend(self.requestline.encode() + self.body())
                if "op=CREATE" in self.path and "there=1" not in self.path:
                    there = f"http://{self.headers['Host']}{self.path}&there=1"
                    return self.answer(307, b"", Location=there)
                return self.answer(201 if "op=CREATE" in self.path else 200, b'{"boolean": true}')

            def do_GET(self):
                heard.extend(self.requestline.encode())
                self.answer(404, b'{"RemoteException": {"exception": "FileNotFoundException", '
                                 b'"javaClassName": "java.io.FileNotFoundException", "message": "none"}}')

            do_POST = do_PUT
            do_HEAD = do_DELETE = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        env.later(self.server.shutdown)
