# SPDX-License-Identifier: BSD-3-Clause
# For gdb: says the stack of a process whenever a signal stops it, and goes on when it is told to.
# A line for each stop: "stack", what the function gave back, and the frames' addresses, innermost first.
import gdb
import sys


def stack():
    frame = gdb.newest_frame()
    while frame is not None:
        if frame.type() in (gdb.NORMAL_FRAME, gdb.SIGTRAMP_FRAME, gdb.ARCH_FRAME):
            yield "%x" % frame.pc()
        frame = frame.older()


for setting in ("pagination off", "confirm off", "backtrace past-main on", "backtrace past-entry on", "backtrace limit 128"):
    gdb.execute("set " + setting)
gdb.execute("handle SIGSTOP stop print nopass", to_string=True)
for signal in ("SIGUSR1", "SIGUSR2", "SIGALRM", "SIGCHLD", "SIGPIPE", "SIGPROF", "SIGTERM"):
    gdb.execute("handle %s nostop noprint pass" % signal, to_string=True)
print("attached", flush=True)
while sys.stdin.readline().strip() == "go":
    try:
        gdb.execute("continue", to_string=True)
        # Newer kernels run return probes by a system call in a page of their own: the function's caller is a few steps away.
        while gdb.newest_frame().pc() >> 12 == 0x7fffffffe:
            gdb.execute("stepi", to_string=True)
        print("stack %x %s" % (int(gdb.parse_and_eval("(unsigned long)$rax")), " ".join(stack())), flush=True)
    except gdb.error as error:
        print("ended", error, flush=True)
        break
try:
    gdb.execute("detach", to_string=True)
except gdb.error:
    pass
