"""`spark-webhook doctor` as a process, and what it found."""

import json
import subprocess
from typing import NamedTuple


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
