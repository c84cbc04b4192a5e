"""A proxy before the API server that breaks what it is told to: test/integration/load/breaker tells what it can."""

import json
import os
import urllib.request

import controlplane
import gotools


class Breaker(gotools.Tool):
    """One process; each of its ways is a server of its own for a kubeconfig to name."""

    def __init__(self, env):
        self.env, self.cert = env, env.folder / "breaker.crt"
        super().__init__(gotools.build(gotools.LOAD, "./breaker", env.cache), f"-server={env.facts['server']}",
                         f"-ca={env.facts['ca']}", f"-cert={self.cert}")
        env.later(self.end)
        self.port = int(self.wait_line("port ").split()[1])

    def ask(self, method, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method,
                                         data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def way(self):
        return Way(self)


class Way:
    """@facts, @kubeconfig: the test's own, but by this way."""

    def __init__(self, breaker):
        self.breaker = breaker
        made = breaker.ask("POST", "/ways")
        self.path = f"/ways/{made['name']}"
        facts = breaker.env.facts
        self.facts = {**facts, "server": f"https://127.0.0.1:{made['port']}", "ca": str(breaker.cert)}
        whole = controlplane.kubeconfig(self.facts["server"], self.facts["ca"], facts["token"])
        self.kubeconfig = breaker.env.folder / f"way-{made['name']}-{os.urandom(3).hex()}"
        self.kubeconfig.write_text(json.dumps(whole))

    def rule(self, match, do, **more):
        """@match: a regular expression over "AGENT VERB RESOURCE"; the rest as rule.go has it."""
        return self.breaker.ask("POST", f"{self.path}/rules", {"match": match, "do": do, **more})["id"]

    def forget(self):
        self.breaker.ask("DELETE", f"{self.path}/rules")

    def cut(self, match=""):
        """How many watches were ended."""
        return self.breaker.ask("POST", f"{self.path}/cut", {"match": match})["cut"]

    def calls(self):
        return self.breaker.ask("GET", self.path)["calls"]

    def fired(self):
        return self.breaker.ask("GET", self.path)["fired"]

    def close(self):
        self.breaker.ask("DELETE", self.path)
