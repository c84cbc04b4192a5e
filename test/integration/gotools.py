"""The clients and proxies of the tests that are written in Go, built when they are first wanted."""

import json
import os
import queue
import subprocess
import threading
from pathlib import Path

from harness import TIMEOUT, Skip, need, wait_until

HERE = Path(__file__).parent
LOAD = HERE / "load"
NAME = "spark-webhook.sparkhook.svc"


def build(folder, package, into):
    """The binary of a package, kept in the folder @into between tests."""
    target = Path(into) / (package.strip("./") or folder.name)
    newest = max(file.stat().st_mtime for file in folder.rglob("*") if file.is_file())
    if target.exists() and target.stat().st_mtime >= newest:
        return target
    environ = os.environ | {"GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOTOOLCHAIN": "local",
                            "CGO_ENABLED": "0"}
    made = target.with_suffix(f".{os.getpid()}")
    done = subprocess.run([need("go"), "build", "-o", made, package], cwd=folder, env=environ,
                          capture_output=True, check=False)
    if done.returncode:
        raise Skip(f"go builds nothing here: {done.stderr.decode()}")
    made.replace(target)
    return target


class Tool:
    """A running one: lines go in and come out, and it ends with its stdin."""

    def __init__(self, *command):
        self.process = subprocess.Popen([*map(str, command)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.lines, self.last = queue.Queue(), ""
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.last = line
            self.lines.put(line.rstrip("\n"))

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def wait_line(self, start, timeout=TIMEOUT):
        """The next line that begins so; those before it are thrown away."""
        while True:
            try:
                line = self.lines.get(timeout=timeout)
            except queue.Empty:
                raise AssertionError(f"no line {start!r} within {timeout} s") from None
            if line.startswith(start):
                return line

    def end(self, timeout=TIMEOUT):
        """Its last line."""
        if not self.process.stdin.closed:
            self.process.stdin.close()
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError("a tool did not end") from None
        self.reader.join(TIMEOUT)
        assert code == 0, f"exit code {code}"
        return self.last

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Proxy(Tool):
    """A TCP balancer before servers, or with to= a slow way to one; what it does is told in its head."""

    def __init__(self, env, **flags):
        binary = build(LOAD, "./proxy", env.cache or env.dir)
        super().__init__(binary, *(f"-{name}={value}" for name, value in flags.items()))
        self.port = int(self.wait_line("port ").split()[1])

    def add(self, port, health_port):
        """Returns when connections may go there."""
        self.say(f"add 127.0.0.1:{port} 127.0.0.1:{health_port}")
        self.wait_line(f"ready 127.0.0.1:{port}")

    def remove(self, port):
        self.say(f"remove 127.0.0.1:{port}")

    def wait_held(self):
        """The port of the server whose connection has reached what "hold" said."""
        return int(self.wait_line("held ").rpartition(":")[2])

    def wait_gone(self, port):
        """Until no new connection goes there."""
        self.wait_line(f"gone 127.0.0.1:{port}")


class Loader(Tool):
    """Posts one review over and over."""

    def __init__(self, env, port, ca, review, name=NAME, **flags):
        binary = build(LOAD, "./loader", env.cache or env.dir)
        body = env.dir / f"review-{port}.json"
        body.write_text(json.dumps(review))
        super().__init__(binary, f"-addr=127.0.0.1:{port}", f"-ca={ca}", f"-name={name}",
                         f"-review={body}", *(f"-{n.replace('_', '-')}={v}" for n, v in flags.items()))

    def progress(self):
        return json.loads(self.last or "{}")

    def wait_good(self, more=1, timeout=TIMEOUT):
        """Until so many more reviews are answered well."""
        wanted = self.progress().get("good", 0) + more
        wait_until(lambda: self.progress().get("good", 0) >= wanted, f"{more} reviews", timeout)

    def summary(self):
        """Ends it."""
        return json.loads(self.end())
