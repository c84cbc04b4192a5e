"""The command line: what is wrong is named, and help and man page say the same."""

import json
import os
import re
import subprocess

from harness import SOURCE, TIMEOUT, UNTAMED, Skip, accepts, free_ports, need, wait_until
from pki import Authority

MAN = SOURCE / "man" / "spark-webhook.8"
SELF = "--certificates=self-signed"


def refused(env, *args, code=2, says=()):
    done = env.run(*args)
    text = done.stderr.decode()
    assert done.returncode == code, (args, done)
    assert done.stdout == b"", done.stdout
    for part in says:
        assert part in text, f"{args}: no {part!r} in {text!r}"
    return text


def test_no_command(env):
    assert "usage:" in refused(env)


def test_unknown_command_names_the_nearest(env):
    refused(env, "sevre", says=["'sevre'", "serve", "see spark-webhook --help"])
    refused(env, "--verison", says=["'--verison'", "--version", "see spark-webhook --help"])
    assert "meant" not in refused(env, "qqqqqqqq", says=["'qqqqqqqq'"])


def test_unknown_flag_names_the_nearest(env):
    refused(env, "serve", SELF, "--secure-prot=1", says=["'--secure-prot'", "--secure-port"])
    refused(env, "serve", SELF, "--qqqqqqqqqq", says=["'--qqqqqqqqqq'", "--help"])
    refused(env, "serve", SELF, "-x", says=["'-x'"])
    refused(env, "mutate", "--pach", says=["--patch"])
    refused(env, "lint", "--stric", says=["--strict"])
    refused(env, "lint", says=["at least one FILE", "see spark-webhook lint --help"])
    refused(env, "lint", *["x"] * 1025, says=["more than 1024"])


def test_bad_values_are_named(env):
    rows = {"--secure-port": "70000", "--health-port": "x", "--bind-address": "localhost",
            "--certificates": "none", "--threads": "0", "--max-connections": "-1",
            "--max-in-flight": "1.5", "--max-body-bytes": "9Gi", "--request-timeout": "10",
            "--idle-timeout": "-1s", "--drain-min": "x", "--drain-timeout": "2h",
            "--tls-reload-interval": "1ms", "--annotation-prefix": "a/b", "--on-invalid": "x", "--log-format": "x",
            "--log-level": "x", "--service-name": "A_b", "--namespace": "a.b",
            "--extra-san": "a b", "--ca-file-out": "", "--client-ca-file": ""}
    for flag, value in rows.items():
        text = refused(env, "serve", SELF, f"{flag}={value}", says=[flag, "expected"])
        assert f"'{value}'" in text, text


def test_contradictions_are_refused(env):
    files = ["--tls-cert-file=c", "--tls-private-key-file=k"]
    refused(env, "serve", SELF, files[0], says=["--tls-cert-file", "--certificates=files"])
    refused(env, "serve", SELF, files[1], says=["--tls-private-key-file"])
    refused(env, "serve", *files, "--ca-file-out=x", says=["--ca-file-out", "self-signed"])
    refused(env, "serve", *files, "--extra-san=x", says=["--extra-san", "self-signed"])
    refused(env, "serve", SELF, "--drain-min=30s", says=["--drain-min", "--drain-timeout"])
    refused(env, "serve", SELF, "--secure-port=1", "--health-port=1", says=["--health-port"])
    refused(env, "serve", SELF, "--threads=4", "--max-connections=2", says=["--max-connections"])
    managed = "--certificates=managed"
    refused(env, "serve", managed, files[0], says=["--tls-cert-file", "--certificates=files"])
    refused(env, "serve", managed, "--ca-duration=1h", says=["--ca-duration", "--certificate-duration"])
    refused(env, "serve", managed, "--kubeconfig=/none/k", says=["/none/k"])
    refused(env, "serve", SELF, "--kubeconfig=k", says=["--kubeconfig", "managed"])
    refused(env, "serve", SELF, "more", says=["'more'"])


def test_missing_files_are_named_and_a_way_out(env):
    refused(env, "serve", says=["--tls-cert-file", SELF])
    refused(env, "serve", "--tls-cert-file=/none/c", says=["--tls-private-key-file", SELF])
    refused(env, "serve", "--tls-cert-file=/none/c", "--tls-private-key-file=/none/k",
            says=["--tls-cert-file", "/none/c", "No such file", SELF])
    refused(env, "serve", SELF, "--client-ca-file=/none/ca", says=["--client-ca-file", "/none/ca"])
    refused(env, "serve", SELF, "--ca-file-out=/none/ca", says=["--ca-file-out", "/none/ca"])


def test_unusable_files_are_named(env):
    ca = Authority(env.dir / "ca")
    crt, key = ca.issue()
    other = ca.issue()
    files = ["serve", "--secure-port=0", "--health-port=0"]
    expired = ca.issue(seconds=-60)
    for cert_file, key_file in (key, key), (crt, crt), (crt, other[1]), expired, (env.dir, key):
        refused(env, *files, f"--tls-cert-file={cert_file}", f"--tls-private-key-file={key_file}",
                says=[str(cert_file)])
    refused(env, *files, SELF, f"--client-ca-file={key}", says=["--client-ca-file", str(key)])


def test_version(env):
    done = env.run("--version")
    assert done.returncode == 0 and re.fullmatch(rb"spark-webhook \d+\.\d+\.\d+\n", done.stdout)


def test_a_full_disk_is_no_success(env):
    for args in ["--version"], ["--help"], ["serve", "--help"], ["mutate", "--help"], ["lint", "--help"]:
        with open("/dev/full", "wb") as full:
            done = subprocess.run([env.webhook, *args], stdout=full, stderr=subprocess.PIPE,
                                  check=False)
        assert done.returncode in (1, 2) and b"standard output: No space" in done.stderr, done


def test_closed_standard_descriptors_are_not_reused(env):
    """A socket or file that got number 2 would be written log lines."""
    done = subprocess.run(["sh", "-c", '"$0" mutate --patch <&- >&- 2>&-', env.webhook], check=False)
    assert done.returncode == 2
    pod = json.dumps({"kind": "Pod", "apiVersion": "v1"})
    done = subprocess.run(["sh", "-c", '"$0" mutate --patch >&-', env.webhook], input=pod.encode(),
                          capture_output=True, check=False)
    assert done.returncode == 2 and b"standard output" in done.stderr, done
    ports = free_ports(2)
    command = f'exec "$0" serve {SELF} --secure-port={ports[0]} --health-port={ports[1]} ' \
              "--bind-address=127.0.0.1 --drain-min=0s <&- >&- 2>&-"
    with subprocess.Popen(["sh", "-c", command, env.webhook]) as process:
        wait_until(lambda: accepts(ports[1]), "the health port")
        try:
            links = [os.readlink(f"/proc/{process.pid}/fd/{fd}") for fd in range(3)]
        except PermissionError:
            links = ["/dev/null"] * 3  # nobody may trace it
        process.terminate()
        assert process.wait(TIMEOUT) == 0
    assert links == ["/dev/null"] * 3, links


def test_input_is_quoted_in_complaints(env):
    for kind in "\x1b[31m", "\u009b31m", "\u2028", "\u202e":
        for body in json.dumps({"kind": kind}), '{"kind": ' + kind, "kind: [" + kind:
            done = env.run("mutate", stdin=body.encode())
            assert done.returncode == 2
            assert not UNTAMED.search(done.stderr.decode()[:-1]), done.stderr


def help_text(env, *command):
    done = env.run(*command, "--help")
    assert done.returncode == 0 and done.stderr == b"", done
    assert env.run(*command, "-h").stdout == done.stdout
    return done.stdout.decode()


def test_help_names_the_commands(env):
    text = help_text(env)
    assert "serve" in text and "mutate" in text and "--version" in text
    assert env.run("help").stdout.decode() == text
    assert env.run("help", "mutate").stdout.decode() == help_text(env, "mutate")
    refused(env, "help", "sevre", says=["'sevre'", "serve"])


def test_help_fits_a_terminal(env):
    """Of every command, and of ./run."""
    commands = re.findall(r"^  (\w+) ", help_text(env), re.M)
    assert len(commands) > 4, commands
    texts = [help_text(env), *(help_text(env, command) for command in commands)]
    for run in ["help"], ["image", "--help"]:
        texts.append(subprocess.run([SOURCE / "run", *run], check=True, capture_output=True, text=True, timeout=TIMEOUT).stdout)
    for text in texts:
        wide = [line for line in text.splitlines() if len(line) > 80]
        assert not wide, wide


def test_image_is_not_built_under_a_name_that_none_may_have(env):
    for tag in "REGISTRY/sparkhook:0.1.0", "sparkHook", "a b", "a:", "registry.example.com/A:b", "-a":
        done = subprocess.run([SOURCE / "run", "image", "--tag", tag, "--output", env.dir / "none.tar"], check=False,
                              capture_output=True, text=True, timeout=TIMEOUT)
        assert done.returncode == 2 and "lower case" in done.stderr and not done.stdout, done


def test_man_page_and_help_have_the_same_flags(env):
    """In both directions; the source of the page is enough for that."""
    page = MAN.read_text()
    described = set(re.findall(r"^\.It Fl Fl ([a-z-]+)", page, re.M))
    printed = set()
    for command in [], ["serve"], ["mutate"], ["lint"], ["manifest"], ["policy"], ["doctor"]:
        printed |= set(re.findall(r"^  --([a-z-]+)", help_text(env, *command), re.M))
    assert described == printed, (described ^ printed)


def test_man_page_and_help_have_the_same_defaults(env):
    entries = {}
    for entry in re.split(r"^\.It Fl Fl ", MAN.read_text(), flags=re.M)[1:]:
        name, _, text = entry.partition("\n")
        entries.setdefault(name.split()[0], " ".join(text.split()))
    defaults = re.findall(r"^  --([a-z-]+)\S*(?:\n {8}.*)*\(default (\S+)\)$", help_text(env, "serve"), re.M)
    assert len(defaults) > 10
    for flag, default in defaults:
        assert f"default is {default}." in entries[flag], (flag, default, entries[flag])


def test_man_page_names_each_metric(env):
    server = env.server()
    text = MAN.read_text()
    for name in re.findall(r"# TYPE (\S+)", server.health("/metrics").body.decode()):
        assert name in text, name


def test_man_page_is_clean(env):
    done = subprocess.run([need("mandoc"), "-T", "lint", "-W", "warning", MAN],
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode()


def test_a_process_that_nobody_may_trace(env):
    """No new privileges, no core files."""
    server = env.server()
    try:
        status = open(f"/proc/{server.process.pid}/status", encoding="ascii").read()
        limits = open(f"/proc/{server.process.pid}/limits", encoding="ascii").read()
    except PermissionError as error:
        raise Skip(str(error)) from None
    assert re.search(r"^NoNewPrivs:\s+1$", status, re.M)
    assert re.search(r"^Max core file size\s+0\s+0", limits, re.M)


def explained(env, annotations, *flags):
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", "labels": {"spark-role": "driver"}, "annotations": annotations},
           "spec": {"containers": [{"name": "spark-kubernetes-driver"}]}}
    return env.run("mutate", "--explain", *flags, stdin=json.dumps(pod).encode())


def test_explain_hints_at_what_keeps_annotations_from_counting(env):
    text = explained(env, {"a/b": "c"}).stdout.decode()
    assert "begin with spark-operator.k8s.io/ or sparkoperator.k8s.io/" in text and "annotations.KEY" in text, text
    assert "created as submitted" in text and "meant?" not in text, text
    text = explained(env, {"spark-oprator.k8s.io/secret.s": "/s"}).stdout.decode()
    assert '"spark-oprator.k8s.io/secret.s" is another prefix: is spark-operator.k8s.io/ meant?' in text, text
    text = explained(env, {"spark-operator.k8s.io/secret.s": "/s"}, "--annotation-prefix=a.example").stdout.decode()
    assert "is a.example/ meant?" in text and "sparkoperator" not in text, text
    assert "hint" not in explained(env, {"spark-operator.k8s.io/secret.s": "/s"}).stdout.decode()


def test_explain_says_a_denial_once(env):
    done = explained(env, {"spark-operator.k8s.io/secret.s": "s"})
    assert done.returncode == 1 and not done.stderr and done.stdout.count(b"absolute mount path") == 1, done


def test_input_that_is_of_no_use_is_named(env):
    file = env.dir / "pods.json"
    file.write_text('{"kind": "List"}')
    refused(env, "mutate", str(file), says=[str(file), '"List"', "kubectl get pod NAME"])
    done = env.run("mutate", stdin=b"{")
    assert done.returncode == 2 and b"standard input: JSON" in done.stderr, done


def test_demo_ends_with_lines_that_work(env):
    """As printed, but for the port and the folder, which would be the same for all."""
    done = subprocess.run([SOURCE / "tools/demo", env.webhook], check=False, capture_output=True, text=True, timeout=TIMEOUT * 4)
    assert done.returncode == 0, done.stderr
    serve, curl = re.search(r"^    (\S+ serve .*)\n.*\n    (curl .*)$", done.stdout, re.M).groups()
    assert "--ca-file-out=/tmp/ca.pem" in serve and ":9443/" in curl and "--cacert /tmp/ca.pem" in curl
    ca = env.dir / "ca.pem"
    server = env.server(*(word for word in serve.split()[2:] if "ca-file-out" not in word), f"--ca-file-out={ca}")
    line = curl.replace("/tmp/ca.pem", str(ca)).replace(":9443/", f":{server.port}/")
    done = subprocess.run(line, shell=True, cwd=SOURCE, check=False, capture_output=True, text=True, timeout=TIMEOUT)
    assert done.returncode == 0 and json.loads(done.stdout)["response"]["allowed"], done
