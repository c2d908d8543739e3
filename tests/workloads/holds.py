# SPDX-License-Identifier: BSD-3-Clause
# Threads that keep a known number of blocks of sizes that nobody else asks for, and release as many.
import os
import sys
import threading

THREADS, ROUNDS = 4, 50
kept = []


def work():
    for _ in range(ROUNDS):
        kept.append(bytearray(100003))
        kept.append(bytes(70001))
        kept.append([None] * 50021)
        bytearray(100003)
        bytes(70001)
        [None] * 50021


print("ready", flush=True)
sys.stdin.readline()
threads = [threading.Thread(target=work) for _ in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

# What the objects have beside their elements: one byte, 33 bytes of header and end, nothing.
print("hold", 100004, THREADS * ROUNDS)
print("hold", 70034, THREADS * ROUNDS)
print("hold", 50021 * 8, THREADS * ROUNDS)
print("done", flush=True)
sys.stdin.readline()
# The interpreter's own end would release everything.
os._exit(0)
