"""TLS: versions, ciphers, names, client certificates, and a client like the API server's."""

import json
import re
import socket
import ssl
import subprocess
from pathlib import Path

from gotools import build
from harness import GOOD, TIMEOUT, ended, need, raw_review, read_answer, review, wait_until
from pki import Authority, der

V = ssl.TLSVersion


def test_versions_1_2_and_1_3(env):
    server = env.server()
    for version, name in (V.TLSv1_2, "TLSv1.2"), (V.TLSv1_3, "TLSv1.3"):
        with server.tls(server.context(version, version)) as sock:
            assert sock.version() == name
            sock.sendall(raw_review())
            assert read_answer(sock).status == 200


def test_version_1_1_is_refused(env):
    """OpenSSL must be told to offer it at all: security level 0."""
    server = env.server()
    done = subprocess.run([need("openssl"), "s_client", "-connect", f"127.0.0.1:{server.port}",
                           "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], input=b"",
                          capture_output=True, timeout=TIMEOUT, check=False)
    assert done.returncode != 0 and b"Cipher is (NONE)" in done.stdout, done
    wait_until(lambda: server.metric("spark_webhook_tls_handshake_failures_total") == 1, "count")


def test_aes_gcm_is_preferred(env):
    """Also by a client that would rather have something else."""
    server = env.server()
    context = server.context(maximum=V.TLSv1_2)
    context.set_ciphers("ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384:"
                        "ECDHE-ECDSA-AES128-GCM-SHA256")
    with server.tls(context) as sock:
        assert "AES" in sock.cipher()[0] and "GCM" in sock.cipher()[0], sock.cipher()
    with server.tls() as sock:
        assert "AES" in sock.cipher()[0] and "GCM" in sock.cipher()[0], sock.cipher()


def test_old_ciphers_are_refused(env):
    server = env.server()
    for cipher in "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES128-SHA", "AES128-GCM-SHA256":
        context = server.context(maximum=V.TLSv1_2)
        context.set_ciphers(cipher + ":@SECLEVEL=0")
        try:
            server.tls(context).close()
            raise AssertionError(f"{cipher} was taken")
        except ssl.SSLError:
            pass


def test_self_signed_names(env):
    server = env.server("--service-name=hook", "--namespace=ns", "--extra-san=*.example.org",
                        "--extra-san=192.0.2.1")
    names = ["hook.ns.svc", "hook.ns", "hook.ns.svc.cluster.local", "localhost", "127.0.0.1", "::1",
             "a.example.org", "192.0.2.1"]
    for name in names:
        server.context().wrap_socket(server.tcp(), server_hostname=name).close()
    try:
        server.context().wrap_socket(server.tcp(), server_hostname="other.ns.svc")
        raise AssertionError("a foreign name was taken")
    except ssl.SSLCertVerificationError:
        pass


def test_the_ca_file_is_public_and_whole(env):
    server = env.server()
    assert Path(server.ca).stat().st_mode & 0o777 == 0o644
    assert b"CA:TRUE" in subprocess.check_output([need("openssl"), "x509", "-in", server.ca,
                                                  "-noout", "-text"])
    assert "PRIVATE" not in Path(server.ca).read_text()
    assert [p.name for p in env.dir.iterdir()] == [Path(server.ca).name]


def presents(server, pair):
    """The answer's status for a client with this certificate; None when it was turned away."""
    context = server.context()
    if pair:
        context.load_cert_chain(*pair)
    try:
        with server.tls(context) as sock:
            sock.sendall(raw_review())
            return read_answer(sock).status
    except (ssl.SSLError, ConnectionError):
        return None


def test_client_certificates(env):
    ca, foreign = Authority(env.dir / "ca"), Authority(env.dir / "foreign")
    server = env.server(f"--client-ca-file={ca.crt}")
    assert presents(server, None) is None
    assert presents(server, foreign.issue(use="clientAuth")) is None
    assert presents(server, ca.issue(use="clientAuth")) == 200
    assert presents(server, ca.issue(use="clientAuth", seconds=-60)) is None
    assert presents(server, ca.issue(use="serverAuth")) is None
    wait_until(lambda: server.metric("spark_webhook_tls_handshake_failures_total") == 4, "4")
    assert server.reviews("driver", "mutated") == 1
    assert server.health("/readyz").status == 200


def test_client_certificates_with_1_2(env):
    ca = Authority(env.dir / "ca")
    server = env.server(f"--client-ca-file={ca.crt}")
    context = server.context(maximum=V.TLSv1_2)
    try:
        server.tls(context).close()
        raise AssertionError("no certificate was needed")
    except (ssl.SSLError, ConnectionError):
        pass
    context.load_cert_chain(*ca.issue(use="clientAuth"))
    with server.tls(context) as sock:
        sock.sendall(raw_review())
        assert read_answer(sock).status == 200


def test_renegotiation_is_refused(env):
    server = env.server()
    done = subprocess.run([need("openssl"), "s_client", "-connect", f"127.0.0.1:{server.port}",
                           "-tls1_2"], input=b"R\nR\nR\n", capture_output=True, timeout=TIMEOUT,
                          check=False)
    assert b"Cipher is (NONE)" not in done.stdout
    assert server.post(review(GOOD)).status == 200


def test_many_broken_handshakes_do_no_harm(env):
    server = env.server()
    hello = b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\xff"
    for _ in range(200):
        with server.tcp() as sock:
            sock.sendall(hello)
            sock.shutdown(socket.SHUT_WR)
            assert ended(sock, 5)
    assert server.post(review(GOOD)).status == 200
    wait_until(lambda: server.metric("spark_webhook_connections") == 0, "their ends")
    wait_until(lambda: server.metric("spark_webhook_tls_handshake_failures_total") == 200, "200")


def test_a_go_client_like_the_api_server(env):
    """ServerName is SERVICE.NAMESPACE.svc, trust is the CA bundle alone, HTTP/1.1, ?timeout=."""
    client = build(Path(__file__).parent / "goclient", ".", env.cache or env.dir)
    server = env.server()
    body = env.dir / "review.json"
    body.write_text(json.dumps(review(GOOD)))
    done = subprocess.run([client, "-addr", f"127.0.0.1:{server.port}", "-ca", server.ca, "-name",
                           "spark-webhook.sparkhook.svc", "-body", body, "-count", "300", "-parallel",
                           "4"], capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    answers, connections = re.fullmatch(r"(\d+) answers, (\d+) connections\n",
                                        done.stdout.decode()).groups()
    # Go may dial for a request that an idle connection then takes.
    assert int(answers) == 300 and int(connections) < 20, done.stdout
    assert server.reviews("driver", "mutated") == 300


def test_made_certificates_fit(env):
    """certs/make-certs gives files that are served and verified by the name the API server uses."""
    need("openssl")
    make = Path(__file__).resolve().parents[2] / "certs" / "make-certs"
    out = env.dir / "made"
    subprocess.run([make, out, "hook", "spark-system"], check=True, capture_output=True)
    again = subprocess.run([make, out, "hook", "spark-system"], check=False, capture_output=True)
    assert again.returncode == 1 and b"not overwritten" in again.stderr
    wrong = subprocess.run([make, out / "x", "Hook", "ns"], check=False, capture_output=True)
    assert wrong.returncode == 2 and b"'Hook'" in wrong.stderr
    assert sorted(p.name for p in out.iterdir()) == ["ca.crt", "ca.key", "tls.crt", "tls.key"]
    assert (out / "tls.key").stat().st_mode & 0o777 == 0o600
    server = env.server(f"--tls-cert-file={out}/tls.crt", f"--tls-private-key-file={out}/tls.key",
                        ca=out / "ca.crt")
    with server.context().wrap_socket(server.tcp(), server_hostname="hook.spark-system.svc") as sock:
        assert sock.getpeercert(binary_form=True) == der(out / "tls.crt")
