"""A real spark-webhook for a test, on ports that the kernel picks, in a folder of its own.

When a test ends, every server it started is told to stop and must do so with exit code 0, and
every line it wrote must be a log line: what a sanitizer prints fails the test.
"""

import http.client
import json
import os
import re
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
CORPUS = SOURCE / "test" / "corpus"
TIMEOUT = 20  # seconds that anything may take

# What text.h escapes: C0, DEL, C1, separators of lines, controls of direction.
UNTAMED = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\u200e\u200f\u061c\ufeff]")


class Skip(Exception):
    """This machine lacks what the test needs."""


def wait_until(condition, what, timeout=TIMEOUT):
    """Polls until condition() is true, and returns what it returned."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout} s for {what}")
        time.sleep(0.02)


def need(tool):
    path = shutil.which(tool)
    if not path:
        raise Skip(f"needs {tool}")
    return path


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    @property
    def response(self):
        return self.json()["response"]

    @property
    def closes(self):
        return (self.headers.get("Connection") or "").lower() == "close"


def read_answer(sock, method="POST"):
    """The next answer on a socket; raises ConnectionError when it ends before one."""
    response = http.client.HTTPResponse(sock, method=method)
    try:
        response.begin()
        return Answer(response.status, response.headers, response.read())
    except http.client.HTTPException as error:
        raise ConnectionError(repr(error)) from error
    finally:
        response.close()


def ended(sock, timeout=TIMEOUT):
    """True when the peer ends the connection in time; what comes before that is thrown away."""
    sock.settimeout(timeout)
    try:
        while sock.recv(65536):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except ConnectionRefusedError:
        return False
    return True


def free_ports(count):
    socks = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [sock.getsockname()[1] for sock in socks]
    for sock in socks:
        sock.close()
    return ports


class Client:
    """One keep-alive connection."""

    def __init__(self, port, context, timeout=TIMEOUT):
        self.http = http.client.HTTPSConnection("localhost", port, context=context, timeout=timeout)

    def request(self, method, path, body=None, headers=None):
        self.http.request(method, path, body, headers or {})
        response = self.http.getresponse()
        return Answer(response.status, response.headers, response.read())

    def post(self, review, path="/mutate"):
        body = review if isinstance(review, bytes) else json.dumps(review).encode()
        return self.request("POST", path, body, {"Content-Type": "application/json"})

    def certificate(self):
        """The server's, as DER."""
        if self.http.sock is None:
            self.http.connect()
        return self.http.sock.getpeercert(binary_form=True)

    def close(self):
        self.http.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Server:
    def __init__(self, env, args, ca, environ, fds=None, webhook=None):
        self.ca, self.json_lines = ca, "--log-format=text" not in args
        self.lines, self.exit_code = [], 0
        self.sanitizer_warnings = False  # True: lines of a sanitizer are what the test asked for
        self.process = subprocess.Popen([webhook or env.webhook, "serve", *args], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        cwd=env.dir, env=os.environ | (environ or {}),
                                        preexec_fn=fds and (lambda: resource.setrlimit(
                                            resource.RLIMIT_NOFILE, fds)))
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        try:
            self._find_ports(env, args)
        except AssertionError:
            self.process.kill()
            raise

    def _find_ports(self, env, args):
        if {"--log-level=warn", "--log-level=error"} & set(args):
            self.port, self.health_port = env.quiet_ports
            wait_until(lambda: accepts(self.health_port), "the health port")
        else:
            self.port, self.health_port = wait_until(self._ports, "the line 'listening'")

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line.decode(errors="surrogateescape").rstrip("\n"))

    def _ports(self):
        for line in list(self.lines):
            ports = [re.search(rf'{name}_port"?[:=](\d+)', line) for name in ("secure", "health")]
            if "listening" in line and all(ports):
                return [int(port[1]) for port in ports]
        if self.process.poll() is not None:
            self.reader.join(TIMEOUT)
            raise AssertionError("did not start:\n" + "\n".join(self.lines))
        return None

    def context(self, minimum=None, maximum=None):
        context = ssl.create_default_context(cafile=self.ca)
        context.minimum_version = minimum or ssl.TLSVersion.TLSv1_2
        context.maximum_version = maximum or ssl.TLSVersion.TLSv1_3
        return context

    def client(self, context=None, timeout=TIMEOUT):
        return Client(self.port, context or self.context(), timeout)

    def post(self, review, path="/mutate"):
        with self.client() as client:
            return client.post(review, path)

    def tcp(self, port=None):
        sock = socket.create_connection(("127.0.0.1", port or self.port), timeout=TIMEOUT)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def tls(self, context=None):
        return (context or self.context()).wrap_socket(self.tcp(), server_hostname="localhost")

    def health(self, path, method="GET"):
        connection = http.client.HTTPConnection("127.0.0.1", self.health_port, timeout=TIMEOUT)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def metric(self, series):
        """The value of a series, written as on the page: name{label="value"}."""
        for line in self.health("/metrics").body.decode().splitlines():
            name, _, value = line.rpartition(" ")
            if name == series:
                return float(value)
        raise AssertionError(f"no metric {series}")

    def rejected(self, reason):
        return self.metric(f'spark_webhook_requests_rejected_total{{reason="{reason}"}}')

    def reviews(self, role, outcome):
        return self.metric(f'spark_webhook_reviews_total{{role="{role}",outcome="{outcome}"}}')

    def log(self, **fields):
        """The log lines that have these fields."""
        records = [json.loads(line) for line in list(self.lines)]
        return [r for r in records if all(r.get(k) == v for k, v in fields.items())]

    def wait_log(self, count=1, **fields):
        wait_until(lambda: len(self.log(**fields)) >= count, f"{count} log lines of {fields}")
        return self.log(**fields)

    def rss(self):
        return self.metric("process_resident_memory_bytes")

    def limit_memory(self, more):
        """From now on the process may map so many bytes more."""
        pid = self.process.pid
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
        size = pages * os.sysconf("SC_PAGE_SIZE") + more
        resource.prlimit(pid, resource.RLIMIT_AS, (size, size))

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=TIMEOUT):
        code = self.process.wait(timeout)
        self.reader.join(TIMEOUT)
        return code

    def stop(self):
        """Ends the server and checks how it went."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        try:
            code = self.wait(TIMEOUT + 40)  # a sanitizer takes its time at the end
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError("did not stop:\n" + "\n".join(self.lines)) from None
        for line in [] if self.sanitizer_warnings else self.lines:
            self._check_line(line)
        assert code == self.exit_code, f"exit code {code}:\n" + "\n".join(self.lines)

    def _check_line(self, line):
        try:
            if self.json_lines:
                line.encode()  # UTF-8 throughout
                assert {"time", "level", "msg"} <= json.loads(line).keys()
            else:
                assert re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z (debug|info|warn|error) \"", line)
        except (ValueError, AssertionError):
            everything = "\n".join(self.lines)
            raise AssertionError(f"not a log line: {line!r}\nin:\n{everything}") from None


def sanitizer_of(path):
    """The sanitizer that is built into a program: 'asan', 'tsan' or None."""
    binary = Path(path).read_bytes()
    return next((name for name in ("asan", "tsan") if f"__{name}_init".encode() in binary), None)


class Env:
    """What a test gets."""

    def __init__(self, webhook, cache=None, other=None, controller=None):
        self.webhook = os.path.abspath(webhook)
        self.other = other and os.path.abspath(other)  # a webhook of another version
        self.controller = controller and os.path.abspath(controller)
        self.cache = Path(cache) if cache else None
        self.servers, self.quiet_ports = [], None
        self.sanitizer = sanitizer_of(self.webhook)

    def __enter__(self):
        self.dir = Path(tempfile.mkdtemp(prefix="spk-test-"))
        return self

    def __exit__(self, kind, *_):
        faults = []
        for server in self.servers:
            try:
                server.stop()
            except AssertionError as fault:
                faults.append(str(fault))
        shutil.rmtree(self.dir, ignore_errors=True)
        if kind is None and faults:
            raise AssertionError("\n".join(faults))
        for fault in faults:
            print(fault)

    def server(self, *args, ca=None, environ=None, fds=None, webhook=None, drain="0s"):
        """A running server; later flags win over the ones that every test wants. @fds are its limits
        of descriptors, soft and hard; @webhook is another binary than the one to test; @drain is
        --drain-min, None for the program's own."""
        base = ["--secure-port=0", "--health-port=0", "--bind-address=127.0.0.1"]
        if drain:
            base.append(f"--drain-min={drain}")
        if not any(arg.startswith("--tls-cert-file") for arg in args):
            ca = self.dir / f"ca-{len(self.servers)}.crt"
            base += ["--certificates=self-signed", f"--ca-file-out={ca}"]
        if {"--log-level=warn", "--log-level=error"} & set(args):
            # No line says which ports the kernel picked.
            self.quiet_ports = free_ports(2)
            base[:2] = [f"--{name}-port={port}" for name, port in
                        zip(("secure", "health"), self.quiet_ports)]
        server = Server(self, [*base, *map(str, args)], ca, environ, fds, webhook)
        self.servers.append(server)
        return server

    def run(self, *args, stdin=b""):
        """The program to its end."""
        return subprocess.run([self.webhook, *map(str, args)], input=stdin, capture_output=True,
                              timeout=TIMEOUT, cwd=self.dir, check=False)


def corpus(name="spark-3.5.7-driver-all"):
    return json.loads((CORPUS / f"{name}.json").read_text())


def review(annotations=None, role="driver", name="spark-3.5.7-driver-none", uid=None, app=None):
    """A real review whose pod has the given annotations, without Spark's own."""
    body = corpus(name)
    metadata = body["request"]["object"]["metadata"]
    metadata["annotations"] = annotations or {}
    if role is None:
        metadata["labels"].pop("spark-role", None)
    else:
        metadata["labels"]["spark-role"] = role
    if app is not None:
        metadata["labels"]["spark-app-selector"] = app
    if uid is not None:
        body["request"]["uid"] = uid
    return body


KEY = "spark-operator.k8s.io/"
GOOD = {KEY + "configMap.log4j": "/etc/log4j"}
BAD = {KEY + "configMap.log4j": "not/absolute"}


def head(path="/mutate", method="POST", length=None, **fields):
    """A request's header as bytes; fields with _ for -."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    if method == "POST":
        fields.setdefault("Content_Type", "application/json")
    if length is not None:
        lines.append(f"Content-Length: {length}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def raw_review(body=None, **kw):
    """A whole request as bytes."""
    body = json.dumps(body or review(GOOD)).encode()
    return head(length=len(body), **kw) + body
