#!/usr/bin/env python3
"""
The traced program ends in all ways at random moments: emleak must end by itself, with whole files and a documented code.
deaths.py FOLDER ROUNDS [SEED]; FOLDER has mortal.
"""
import collections, os, random, resource, shutil, subprocess, sys, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from common import EMLEAK, KernelLog

folder, rounds = os.path.abspath(sys.argv[1]), int(sys.argv[2])
random.seed(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
WAYS = ["exit", "_exit", "kill", "segv", "abort", "exec", "exectrue", "leader", "outside"]
SPAN_MS = 600
FILES = {"mleakstacks.txt", "mleaksummary.csv", "mleakstatics.csv", "out.stacks", "out.sources"}
NO_PROCESS, NO_ALLOCATOR = 4, 5

failures = 0
codes = collections.Counter()
log = KernelLog()


def is_right(code, output, errors):
    folders = [name for name in os.listdir(output) if name.startswith("mleak_pid")]
    drafts = [name for name in os.listdir(output) if name.startswith(".mleak")]
    if drafts or b"nhandled" in errors or b"   at " in errors:
        return False
    if code == 0:
        return bool(folders) and all(FILES <= set(os.listdir(f"{output}/{name}")) for name in folders)
    return code in (NO_PROCESS, NO_ALLOCATOR) and errors.startswith(b"emleak: ")


for number in range(rounds):
    way, milliseconds = random.choice(WAYS), random.randrange(SPAN_MS)
    is_outside = way == "outside"
    output = f"{folder}/deaths/{number}"
    os.makedirs(output)
    target = subprocess.Popen([f"{folder}/mortal", "exit" if is_outside else way, "60000" if is_outside else str(milliseconds)], cwd=output,
                              stderr=subprocess.DEVNULL, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)))
    with open(output + "/out", "wb") as out, open(output + "/err", "wb") as err:
        process = subprocess.Popen([EMLEAK, "-p", str(target.pid), "-i", "1"], cwd=output, stdout=out, stderr=err)
    if is_outside or way == "leader":
        time.sleep(milliseconds / 1000 + (random.random() if way == "leader" else 0))
        target.kill()
    # A zombie must be noticed, too.
    if random.random() < 0.5:
        target.wait()
    try:
        code = process.wait(30)
    except subprocess.TimeoutExpired:
        code = "hangs"
        process.kill()
        process.wait()
    target.kill()
    target.wait()
    with open(output + "/err", "rb") as file:
        errors = file.read()
    codes[code] += 1
    _, complaints = log.new()
    if is_right(code, output, errors) and not complaints:
        shutil.rmtree(output)
        continue
    failures += 1
    print(f"deaths: round {number}: {way} after {milliseconds} ms: code {code}: {errors[-400:]!r} {complaints[:2]}", flush=True)

print(f"deaths: {rounds} rounds, {failures} failures; codes {dict(sorted(codes.items(), key=str))}", flush=True)
sys.exit(1 if failures else 0)
