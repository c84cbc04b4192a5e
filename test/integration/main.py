"""Runs one integration test: main.py --webhook PATH [--other PATH] [--controller PATH] [--cache DIR] FILE:NAME

Exit code 0: passed, 1: failed, 77: skipped, with the reason. With CI=true in the environment a
tool that is missing is a failure: there a skipped test is a test that nobody runs.
"""

import argparse
import importlib.util
import os
import sys
import traceback

from harness import Env, Skip


def load(path):
    spec = importlib.util.spec_from_file_location("test", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(args):
    path, _, name = args.test.rpartition(":")
    name = name if name.startswith("test_") else "test_" + name
    test = getattr(load(path), name)
    with Env(args.webhook, args.cache, args.other, args.controller) as env:
        test(env)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--webhook", required=True, help="the spark-webhook to test")
    parser.add_argument("--other", help="one of another version")
    parser.add_argument("--controller", help="the spark-controller to test")
    parser.add_argument("--cache", type=os.path.abspath, help="where built helpers are kept between tests")
    parser.add_argument("test", help="FILE:NAME")
    try:
        run(parser.parse_args())
    except Skip as skip:
        print(f"SKIP: {skip}")
        return 1 if os.environ.get("CI") == "true" else 77
    except Exception:
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main())
