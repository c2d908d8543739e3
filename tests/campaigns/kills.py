#!/usr/bin/env python3
"""
emleak, its helper, or both are killed by SIGKILL at random moments. The traced program must go on: not stopped, unharmed, and
without a breakpoint. kills.py FOLDER VARIANT ROUNDS [SEED]; FOLDER has victim and vlib.so.

emleak        emleak alone                       dlopen     the same while the program loads libraries without end
helper        the helper alone, then SIGINT      fork       ... has children without end
both          the helper, then emleak at once    exec       -c, while it executes itself without end
helper-first  the helper, emleak a moment later  stopped    while somebody else has stopped it
functions     at the first breakpoint of 1,500 -m functions
Two words joined by a plus sign, as in both+exec: how, and while the program does what.
Where both are killed, breakpoints may stay until the next emleak looks at the process: that is tried.
"""
import os, random, signal, subprocess, sys, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from common import EMLEAK, KernelLog, Victim, changed_code, helper_of, state, wait_until

folder, variant, rounds = os.path.abspath(sys.argv[1]), sys.argv[2], int(sys.argv[3])
random.seed(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
how, _, activity = variant.partition("+")
if how in ("dlopen", "fork", "exec", "stopped", "functions"):
    how, activity = "emleak", how
SPAN = 0.6
output = f"{folder}/output"
os.makedirs(output, exist_ok=True)
os.chdir(output)

counts = dict.fromkeys(["died", "stopped", "frozen", "breakpoints", "swept", "errors", "complaints", "hangs", "helpers left", "leaked lines"], 0)


def fail(what, *details):
    counts[what] += 1
    print(f"{variant}: round {number}: {what}", *details, flush=True)


def start_victim():
    mode = {"dlopen": ["dlopen", f"{folder}/vlib.so"], "exec": ["execloop"], "fork": ["fork"]}.get(activity, [])
    return Victim(folder, 2 if activity == "exec" else 8, *mode)


def start_emleak(pid):
    target = ["-c", "victim"] if activity == "exec" else ["-p", str(pid)]
    functions = [word for i in range(1500) for word in ("-m", f"many_{i}")] if activity == "functions" else []
    return subprocess.Popen([EMLEAK, *target, "-i", "1", *functions], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def kill(process, helper):
    """SIGKILL to whom the variant says. What emleak started is waited for."""
    if how in ("both", "helper", "helper-first") and helper:
        os.kill(helper, signal.SIGKILL)
    if how == "helper":
        time.sleep(random.random() * 0.3)
        process.send_signal(signal.SIGINT)
        try:
            process.wait(15)
            return
        except subprocess.TimeoutExpired:
            fail("hangs", "after the helper was killed")
    if how == "helper-first":
        time.sleep(random.random() * 0.05)
    process.kill()
    process.wait()


def trace_once(pid):
    """A whole trace, which takes out what a killed one has left."""
    process = subprocess.Popen([EMLEAK, "-p", str(pid), "-i", "1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    process.wait()


def look_at(victim, helper):
    """True when the program may be traced again."""
    if victim.has_ended:
        fail("died", victim.process.returncode, open(victim.log).read()[-300:])
        return False
    if activity == "stopped":
        if state(victim.pid) != "T":
            fail("errors", "somebody continued a program that another one had stopped")
        os.kill(victim.pid, signal.SIGCONT)
    elif state(victim.pid) in ("T", "t") and not wait_until(lambda: state(victim.pid) not in ("T", "t"), 1):
        fail("stopped")
        os.kill(victim.pid, signal.SIGCONT)
    before = victim.operations()
    if activity != "exec" and not wait_until(lambda: victim.operations() != before, 1):
        fail("frozen")
    if victim.errors():
        fail("errors", open(victim.log).read()[-300:])
        return False
    wait_until(lambda: not changed_code(victim.pid), 6)
    left = changed_code(victim.pid)
    if left and how in ("both", "helper-first"):
        counts["swept"] += 1
        trace_once(victim.pid)
        left = changed_code(victim.pid)
    if left:
        fail("breakpoints", len(left), left[:4])
        return False
    if helper and not wait_until(lambda: state(helper) in (None, "Z"), 6):
        fail("helpers left", helper)
    return True


log = KernelLog()
victim = start_victim()
for number in range(rounds):
    if activity == "stopped":
        os.kill(victim.pid, signal.SIGSTOP)
    process = start_emleak(victim.pid)
    if activity == "functions":
        wait_until(lambda: changed_code(victim.pid) or process.poll() is not None, 8)
        time.sleep(random.random() * 0.03)
    else:
        time.sleep(random.random() * SPAN)
    helper = helper_of(process.pid)
    kill(process, helper)
    goes_on = look_at(victim, helper)
    leaked, complaints = log.new()
    counts["leaked lines"] += len(leaked)
    if complaints:
        fail("complaints", complaints[:3])
    if not goes_on:
        victim.kill()
        victim = start_victim()
victim.kill()
failures = sum(counts[what] for what in counts if what not in ("swept", "leaked lines"))
print(f"kills {variant}: {rounds} rounds, {failures} failures; the kernel gave up {counts['leaked lines']} times, "
      f"the next trace cleaned up {counts['swept']} times", flush=True)
sys.exit(1 if failures else 0)
