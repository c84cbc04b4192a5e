"""How each failure is answered: one test a row of the design's table."""

import json
import subprocess
import time

from harness import (BAD, GOOD, KEY, corpus, ended, head, need, raw_review, read_answer, review,
                     wait_until)


def curl(server, *args):
    """(status, body) as curl sees them."""
    done = subprocess.run([need("curl"), "-sS", "--max-time", "20", "--cacert", server.ca, "-w",
                           "\n%{http_code}", *args], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    body, _, status = done.stdout.decode().rpartition("\n")
    return int(status), body


def url(server, path="/mutate"):
    return f"https://localhost:{server.port}{path}"


def refused(server, data, status, reason=None):
    """Sends bytes; expects this answer, then the end of the stream and no second answer. Without
    a reason it is libmicrohttpd that refuses, and nobody counts."""
    before = server.rejected(reason) if reason else 0
    with server.tls() as sock:
        sock.sendall(data)
        answer = read_answer(sock)
        assert answer.status == status, (answer.status, answer.body)
        assert answer.closes, answer.headers.items()
        rest = b""
        while chunk := sock.recv(65536):
            rest += chunk
        assert rest == b"", rest
    assert not reason or server.rejected(reason) == before + 1
    return answer


def test_unknown_path_is_404(env):
    server = env.server()
    status, _ = curl(server, "-d", "{}", url(server, "/nowhere"))
    assert status == 404
    for path in "/", "/mutate/", "/mutate2", "/healthz", "/metrics", "//mutate", "/%6dutate":
        refused(server, raw_review(path=path), 404, "path")


def test_wrong_method_is_405(env):
    server = env.server()
    status, _ = curl(server, url(server))
    assert status == 405
    for method in "GET", "PUT", "DELETE", "OPTIONS", "BREW":
        answer = refused(server, head(method=method), 405, "method")
        assert answer.headers["Allow"] == "POST"


def test_wrong_content_type_is_415(env):
    server = env.server()
    status, _ = curl(server, "-d", "{}", url(server))
    assert status == 415
    for kind in "text/plain", "application/jsonp", "", "application/json, text/plain":
        data = head(length=2, Content_Type=kind) + b"{}"
        refused(server, data, 415, "content_type")


def test_content_type_with_parameters_is_fine(env):
    server = env.server()
    body = json.dumps(review(GOOD)).encode()
    for kind in "application/json; charset=utf-8", "Application/JSON ;charset=utf-8":
        with server.tls() as sock:
            sock.sendall(head(length=len(body), Content_Type=kind) + body)
            assert read_answer(sock).status == 200


def test_announced_body_too_large_is_413(env):
    server = env.server("--max-body-bytes=64Ki")
    refused(server, head(length=65537), 413, "too_large")
    refused(server, head(length="9" * 30), 413)


def test_chunked_body_too_large_is_413(env):
    server = env.server("--max-body-bytes=64Ki")
    file = env.dir / "large"
    file.write_bytes(b" " * 200000)
    status, _ = curl(server, "-H", "Content-Type: application/json", "-H",
                     "Transfer-Encoding: chunked", "-H", "Expect:", "--data-binary", f"@{file}",
                     url(server))
    assert status == 413
    assert server.rejected("too_large") == 1


def test_body_of_exactly_the_limit_is_fine(env):
    server = env.server("--max-body-bytes=64Ki")
    body = json.dumps(review(GOOD)).encode().ljust(65536)
    assert server.post(body).response["allowed"]


def test_both_lengths_are_400_and_no_second_request_is_seen(env):
    server = env.server()
    smuggled = raw_review()
    data = head(length=4, Transfer_Encoding="chunked") + b"0\r\n\r\n" + smuggled
    refused(server, data, 400, "framing")
    assert server.reviews("driver", "mutated") == 0


def test_two_lengths_are_400_and_no_second_request_is_seen(env):
    server = env.server()
    lines = head(length=5).replace(b"Content-Length: 5", b"Content-Length: 5\r\nContent-Length: 6")
    refused(server, lines + b"[1, 2]" + raw_review(), 400, "framing")
    assert server.reviews("driver", "mutated") == 0


def test_a_header_without_a_name_hides_no_request(env):
    server = env.server()
    hidden = b"GET /smuggled?: HTTP/1.1\r\nHost: x\r\n\r\n"
    for line in b"X: aa\r\n", b"\r\n":
        lines = head(length=len(line)).removesuffix(b"\r\n") + b": v\r\n" + line
        with server.tls() as sock:
            sock.sendall(lines + hidden)
            answer = read_answer(sock)
            assert answer.status == 400 and answer.closes
            assert ended(sock)
    assert server.rejected("path") == 0


def test_an_answer_to_nonsense_ends_the_connection(env):
    server = env.server()
    for body in b"{", b"{}":
        with server.tls() as sock:
            sock.sendall(head(length=len(body)) + body)
            answer = read_answer(sock)
            assert answer.status == 400 and answer.closes
            assert ended(sock, 5)


def test_control_characters_in_a_header_are_400(env):
    server = env.server()
    for value in "a\x01", "\x0bchunked", "a\x7fb":
        refused(server, head(length=2, X=value) + b"{}", 400, "framing")


def test_odd_lengths_are_400(env):
    server = env.server()
    for value in "+5", "0x5", "5 6", "-5", "":
        refused(server, head(length=value) + b"{   }", 400)
    refused(server, head(Transfer_Encoding="gzip"), 400, "framing")
    refused(server, head(Transfer_Encoding="gzip, chunked"), 400, "framing")
    refused(server, head(), 400, "framing")


def test_not_json_is_400_with_a_line(env):
    server = env.server()
    for body in b"", b"{", b"nonsense", b"\xff\xfe", b'{"a":1,"a":2}', b"[" * 100000, b"\0":
        answer = server.post(body)
        assert answer.status == 400, (body[:20], answer.status)
        assert answer.body.count(b"\n") == 1 and answer.body.endswith(b"\n"), answer.body
    assert server.rejected("json") == 7
    assert server.post(review(GOOD)).status == 200


def test_not_an_admission_review_is_400(env):
    server = env.server()
    pod = corpus()["request"]["object"]
    foreign = review(GOOD) | {"apiVersion": "admission.k8s.io/v2"}
    bodies = {}, [], 7, pod, {"kind": "AdmissionReview"}, foreign
    for body in bodies:
        answer = server.post(body)
        assert answer.status == 400, (body, answer.status)
        assert answer.body.count(b"\n") == 1, answer.body
    assert server.rejected("review") == len(bodies)
    assert server.reviews("other", "failed") == len(bodies)


def test_no_uid_is_400(env):
    server = env.server()
    for uid in None, 7, "":
        body = review(GOOD)
        body["request"]["uid"] = uid
        answer = server.post(body)
        assert answer.status == 400 and b"uid" in answer.body, answer.body
    body = review(GOOD)
    del body["request"]["uid"]
    assert server.post(body).status == 400


def test_reasons_stay_one_line(env):
    server = env.server()
    body = review(GOOD)
    body["kind"] = 'x\r\nHTTP/1.1 200 OK\r\n\u2028\u0085\x1b[2J'
    answer = server.post(body)
    assert answer.status == 400
    assert answer.body.count(b"\n") == 1 and b"\r" not in answer.body, answer.body
    assert b"\x1b" not in answer.body


def test_a_pod_that_is_not_ours_is_allowed_without_patch(env):
    server = env.server()
    update = review(GOOD)
    update["request"]["operation"] = "UPDATE"
    other_kind = review(GOOD)
    other_kind["request"]["kind"]["kind"] = "ConfigMap"
    other_kind["request"]["resource"]["resource"] = "configmaps"
    for body in review(GOOD, role=None), review(GOOD, role="history"), update, other_kind:
        response = server.post(body).response
        assert response["allowed"] is True
        assert "patch" not in response and "patchType" not in response, response
    assert server.reviews("other", "untouched") + server.reviews("driver", "untouched") == 4


def test_an_annotation_that_cannot_be_honoured_is_denied_with_422(env):
    server = env.server()
    answer = server.post(review(BAD))
    assert answer.status == 200
    status = answer.response["status"]
    assert answer.response["allowed"] is False
    assert status["code"] == 422 and status["reason"] == "Invalid", status
    assert KEY + "configMap.log4j" in status["message"], status
    assert "not/absolute" in status["message"], status
    assert "patch" not in answer.response
    assert server.reviews("driver", "denied") == 1


def test_on_invalid_warn_allows_with_warnings(env):
    server = env.server("--on-invalid=warn")
    response = server.post(review(BAD)).response
    assert response["allowed"] is True and "patch" not in response
    assert any("log4j" in warning for warning in response["warnings"]), response


def test_too_many_in_flight_is_503_with_retry_after(env):
    server = env.server("--max-in-flight=1")
    whole = raw_review()
    with server.tls() as slow:
        slow.sendall(whole[:-1])
        wait_until(lambda: server.metric("spark_webhook_requests_in_flight") == 1, "one in flight")
        answer = refused(server, raw_review(), 503, "overload")
        assert answer.headers["Retry-After"] == "1"
        slow.sendall(whole[-1:])
        assert read_answer(slow).status == 200
    assert server.post(review(GOOD)).status == 200


def dripped(server, path):
    """(status, seconds) of a request whose body never ends by itself."""
    whole = raw_review(path=path)
    cut = whole.index(b"\r\n\r\n") + 4
    start = time.monotonic()
    with server.tls() as sock:
        sock.sendall(whole[:cut])
        sock.settimeout(0.2)
        for byte in whole[cut:]:
            try:
                sock.sendall(bytes([byte]))
                answer = read_answer(sock)
                assert answer.closes and ended(sock)
                return answer.status, time.monotonic() - start
            except TimeoutError:
                pass
            except ConnectionError:
                return None, time.monotonic() - start
            assert time.monotonic() < start + 15
    return None, 0


def test_a_timeout_that_has_passed_is_408_or_the_end(env):
    server = env.server("--request-timeout=9s")
    status, seconds = dripped(server, "/mutate?timeout=1s")
    assert status in (408, None), status
    assert 0.9 < seconds < 4, seconds
    wait_until(lambda: server.rejected("deadline") + server.rejected("slow") == 1, "the count")


def test_a_whole_body_after_its_timeout_is_408(env):
    server = env.server("--request-timeout=9s")
    whole = raw_review(path="/mutate?timeout=300ms")
    with server.tls() as sock:
        sock.sendall(whole[:-1])
        time.sleep(0.7)
        sock.sendall(whole[-1:])
        answer = read_answer(sock)
        assert answer.status == 408 and answer.closes
        assert ended(sock)
    assert server.rejected("deadline") == 1
    assert server.reviews("driver", "mutated") == 0


def test_a_malformed_timeout_is_ignored(env):
    server = env.server()
    for text in "", "x", "10", "-1s", "%20", "1s1", "0s", "99999999999h":
        assert server.post(review(GOOD), f"/mutate?timeout={text}").status == 200, text


def test_a_body_that_costs_too_much_memory_is_413(env):
    server = env.server()
    answer = server.post(b"[" + b"[]," * 2700000 + b"[]]")
    assert answer.status == 413 and b"memory" in answer.body, (answer.status, answer.body)
    assert server.rejected("too_large") == 1
    assert server.post(review(GOOD)).status == 200


def test_out_of_memory_is_500_and_the_process_lives(env):
    """A sanitizer refuses large blocks when told to; else the kernel does."""
    server = env.server(environ={f"{name}_OPTIONS": "allocator_may_return_null=1:"
                                 "max_allocation_size_mb=4" for name in ("ASAN", "TSAN")})
    if not env.sanitizer:
        server.limit_memory(24 << 20)
    body = b"[" + b'{"a":"b"},' * 600000 + b"{}]"
    answer = server.post(body)
    assert answer.status == 500, (answer.status, answer.body)
    assert b"memory" in answer.body, answer.body
    assert server.rejected("memory") == 1
    assert server.post(review(GOOD)).status == 200
    server.sanitizer_warnings = True
