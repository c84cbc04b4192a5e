"""HTTP as the API server, kubelet and Prometheus speak it."""

import base64
import contextlib
import json
import re
import socket

from harness import GOOD, Skip, corpus, ended, head, raw_review, read_answer, review


def test_keep_alive_serves_many_requests_on_one_connection(env):
    server = env.server()
    with server.client() as client:
        for i in range(200):
            answer = client.post(review(GOOD, uid=f"u{i}"))
            assert answer.status == 200 and not answer.closes
            assert answer.response["uid"] == f"u{i}"
    assert server.metric("spark_webhook_connections_accepted_total") == 1
    assert server.metric("spark_webhook_tls_handshakes_total") == 1


def test_a_denied_review_keeps_the_connection(env):
    server = env.server()
    bad = review({"spark-operator.k8s.io/configMap.x": "relative"})
    with server.client() as client:
        assert client.post(bad).response["allowed"] is False
        assert client.post(review(GOOD)).response["allowed"] is True
    assert server.metric("spark_webhook_connections_accepted_total") == 1


def test_any_query_is_fine(env):
    server = env.server()
    for query in "", "?", "?timeout=10s", "?a=b&timeout=5s", "?%00", "?timeout", "?x=" + "y" * 4000:
        assert server.post(review(GOOD), "/mutate" + query).status == 200, query


def test_all_paths_are_the_same(env):
    server = env.server()
    bodies = {server.post(review(GOOD), path).body
              for path in ("/mutate", "/webhook", "/mutate--v1-pod")}
    assert len(bodies) == 1


def test_answers_have_the_version_and_uid_of_the_request(env):
    server = env.server()
    for version in "admission.k8s.io/v1", "admission.k8s.io/v1beta1":
        answer = server.post(review(GOOD, uid="7") | {"apiVersion": version}).json()
        assert answer["apiVersion"] == version and answer["kind"] == "AdmissionReview"
        assert answer["response"]["uid"] == "7"
        assert answer["response"]["patchType"] == "JSONPatch"


def test_the_patch_is_json(env):
    server = env.server()
    answer = server.post(corpus())
    assert answer.headers["Content-Type"].startswith("application/json")
    patch = json.loads(base64.b64decode(answer.response["patch"]))
    assert patch and all({"op", "path"} <= op.keys() for op in patch)


def test_the_server_answers_as_the_offline_command(env):
    server = env.server()
    body = json.dumps(corpus()).encode()
    offline = env.run("mutate", stdin=body)
    assert offline.returncode == 0, offline.stderr
    assert server.post(body).body == offline.stdout.rstrip(b"\n")


def test_a_chunked_body(env):
    server = env.server()
    body = json.dumps(review(GOOD)).encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in
                      (body[i:i + 1000] for i in range(0, len(body), 1000)))
    with server.tls() as sock:
        for _ in range(3):
            sock.sendall(head(Transfer_Encoding="chunked") + chunks + b"0\r\n\r\n")
            assert read_answer(sock).response["allowed"] is True


def test_expect_100_continue(env):
    server = env.server()
    body = json.dumps(review(GOOD)).encode()
    with server.tls() as sock:
        sock.sendall(head(length=len(body), Expect="100-continue"))
        assert sock.recv(100).startswith(b"HTTP/1.1 100")
        sock.sendall(body)
        assert read_answer(sock).status == 200


def test_connection_close_is_honoured(env):
    server = env.server()
    with server.tls() as sock:
        sock.sendall(raw_review(Connection="close"))
        assert read_answer(sock).status == 200
        assert ended(sock, 5)


def test_pipelined_requests_are_answered_in_order(env):
    server = env.server()
    with server.tls() as sock:
        sock.sendall(raw_review(review(GOOD, uid="a")) + raw_review(review(GOOD, uid="b")))
        assert read_answer(sock).response["uid"] == "a"
        assert read_answer(sock).response["uid"] == "b"


def test_a_request_in_single_bytes(env):
    server = env.server()
    body = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {"uid": "1"}}
    with server.tls() as sock:
        for byte in raw_review(body):
            sock.sendall(bytes([byte]))
        assert read_answer(sock).status in (200, 400)


def test_health_paths_and_head(env):
    server = env.server()
    for path in "/healthz", "/readyz", "/metrics", "/healthz?verbose":
        got = server.health(path)
        assert got.status == 200 and got.body, path
        asked = server.health(path, "HEAD")
        assert asked.status == 200 and asked.body == b"", path
    assert server.health("/healthz").body == b"ok\n"
    assert re.fullmatch(rb"ok, certificate valid until 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ\n", server.health("/readyz").body)


def test_each_port_has_its_own_paths(env):
    server = env.server()
    assert server.health("/mutate").status == 404
    assert server.health("/healthz", "POST").status == 405
    with server.client() as client:
        assert client.request("GET", "/healthz").status == 404


def test_plain_http_on_the_secure_port_is_no_request(env):
    server = env.server()
    with server.tcp() as sock:
        sock.sendall(raw_review())
        assert ended(sock, 5)
    assert server.post(review(GOOD)).status == 200


def test_odd_bytes_do_no_harm(env):
    server = env.server()
    for data in b"\0" * 100, b"\r\n" * 100, b"GET", b"POST /mutate HTTP/9.9\r\n\r\n", b"\x16\x03" * 50:
        with server.tls() as sock:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            assert ended(sock, 15)
    with server.tls() as sock:
        with contextlib.suppress(OSError):  # refused before all of it was sent
            sock.sendall(b"POST /mutate HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 200000)
        assert ended(sock, 15)
    assert server.post(review(GOOD)).status == 200


def test_ipv6_and_ipv4_on_one_socket(env):
    if not socket.has_ipv6:
        raise Skip("needs IPv6")
    server = env.server("--bind-address=::")
    assert server.post(review(GOOD)).status == 200
    try:
        with socket.create_connection(("::1", server.port), 5):
            pass
    except OSError as error:
        raise Skip(f"needs IPv6 on loopback: {error}") from None


def test_a_port_that_is_taken(env):
    server = env.server()
    done = env.run("serve", "--certificates=self-signed", "--bind-address=127.0.0.1",
                   f"--secure-port={server.port}", "--health-port=0")
    assert done.returncode == 1, done
    assert str(server.port).encode() in done.stderr and b"--secure-port" in done.stderr, done.stderr
