"""The Services and Ingresses in front of a driver: what they are called, and that they leave with it."""

from kit import controller, kubelet
from kit.api import wait_for
from kit.controller import Controller, application, reaches


def begin(env, *arguments):
    controller.define(env)
    env.webhook
    return Controller(env, *arguments)


def names(env, collection):
    found = env.api.done("GET", f"{collection}?labelSelector={controller.APP_LABEL}")
    return {o["metadata"]["name"] for o in found["items"]}


def ingresses(env):
    return names(env, f"/apis/networking.k8s.io/v1/namespaces/{env.namespace}/ingresses")


def test_the_url_of_an_ingress_can_have_the_id_that_spark_gives(env):
    begin(env, "--ingress-url-format={{$appId}}.example.com")
    controller.create(env, application("web"))
    status = reaches(env, "web", "SUBMITTED")["status"]
    found = status["driverInfo"].get("webUIIngressAddress", "")
    assert found.rstrip("/") == f"{status['sparkApplicationId']}.example.com", status


def test_ingresses_of_other_ports_leave_with_the_run_they_were_made_for(env):
    begin(env)
    controller.create(env, application("ports", driverIngressOptions=[
        {"servicePort": 8080, "servicePortName": "a", "ingressURLFormat": "a.example.com"}]))
    reaches(env, "ports", "SUBMITTED")
    kubelet.starts(env, controller.driver(env, "ports"))
    reaches(env, "ports", "RUNNING")
    assert ingresses(env) == {"ports-ing-8080"}, ingresses(env)
    controller.change(env, "ports", {"spec": {"suspend": True}})
    reaches(env, "ports", "SUSPENDED")
    assert not ingresses(env) and not names(env, f"/api/v1/namespaces/{env.namespace}/services")
    controller.change(env, "ports", {"spec": {"suspend": False}})
    wait_for("the next one's", lambda: ingresses(env) == {"ports-ing-8080"}, within=90)
