#!/usr/bin/env python3
"""Thousands of files of properties, generated out of what means something in them, are read as
java.util.Properties reads them and Spark trims them; and each key and value stands where it is said
to stand."""

import base64
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PARTS = ["\\", "\\\n", "\\\r\n", "\\\r", "\n", "\r", "\r\n", "\t", "\f", " ", "=", ":", "#", "!", "\\=", "\\:", "\\ ",
         "\\#", "\\t", "\\n", "\\r", "\\f", "\\u0041", "\\u00e9", "\\u20AC", "\\ud83d\\ude00", "\\u0000", "\\u",
         "\\u12", "\\q", "\\\\", "a", "key", "spark.x", "ä", "€", "\U0001f600", "\0", "\x1f", "\u00a0", "\u0085",
         "spark.kubernetes.driver.annotation.spark-operator.k8s.io/secret.s", '[{"name": "a"}]']


def skip(why):
    print(f"SKIP: {why}")
    return 1 if os.environ.get("CI") == "true" else 77


def encode(text):
    return base64.b64encode(text.encode()).decode()


def decode(text):
    return base64.b64decode(text).decode()


def trimmed(value):
    """Spark's Utils.trimExceptCRLF."""
    return re.sub(r"\A[\x00-\x09\x0b\x0c\x0e-\x20]+|[\x00-\x09\x0b\x0c\x0e-\x20]+\Z", "", value)


def java(java_program, texts):
    run = subprocess.run([java_program, HERE / "PropertiesOracle.java"],
                         input="\n".join(map(encode, texts)) + "\n", capture_output=True, text=True, timeout=240,
                         check=True)
    for line in run.stdout.rstrip("\n").split("\n"):
        yield None if line == "refused" else {decode(key): trimmed(decode(value)) for key, value in
                                              (word.split(":") for word in line.split())}


def ours(program, texts):
    run = subprocess.run([program], input="\n".join(map(json.dumps, texts)) + "\n", capture_output=True, text=True,
                         timeout=240, check=True)
    return map(json.loads, run.stdout.rstrip("\n").split("\n"))


def check(text, expected, got):
    if expected is None:
        assert got == "refused", f"{text!r}: Java refuses it, read as {got}"
        return
    assert got != "refused", f"{text!r}: refused, but Java reads {expected}"
    # To Java a file that ends in a lone backslash ends in an empty key, which to Spark is nothing.
    items = {key: value for key, value, _, _ in got if key}
    expected.pop("", None)
    assert items == expected, f"{text!r}: Java reads {expected}, we {items}"
    raw = text.encode()
    for key, value, key_at, value_at in got:
        for what, at in (key, key_at), (value, value_at):
            first = what[:1].encode()
            there = raw[at:at + 1]
            assert not what or there == b"\\" or raw[at:].startswith(first) or ord(what[0]) < 0x21 or \
                there <= b" ", f"{text!r}: {what!r} at {at}"


def main(program, count):
    java_program = shutil.which("java")
    if not java_program:
        return skip("needs java")
    modules = subprocess.run([java_program, "--list-modules"], capture_output=True, text=True, check=True).stdout
    if "jdk.compiler" not in modules:
        return skip("needs java with a compiler: apt-get install openjdk-17-jdk-headless")
    rnd = random.Random(9)
    texts = ["".join(rnd.choices(PARTS, k=rnd.randrange(1, 16))) for _ in range(count)]
    read = 0
    for text, expected, got in zip(texts, java(java_program, texts), ours(program, texts), strict=True):
        check(text, expected, got)
        read += bool(expected)
    print(f"{count} files, {read} of them with properties")
    assert read > count / 4, "most files are to say something"
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
