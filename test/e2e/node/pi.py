"""Estimates pi, as Spark's example of this name does, and goes on when somebody makes a file: pi.py [SLICES [hold]]."""

import os
import random
import sys
import time

from pyspark.sql import SparkSession

TRIES, HELD_S = 20_000, 200


def hits(seed):
    chance = random.Random(seed)
    return sum(chance.uniform(-1, 1) ** 2 + chance.uniform(-1, 1) ** 2 <= 1 for _ in range(TRIES))


def main():
    slices = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    spark = SparkSession.builder.appName("Spark Pi in Python").getOrCreate()
    inside = spark.sparkContext.parallelize(range(slices), slices).map(hits).sum()
    print(f"Pi is roughly {4 * inside / (slices * TRIES)}", flush=True)
    for _ in range(HELD_S * 10 if "hold" in sys.argv else 0):
        if os.path.exists("/tmp/go-on"):
            break
        time.sleep(0.1)
    spark.stop()


if __name__ == "__main__":
    main()
