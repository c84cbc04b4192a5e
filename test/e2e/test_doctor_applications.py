"""What `spark-webhook doctor` finds about SparkApplications with a real API server: who reviews, defines and runs them."""

import base64
import concurrent.futures
import copy
import time
from datetime import datetime, timezone

from kit import applications, doctor, install
from kit.api import ADMISSION, wait_for
from kit.controller import Controller


def stored(env):
    return env.api.done("GET", f"{ADMISSION}/zz-spark-webhook-{env.unique}")


def reviewed(env):
    """Our webhook, called by URL about pods and applications, and the flags that name it."""
    applications.define(env)
    flags = doctor.in_place(env)
    body = stored(env)
    pods = body["webhooks"][0]
    _, webhook = install.one(install.objects(env, "--applications"), "MutatingWebhookConfiguration")["webhooks"]
    webhook["clientConfig"] = {**pods["clientConfig"], "url": pods["clientConfig"]["url"].replace("/mutate", "/default")}
    webhook["namespaceSelector"] = pods["namespaceSelector"]
    body["webhooks"].append(webhook)
    doctor.put(env, body["metadata"]["name"], body)
    return flags


def said(env, flags, check, level, *parts):
    """What is found once the API server acts on what was changed."""
    def look():
        found = doctor.run(env, *flags)
        return any(all(part in line for part in parts) for line in found.of(check, level)) and found

    return wait_for(f"{level} of {check}: {parts}", look, within=30)


def test_doctor_looks_at_the_webhook_for_applications(env):
    flags = reviewed(env)
    found = said(env, flags, "app-webhook", "ok", "created on trial", "was reviewed")
    found.expect("app-webhook", "ok", "/default about applications, failurePolicy Ignore")
    assert found.code == 0, found.text
    assert env.api.done("GET", applications.path(env))["items"] == [], "the trial was stored"
    whole = stored(env)
    foreign = base64.b64encode(open(env.facts["ca"], "rb").read()).decode()
    service = {"name": "other", "namespace": "elsewhere", "path": "/default"}
    for config, parts in (({"url": "https://127.0.0.1:1/default"}, ["was not reviewed", "clientConfig"]),
                          ({"caBundle": foreign}, ["was not reviewed", "caBundle"]),
                          ({"caBundle": ""}, ["caBundle is empty"]),
                          ({"url": None, "service": service}, ["calls the Service elsewhere/other", "expected"])):
        body = copy.deepcopy(whole)
        changed = {**body["webhooks"][1]["clientConfig"], **config}
        body["webhooks"][1]["clientConfig"] = {key: value for key, value in changed.items() if value}
        doctor.put(env, whole["metadata"]["name"], body)
        found = said(env, flags, "app-webhook", "fail", *parts)
        assert found.code == 1 and found.levels()["trial"] == "ok", found.text
    body["webhooks"][1] = {**copy.deepcopy(whole["webhooks"][1]), "failurePolicy": "Fail"}
    body["webhooks"][1]["clientConfig"]["url"] = "https://127.0.0.1:1/default"
    doctor.put(env, whole["metadata"]["name"], body)
    said(env, flags, "app-webhook", "fail", "can't call", "connection refused")


def test_doctor_informs_that_nobody_reviews_applications(env):
    applications.define(env)
    found = doctor.run(env, *doctor.in_place(env))
    found.expect("app-webhook", "ok", "none", "manifest --applications")
    assert found.levels()["app-webhook"] == "ok" and found.code == 0, found.text


def lease(env, **spec):
    """Makes or replaces the Lease of the controller in this test's namespace."""
    place = f"/apis/coordination.k8s.io/v1/namespaces/{env.namespace}/leases"
    body = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "spark-controller"}, "spec": spec}
    env.api.call("DELETE", f"{place}/spark-controller")
    env.api.done("POST", place, body)


def test_doctor_tells_whether_a_controller_leads(env):
    applications.define(env)
    flags = doctor.in_place(env)
    found = doctor.run(env, *flags)
    found.expect("definition", "ok", "as we define them")
    found.expect("controller", "warn", f"no Lease {env.namespace}/spark-controller", "--controller-namespace",
                 f"spark-controller manifest --namespace={env.namespace}")
    assert found.of("applications") and found.code == 0, found.text  # other tests have some, too
    lease(env, holderIdentity="gone", leaseDurationSeconds=1, renewTime="2026-01-01T00:00:00.000000Z")
    found = doctor.run(env, *flags)
    found.expect("controller", "fail", "nobody leads: gone holds the Lease", "at 2026-01-01T00:00:00", "kubectl -n", "logs")
    assert found.code == 1, found.text
    lease(env, holderIdentity="", leaseDurationSeconds=1, renewTime="2026-01-01T00:00:00.000000Z")
    doctor.run(env, *flags).expect("controller", "fail", "nobody holds the Lease")
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    lease(env, holderIdentity="here", leaseDurationSeconds=60, renewTime=now)
    doctor.run(env, *flags).expect("controller", "ok", "here leads by the Lease")
    elsewhere = [*flags, "--controller-name=other"]
    doctor.run(env, *elsewhere).expect("controller", "warn", f"no Lease {env.namespace}/other")


def test_doctor_believes_a_lease_that_is_renewed_by_another_clock(env):
    applications.define(env)
    flags = doctor.in_place(env)
    lease(env, holderIdentity="late", leaseDurationSeconds=15, renewTime="2026-01-01T00:00:00.000000Z")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        asked = pool.submit(doctor.run, env, *flags)
        second = 0
        while not asked.done():
            time.sleep(0.5)
            second += 1
            lease(env, holderIdentity="late", leaseDurationSeconds=15, renewTime=f"2026-01-01T00:00:{second:02}.000000Z")
    asked.result().expect("controller", "ok", "late leads by the Lease")


def test_doctor_is_content_with_a_controller_that_leads(env):
    applications.define(env)
    flags = doctor.in_place(env)
    Controller(env, "--leader-election-lock-name=spark-controller", f"--leader-election-lock-namespace={env.namespace}",
               elect=True)
    found = said(env, flags, "controller", "ok", f"leads by the Lease {env.namespace}/spark-controller")
    assert found.code == 0, found.text


def test_doctor_may_not_see_the_controller_and_says_so_once(env):
    applications.define(env)
    flags = doctor.in_place(env)
    _, nothing = doctor.limited(env, [])
    found = doctor.run(env, *flags, kubeconfig=nothing)
    assert found.code == 0, found.text
    found.expect("rights", "warn", "the controller's Lease", "whose definition of SparkApplications", "get leases.coordination.k8s.io",
                 "list sparkapplications.sparkoperator.k8s.io", "get customresourcedefinitions")
    assert not {"controller", "definition", "applications", "app-webhook"} & set(found.levels()), found.text
