"""Certificates for tests, made with openssl."""

import subprocess
import time

from harness import need

CONFIG = """
[ca]
default_ca = c
[c]
database = {dir}/index
serial = {dir}/serial
new_certs_dir = {dir}
default_md = sha256
policy = p
copy_extensions = copy
unique_subject = no
[p]
commonName = supplied
"""

NAMES = "DNS:localhost,IP:127.0.0.1,DNS:spark-webhook.sparkhook.svc"


def openssl(*args):
    done = subprocess.run([need("openssl"), *map(str, args)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def utc(seconds_from_now):
    return time.strftime("%y%m%d%H%M%SZ", time.gmtime(time.time() + seconds_from_now))


class Authority:
    """A CA with its files in a folder."""

    def __init__(self, folder, name="test CA"):
        self.dir, self.crt, self.count = folder, folder / "ca.crt", 0
        folder.mkdir()
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", "30", "-subj", f"/CN={name}", "-keyout", folder / "ca.key", "-out",
                self.crt, "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        (folder / "index").write_text("")
        (folder / "serial").write_text("1000\n")
        (folder / "ca.cnf").write_text(CONFIG.format(dir=folder))

    def issue(self, names=NAMES, use="serverAuth", seconds=86400, cn="leaf"):
        """Paths of a new certificate and its key."""
        self.count += 1
        crt, key = self.dir / f"{self.count}.crt", self.dir / f"{self.count}.key"
        csr = self.dir / f"{self.count}.csr"
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", f"/CN={cn}", "-keyout", key, "-out", csr, "-addext",
                f"subjectAltName={names}", "-addext", f"extendedKeyUsage={use}", "-addext",
                "keyUsage=critical,digitalSignature")
        openssl("ca", "-batch", "-notext", "-config", self.dir / "ca.cnf", "-cert", self.crt,
                "-keyfile", self.dir / "ca.key", "-in", csr, "-out", crt, "-startdate", utc(-300),
                "-enddate", utc(seconds))
        return crt, key


def der(crt):
    return openssl("x509", "-in", crt, "-outform", "DER")


class Mount:
    """A folder as kubelet keeps a mounted Secret: files are links through ..data, which is
    replaced as a whole."""

    def __init__(self, folder, pair):
        self.dir, self.count = folder, 0
        folder.mkdir()
        self.crt, self.key = folder / "tls.crt", folder / "tls.key"
        self.swap(pair)
        self.crt.symlink_to("..data/tls.crt")
        self.key.symlink_to("..data/tls.key")

    def swap(self, pair):
        self.count += 1
        version = self.dir / f"..version_{self.count}"
        version.mkdir()
        (version / "tls.crt").write_bytes(pair[0].read_bytes())
        (version / "tls.key").write_bytes(pair[1].read_bytes())
        link = self.dir / "..data_tmp"
        link.symlink_to(version.name)
        link.replace(self.dir / "..data")

    def flags(self):
        return [f"--tls-cert-file={self.crt}", f"--tls-private-key-file={self.key}"]
