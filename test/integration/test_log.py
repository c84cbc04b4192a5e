"""Log lines: one a review, each a JSON object, whatever strangers write."""

import json
import time

from harness import BAD, GOOD, KEY, UNTAMED, corpus, head, read_answer, review, wait_until

HOSTILE = 'a"b\\c\nd\re\tf\x00g\x1bh\x7fi %n%s%d \u2028\u0085 ünïcode \U0001f600 {"level":"error"}'


def test_one_line_a_review(env):
    server = env.server()
    server.post(corpus())
    line = server.wait_log(msg="review")[0]
    request = corpus()["request"]
    assert line["uid"] == request["uid"]
    assert (line["namespace"], line["name"]) == (request["namespace"], request["name"])
    assert (line["role"], line["outcome"], line["level"]) == ("driver", "mutated", "info")
    assert "sparkConfigMap" in line["applied"].split(",")
    assert line["duration_us"] > 0 and line["warnings"] == 0
    assert len(server.log(msg="review")) == 1


def test_a_denied_driver_is_logged_each_time(env):
    server = env.server()
    for _ in range(5):
        server.post(review(BAD))
    lines = server.wait_log(5, msg="review")
    assert all(line["level"] == "warn" and "log4j" in line["message"] for line in lines)


def test_untouched_says_why(env):
    server = env.server()
    server.post(review(GOOD, role="history"))
    assert server.wait_log(msg="review", outcome="untouched")[0]["reason"]


def test_hostile_text_stays_inside_its_field(env):
    server = env.server("--log-level=debug")
    text = HOSTILE.replace("\x00", "")  # JSON can say NUL, and the parser refuses it
    for key in "configMap." + text, "secret.x", "configMaps", "ownerReference", text:
        server.post(review({KEY + key: text}))
    for field in "uid", "namespace", "name":
        body = review(GOOD)
        body["request"][field] = text
        server.post(body)
    server.post(review(BAD, app=text, role="executor"))
    server.post(review(GOOD, role=text))
    server.post(json.dumps({"kind": text, "apiVersion": text}).encode())
    server.post(text.encode())
    server.post(b'{"kind": "\xff\xfe\x80 \xc3", "\xe2\x80": 1}')
    for shift in range(4):  # whatever is cut is not cut inside a rune
        long = "x" * shift + "\U0001f600" * 3000
        server.post(json.dumps({"kind": long, "apiVersion": long}, ensure_ascii=False).encode())
        server.post(('{"kind": ' + long).encode())
        server.post(review({KEY + "configMap.x": long, KEY + long: "x"}, uid=long))
        server.post(review(BAD, role="executor", app=long))
    server.post(json.dumps(review(GOOD, uid="u" * 500000)).encode())
    server.post(json.dumps(review({KEY + "configMap.x": "y" * 100000})).encode())
    with server.tls() as sock:
        sock.sendall(head(path="/mutate/%0a%n\xff\x1b[2J\"}"))
        read_answer(sock)
    server.wait_log(msg="review", uid=text)
    for line in server.lines:
        assert len(line.encode()) <= 8192
        assert not UNTAMED.search(line), line
        json.loads(line)
    assert not server.log(level="error")


def test_long_names_wipe_nothing_out(env):
    server = env.server()
    body = review(BAD, app="a" * 9000)
    for field in "uid", "namespace", "name":
        body["request"][field] = field[0] * 9000
    assert server.post(body).response["allowed"] is False
    line = server.wait_log(msg="review")[0]
    assert line["truncated"] is True and line["outcome"] == "denied" and line["role"] == "driver"
    assert line["name"] == "n" * 1024 and line["duration_us"] > 0 and "log4j" in line["message"]


def test_answers_to_hostile_text_are_one_line_of_utf_8(env):
    server = env.server()
    for text in "\x85", "\x9b31m", "\u2028", "\u202e", "\n":
        for body in '{"kind": %s' % text, json.dumps({"kind": "AdmissionReview", text: 1}):
            answer = server.post(body.encode())
            assert answer.status == 400 and answer.body.endswith(b"\n")
            assert not UNTAMED.search(answer.body.decode()[:-1]), answer.body


def test_hostile_text_in_text_format(env):
    server = env.server("--log-format=text")
    body = review({KEY + "configMap.x": "a\nb\x1b[31m"}, uid="u\n2026-01-01T00:00:00Z info \"forged\"")
    server.post(body)
    wait_until(lambda: any('"review"' in line for line in server.lines), "its line")
    assert not any("forged" in line and "review" not in line for line in server.lines)
    assert not any("\x1b" in line for line in server.lines)


def test_secrets_are_never_logged(env):
    """What a pod carries beside our annotations is in no line, at any level and any outcome."""
    server = env.server("--log-level=debug")
    marks = []

    def mark(name):
        marks.append(f"TOP-SECRET-{name}")
        return marks[-1]

    def poison(body):
        pod = body["request"]["object"]
        env_list = pod["spec"]["containers"][0].setdefault("env", [])
        env_list.append({"name": "PASSWORD", "value": mark("env")})
        env_list.append({"name": "GOOGLE_APPLICATION_CREDENTIALS", "value": mark("replaced")})
        pod["metadata"]["annotations"]["example.org/token"] = mark("annotation")
        pod["spec"]["containers"][0].setdefault("args", []).append(mark("arg"))
        body["request"]["userInfo"] = {"username": mark("user"), "extra": {"x": [mark("extra")]}}
        body["request"]["oldObject"] = {"data": {"key": mark("old")}}
        return body

    good = {KEY + "GCPServiceAccount.gcp": "/mnt/secrets"}
    for annotations in good, BAD, {}:
        for role in "driver", "executor", "other":
            server.post(poison(review(dict(annotations), role=role)))
    broken = json.dumps(poison(review(GOOD))).encode()
    server.post(broken[:-1])
    server.post(broken.replace(b'"uid"', b'"uid_"'))
    secret = {"apiVersion": "v1", "kind": "Secret", "data": {"password": mark("data")}}
    body = review(GOOD)
    body["request"]["object"] = secret
    server.post(body)
    server.wait_log(2, msg="rejected")
    everything = "\n".join(server.lines)
    for text in set(marks):
        assert text not in everything, text


def test_denied_executors_are_logged_once_a_minute_for_each_application(env):
    server = env.server()
    for _ in range(20):
        server.post(review(BAD, role="executor", app="spark-a"))
    server.post(review(BAD, role="executor", app="spark-b"))
    server.post(review(BAD, role="driver", app="spark-a"))
    server.wait_log(msg="review", role="driver")
    lines = server.log(msg="review", role="executor")
    assert [line["app"] for line in lines] == ["spark-a", "spark-b"]
    assert all(line["level"] == "warn" and "log4j" in line["message"] for line in lines)
    assert server.reviews("executor", "denied") == 21


def test_rejected_requests_do_not_flood_the_log(env):
    server = env.server()
    with server.client() as client:
        for _ in range(300):
            assert client.post(b"nonsense").status == 400
    time.sleep(1.1)
    server.post(b"nonsense")

    def told():
        return sum(1 + r.get("suppressed", 0) for r in server.log(msg="rejected", reason="json"))

    wait_until(lambda: told() >= 301, "the count")
    assert told() == 301
    assert len(server.log(msg="rejected", reason="json")) < 100


def test_rejects_name_the_peer(env):
    server = env.server("--log-level=debug")
    with server.tls() as sock:
        port = sock.getsockname()[1]
        sock.sendall(head(path="/nowhere"))
        assert read_answer(sock).status == 404
    line = server.wait_log(msg="rejected", reason="path")[0]
    assert line["level"] == "debug" and line["peer"] == f"127.0.0.1:{port}", line
    with server.tls() as sock:
        port = sock.getsockname()[1]
        sock.sendall(head(length=1) + b"x")
        assert read_answer(sock).status == 400
    line = server.wait_log(msg="rejected", reason="json")[0]
    assert line["level"] == "warn" and line["peer"] == f"127.0.0.1:{port}", line


def test_levels(env):
    server = env.server("--log-level=warn")
    server.post(review(GOOD))
    server.post(review(BAD))
    assert {line["level"] for line in server.wait_log(msg="review")} == {"warn"}
