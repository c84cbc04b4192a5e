"""What a cluster does beside the API server, for many namespaces at once, and what became of everything in them.

Stands in for the scheduler (each pod gets a node), the kubelet (a driver starts once its ConfigMap is there, ends
once its Service is, and what is deleted takes a moment to end) and the garbage collector. Meanwhile it writes down
every driver and every status: a test judges from that history, not from what is left in the end.
"""

import http.client
import json
import threading
import time
import urllib.error
import urllib.request

from kit.controller import APP_LABEL, GROUP, SUBMISSION_LABEL

KINDS = {"pods": "/api/v1", "configmaps": "/api/v1", "services": "/api/v1", "sparkapplications": f"/apis/{GROUP}"}
RUNS_FOR, ENDS_WITHIN, TICK = 0.4, 0.3, 0.05  # seconds
TERMINAL = ("Succeeded", "Failed")
STAY = None


class Driver:
    """One pod, from its creation to its end. Times are by time.monotonic()."""

    def __init__(self, pod, now):
        labels = pod["metadata"].get("labels", {})
        self.uid, self.name, self.app = pod["metadata"]["uid"], pod["metadata"]["name"], labels.get(APP_LABEL)
        self.submission, self.made = labels.get(SUBMISSION_LABEL), now
        self.bound = self.started = self.whole = self.over = self.leaving = None  # times
        self.code = None

    def __repr__(self):
        marks = {name: round(getattr(self, name) - self.made, 2)
                 for name in ("started", "whole", "leaving", "over") if getattr(self, name)}
        return f"<{self.name} {self.submission} {marks} code {self.code}>"


class Place:
    """A namespace. @outcomes: exit codes of its drivers that are whole, in turn; the last holds for all that follow;
    STAY: it runs on."""

    def __init__(self, outcomes):
        self.outcomes, self.drivers, self.wholes, self.problems = outcomes, {}, [], []
        self.statuses = {}  # of an application: what followed what

    def outcome(self, driver):
        return self.outcomes[min(self.wholes.index(driver), len(self.outcomes) - 1)] if self.outcomes else STAY

    def alive(self, app):
        return [d for d in self.drivers.values() if d.app == app and d.over is None]


class Life:
    def __init__(self, env, prefix):
        self.env, self.api, self.prefix = env, env.api, prefix
        self.lock = threading.RLock()
        self.places, self.objects = {}, {kind: {} for kind in KINDS}
        self.orphans, self.ending, self.problem, self.streams = {}, False, None, {}
        self.threads = [threading.Thread(target=self._watch, args=(kind,), daemon=True) for kind in KINDS]
        self.threads.append(threading.Thread(target=self._live, daemon=True))
        env.later(self.stop)
        for thread in self.threads:
            thread.start()

    def place(self, namespace, outcomes=(0,)):
        assert namespace.startswith(self.prefix)
        with self.lock:
            self.places[namespace] = place = Place(list(outcomes))
        return place

    def stop(self):
        self.ending = True
        self.threads[-1].join(10)
        assert self.problem is None, self.problem

    def clear(self, namespace):
        """Ends the story of a namespace. An API server has few addresses for Services, and they are everybody's."""
        self.places.pop(namespace, None)
        for service in self.api.done("GET", f"/api/v1/namespaces/{namespace}/services")["items"]:
            self.api.call("DELETE", f"/api/v1/namespaces/{namespace}/services/{service['metadata']['name']}")

    def of(self, kind, namespace):
        with self.lock:
            return [o for o in self.objects[kind].values() if o["metadata"]["namespace"] == namespace]

    # --- what is seen

    def _watch(self, kind):
        version = ""
        while not self.ending:
            try:
                version = self._stream(kind, version or self._list(kind))
            except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError):
                time.sleep(0.2)

    def _list(self, kind):
        listed = self.api.done("GET", f"{KINDS[kind]}/{kind}")
        for item in listed["items"]:
            self._see(kind, "ADDED", item)
        return listed["metadata"]["resourceVersion"]

    def _stream(self, kind, version):
        request = urllib.request.Request(
            f"{self.api.server}{KINDS[kind]}/{kind}?watch=1&resourceVersion={version}&timeoutSeconds=300",
            headers={"Authorization": f"Bearer {self.api.token}"})
        with urllib.request.urlopen(request, timeout=310, context=self.api.context) as stream:
            for line in stream:
                event = json.loads(line)
                if event["type"] == "ERROR" or self.ending:
                    return ""
                self._see(kind, event["type"], event["object"])
                version = event["object"]["metadata"]["resourceVersion"]
        return version

    def _see(self, kind, event, item):
        place = self.places.get(item["metadata"]["namespace"])
        if place is None:
            return
        with self.lock:
            if event == "DELETED":
                self.objects[kind].pop(item["metadata"]["uid"], None)
            else:
                self.objects[kind][item["metadata"]["uid"]] = item
            if kind == "pods" and item["metadata"].get("labels", {}).get("spark-role") == "driver":
                self._see_driver(place, event, item)
            if kind == "sparkapplications":
                self._see_status(place, event, item)

    def _see_driver(self, place, event, pod):
        now, uid = time.monotonic(), pod["metadata"]["uid"]
        driver = place.drivers.get(uid)
        if driver is None:
            driver = Driver(pod, now)
            if place.alive(driver.app):
                place.problems.append(f"two drivers at once: {place.alive(driver.app)} and {driver}")
            if driver.submission in [d.submission for d in place.drivers.values()]:
                place.problems.append(f"a submission has made a second driver: {driver}")
            told = [s.get("submissionID") for s in place.statuses.get(driver.app, [])]
            if driver.submission not in told:
                driver.early = True
            place.drivers[uid] = driver
        if pod["metadata"].get("deletionTimestamp") and driver.leaving is None:
            driver.leaving = now
        if driver.over is None and (event == "DELETED" or pod["status"].get("phase") in TERMINAL):
            driver.over = now

    def _see_status(self, place, event, app):
        status = app.get("status") or {}
        told = {"state": status.get("applicationState", {}).get("state", ""), "runs": status.get("executionAttempts", 0),
                "submissionID": status.get("submissionID"), "tries": status.get("submissionAttempts", 0)}
        seen = place.statuses.setdefault(app["metadata"]["name"], [])
        if event != "DELETED" and (not seen or seen[-1] != told):
            seen.append(told)

    # --- what is done

    def _live(self):
        try:
            while not self.ending:
                for namespace, place in list(self.places.items()):
                    self._look_after(namespace, place)
                time.sleep(TICK)
        except Exception as problem:  # a stand-in that stands still would let tests wait for nothing
            self.problem = problem

    def _look_after(self, namespace, place):
        with self.lock:
            pods = {o["metadata"]["uid"]: o for o in self.of("pods", namespace)}
            uids = {o["metadata"]["uid"] for kind in KINDS for o in self.of(kind, namespace)}
        for uid, pod in pods.items():
            if uid in place.drivers:
                self._move(namespace, place, place.drivers[uid], pod)
        for kind in KINDS:
            for item in self.of(kind, namespace):
                self._collect(namespace, kind, item, uids)

    def _owned(self, kind, namespace, uid):
        return [o for o in self.of(kind, namespace)
                if uid in [r["uid"] for r in o["metadata"].get("ownerReferences", [])]]

    def _move(self, namespace, place, driver, pod):
        path, now = f"/api/v1/namespaces/{namespace}/pods/{driver.name}", time.monotonic()
        if driver.leaving is not None:
            if now - driver.leaving >= ENDS_WITHIN:
                self.api.call("DELETE", path, {"gracePeriodSeconds": 0, "preconditions": {"uid": driver.uid}})
            return
        if driver.bound is None:
            self.api.call("POST", f"{path}/binding", {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": driver.name, "uid": driver.uid},
                                                      "target": {"apiVersion": "v1", "kind": "Node", "name": "none"}})
            driver.bound = now
        if driver.over is not None:
            return
        has_map = self._owned("configmaps", namespace, driver.uid)
        if driver.started is None and has_map:
            self._report(path, driver, "Running", {"running": {"startedAt": "2026-01-01T00:00:00Z"}})
            driver.started = now
        if driver.whole is None and has_map and self._owned("services", namespace, driver.uid):
            driver.whole = now
            place.wholes.append(driver)
        if driver.whole is None or now - driver.whole < RUNS_FOR or driver.code is not None:
            return
        code = place.outcome(driver)
        if code is not STAY and self._report(path, driver, "Failed" if code else "Succeeded", {"terminated": {
                "exitCode": code, "reason": "Error" if code else "Completed", "startedAt": "2026-01-01T00:00:00Z",
                "finishedAt": "2026-01-01T00:01:00Z"}}):
            driver.code = code

    def _report(self, path, driver, phase, state):
        """Of this pod, and of no other by its name. False: it is not there."""
        body = {"metadata": {"uid": driver.uid}, "status": {"phase": phase, "containerStatuses": [
            {"name": "spark-kubernetes-driver", "image": "none", "imageID": "", "restartCount": 0, "ready": phase == "Running",
             "state": state}]}}
        return self.api.call("PATCH", f"{path}/status", body, "application/merge-patch+json").code == 200

    def _collect(self, namespace, kind, item, uids):
        """Deletes what belonged to something that has been gone for a moment: the watches are not in step."""
        owners = [reference["uid"] for reference in item["metadata"].get("ownerReferences", [])]
        uid, now = item["metadata"]["uid"], time.monotonic()
        if not owners or set(owners) & uids or item["metadata"].get("deletionTimestamp"):
            self.orphans.pop(uid, None)
        elif now - self.orphans.setdefault(uid, now) > 1:
            self.api.call("DELETE", f"{KINDS[kind]}/namespaces/{namespace}/{kind}/{item['metadata']['name']}",
                          {"preconditions": {"uid": uid}})
