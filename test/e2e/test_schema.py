"""The table of a pod's fields against the API server that it was made from."""

import os
from pathlib import Path

import schema
from kit.api import ADMISSION
from kit.other import OtherWebhook
from kit.webhook import pointed_at, wait_called

ROOT = Path(__file__).resolve().parents[2]


def test_schema_is_that_of_the_api_server(env):
    """The table in the repository is what schema.py makes of this API server; SPK_SCHEMA_UPDATE=1 writes it."""
    seen = []
    recorder = OtherWebhook(env.folder, seen.append)
    env.later(recorder.stop)
    name = f"schema-{env.unique}"
    configuration = pointed_at(recorder.configuration(name), name, env.namespace, recorder.url, recorder.ca)
    env.api.done("POST", ADMISSION, configuration)
    env.later(lambda: env.api.delete_configuration(name))
    wait_called(env, configuration, lambda _: bool(seen))

    def decode(pod):
        count = len(seen)
        answer = env.api.create_pod(env.namespace, pod, dry_run=True)
        assert len(seen) == count + 1, answer.message
        return seen[-1]

    types, atomic = schema.read(env.api.done("GET", "/openapi/v3/api/v1"), decode)
    version = env.kube.removeprefix("v")
    for file, text in (("include/spk/k8s/schema_table.h", schema.header(types, version)),
                       ("src/k8s/schema_table.c", schema.source(types, atomic, version))):
        if os.environ.get("SPK_SCHEMA_UPDATE"):
            (ROOT / file).write_text(text)
        assert (ROOT / file).read_text() == text, f"{file} is not what this API server's API is; SPK_SCHEMA_UPDATE=1 writes it"
