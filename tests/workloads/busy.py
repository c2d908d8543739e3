# SPDX-License-Identifier: BSD-3-Clause
# Keeps an interpreter at work: parsers, formatters, callbacks from C, exceptions, threads.
import ast
import decimal
import functools
import json
import re
import sys
import threading

ROUNDS = int(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
kept = []


def work(number):
    kept.append(json.loads(json.dumps({"a": [number] * 300, "b": {"c": str(number) * 700}})))
    re.compile("a%d(b|c)+[d-f]{2,5}" % number)
    sorted(range(400), key=functools.partial(max, number))
    decimal.Decimal(number + 1) ** 200
    try:
        ast.parse("\n".join("x%d = [%d, '%s']" % (i, i, "y" * 600) for i in range(20)))
        int("x" * 600)
    except ValueError:
        pass


def many(first):
    for number in range(first, first + ROUNDS):
        work(number)
        del kept[:-100]


other = threading.Thread(target=many, args=(ROUNDS,))
other.start()
many(0)
other.join()
print("done", flush=True)
