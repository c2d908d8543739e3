#!/usr/bin/env python3
"""
Real servers are traced all at once, under steady load, while they load libraries, fork, throw exceptions and handle signals. None may
notice: no failed request, no EINTR, no SIGCONT, no line of error in a log. servers.py FOLDER SECONDS [SERVER...]
FOLDER has burden.so, vlib.so, module.so, echo, load, Web.class, made from servers/ here. A quarter of SECONDS is untraced, for comparison.
"""
import glob, mmap, os, re, shutil, signal, socket, struct, subprocess, sys, threading, time

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, here)
from common import EMLEAK, KernelLog, changed_code, wait_until

folder, seconds = os.path.abspath(sys.argv[1]), float(sys.argv[2])
RATE = 50
COUNTERS = ["epoll_wait", "semop", "sigtimedwait", "io_uring_enter", "own loop", "SIGCONT", "waits", "loads", "exceptions", "handled", "errors", "semaphores", "load_ns", "longest_load_ns"]
WAITS, ACTIVITIES = COUNTERS[:5], ["waits", "loads", "exceptions", "handled"]
COMPLAINT = re.compile(rb"error|fail|fatal|crit|alert|emerg|panic|exception|traceback|assert|crash|abort|warn", re.I)
MODULE_OF_NGINX = "/usr/lib/nginx/modules/ngx_http_echo_module.so"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def processor_ns(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1000000000 // os.sysconf("SC_CLK_TCK")
    except OSError:
        return 0


class Server:
    """One server with its client and, later, its emleak. Subclasses say how it is started, and what is done to it from outside."""
    kind = "http"
    preload = {}

    def __init__(self, name):
        self.name, self.port = name, 0
        self.folder = f"{folder}/servers/{name}"
        os.makedirs(self.folder)
        os.chdir(self.folder)
        self.status_path, self.port_path, self.failures = f"{self.folder}/status", f"{self.folder}/port", []
        environment = dict(os.environ, BURDEN_STATUS=self.status_path, BURDEN_LIBRARY=f"{folder}/vlib.so", **self.preload)
        self.log = open(f"{self.folder}/log", "wb")
        self.process = subprocess.Popen(self.command(), env=environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.emleak, self.client, self.times = None, None, []
        self.is_over = threading.Event()
        self.disturber = threading.Thread(target=self.disturb_until_over)

    def begin(self):
        """Once it answers: the load, and what disturbs it."""
        if not wait_until(self.answers, 30):
            raise SystemExit(f"servers: {self.name} does not start: {open(self.log.name).read()[-500:]}")
        with open(self.status_path, "rb") as file:
            self.memory = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        self.log_begin = os.path.getsize(self.log.name)
        self.client = subprocess.Popen([f"{folder}/load", self.kind, str(self.port), str(RATE), f"{self.folder}/latencies"],
                                       stderr=open(f"{self.folder}/client", "wb"))
        self.disturber.start()

    def answers(self):
        if not self.port and os.path.exists(self.port_path):
            self.port = int(open(self.port_path).read() or 0)
        return self.port and is_listening(self.port) and os.path.exists(self.status_path)

    def disturb_until_over(self):
        number = 0
        while not self.is_over.wait(1):
            number += 1
            try:
                self.disturb(number)
            except Exception as error:
                self.failures.append(f"disturbing: {error}")

    def disturb(self, number):
        pass

    def note(self):
        """The border of a phase: the time, and all counters."""
        counters = dict(zip(COUNTERS, struct.unpack_from(f"<{len(COUNTERS)}Q", self.memory, 0)))
        counters["processor_ns"] = processor_ns(self.process.pid)
        self.times.append((time.monotonic_ns(), counters))

    def trace(self):
        self.note()
        self.emleak = subprocess.Popen([EMLEAK, "-p", str(self.process.pid), "-i", "5"], cwd=self.folder,
                                       stdout=open(f"{self.folder}/emleak.out", "wb"), stderr=open(f"{self.folder}/emleak.err", "wb"))

    def untrace(self):
        if self.emleak.poll() is not None:
            self.failures.append("emleak ended by itself")
        self.emleak.send_signal(signal.SIGINT)

    def wait_for_emleak(self):
        try:
            self.code = self.emleak.wait(60)
        except subprocess.TimeoutExpired:
            self.failures.append("emleak hangs")
            self.emleak.kill()
            self.code = self.emleak.wait()
        self.note()

    def family(self):
        found = [self.process.pid]
        for path in glob.glob(f"/proc/{self.process.pid}/task/*/children"):
            try:
                with open(path) as file:
                    found += [int(child) for child in file.read().split()]
            except OSError:
                pass  # A thread that has ended meanwhile.
        return found

    def look_at_code(self):
        self.is_alive = self.process.poll() is None
        if self.is_alive:
            wait_until(lambda: not any(changed_code(pid) for pid in self.family()), 6)
        self.changed = [place for pid in self.family() for place in changed_code(pid) or []] if self.is_alive else []

    def end(self):
        self.log_end = os.path.getsize(self.log.name)
        self.is_over.set()
        for process in (self.client, self.emleak, self.process):
            if process and process.poll() is None:
                process.terminate()
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        if self.disturber.is_alive():
            self.disturber.join()
        if os.path.exists(self.status_path):
            semaphores = struct.unpack_from("<Q", open(self.status_path, "rb").read(), 8 * COUNTERS.index("semaphores"))[0]
            subprocess.run(["ipcrm", "-s", str(semaphores - 1)], stderr=subprocess.DEVNULL)


class Redis(Server):
    """Modules come and go, children save; its allocator is jemalloc, with C++ operators of its own."""
    kind = "redis"

    def command(self):
        self.port = free_port()
        return ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder, "--save", "", "--enable-module-command", "yes",
                "--loadmodule", f"{folder}/burden.so"]

    def disturb(self, number):
        copy = f"{self.folder}/fresh.{number}.so"
        shutil.copyfile(f"{folder}/module.so", copy)
        os.chmod(copy, 0o700)
        words = [f"MODULE LOAD {copy}", "MODULE UNLOAD fresh"] + (["BGSAVE"] if number % 3 == 0 else [])
        with socket.create_connection(("127.0.0.1", self.port), 10) as connection:
            for line in words:
                connection.sendall(line.encode() + b"\r\n")
                reply = connection.recv(1000)
                if not reply.startswith(b"+"):
                    raise OSError(f"{line}: {reply}")
        os.unlink(copy)


class Nginx(Server):
    """One process, which serves itself; the burden's threads are the only ones."""
    has_workers = "off"
    preload = {"LD_PRELOAD": f"{folder}/burden.so"}

    def command(self):
        self.port = free_port()
        with open(f"{self.folder}/body", "w") as file:
            file.write("x" * 2000)
        self.configure(0)
        return ["nginx", "-p", self.folder, "-c", f"{self.folder}/nginx.conf", "-e", "stderr"]

    def configure(self, number):
        """With a fresh copy of a module."""
        copy = f"{self.folder}/fresh.{number}.so"
        shutil.copyfile(MODULE_OF_NGINX, copy)
        paths = " ".join(f"{what}_temp_path {self.folder}/{what};" for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(f"{self.folder}/nginx.conf", "w") as file:
            file.write(f"load_module {copy}; daemon off; master_process {self.has_workers}; worker_processes 2; user root; pid {self.folder}/pid; "
                       f"error_log stderr notice; events {{ worker_connections 256; }} http {{ access_log off; {paths} "
                       f"server {{ listen 127.0.0.1:{self.port}; root {self.folder}; }} }}\n")


class NginxMaster(Nginx):
    """The usual way. What is traced reads its configuration anew every two seconds, and forks new workers, which serve."""
    kind, has_workers = "http-close", "on"

    def disturb(self, number):
        if number % 2:
            return
        self.configure(number)
        self.process.send_signal(signal.SIGHUP)
        if os.path.exists(old := f"{self.folder}/fresh.{number - 4}.so"):
            os.unlink(old)


class Jvm(Server):
    def command(self):
        return ["java", "-Xmx256m", "-Dsun.net.httpserver.nodelay=true", "-cp", folder, "Web", self.port_path, f"{folder}/burden.so", f"{folder}/vlib.so", self.folder]


class Python(Server):
    def command(self):
        return [sys.executable, f"{here}/servers/web.py", self.port_path, f"{folder}/burden.so", f"{folder}/vlib.so", self.folder]


class Echo(Server):
    kind = "echo"

    def command(self):
        return [f"{folder}/echo", self.port_path, f"{folder}/burden.so"]


def lines_of(path, begin=0, end=None):
    with open(path, "rb") as file:
        return file.read()[begin:end].splitlines()


class Phase:
    """What one server did between two notes, untraced or traced."""

    def __init__(self, requests, begin, end):
        self.seconds = (end[0] - begin[0]) / 1e9
        self.latencies = sorted(length for start, length in requests if begin[0] <= start < end[0] and length)
        self.counts = {name: end[1][name] - begin[1][name] for name in end[1]}
        self.eintr = {name: self.counts[name] for name in WAITS if self.counts[name]}

    def latency(self, part):
        return self.latencies[min(int(len(self.latencies) * part), len(self.latencies) - 1)] / 1e6 if self.latencies else 0

    def load_ms(self):
        return self.counts["load_ns"] / max(1, self.counts["loads"]) / 1e6

    def processor(self):
        return self.counts["processor_ns"] / 1e7 / self.seconds


def report(server):
    """One line, and one for each thing that is wrong with the server or was lost by emleak."""
    with open(f"{server.folder}/latencies", "rb") as file:
        requests = list(struct.iter_unpack("<2Q", file.read()))
    before, traced, after = [Phase(requests, begin, end) for begin, end in zip(server.times, server.times[1:])]
    errors, continued = sum(not length for _, length in requests), server.times[-1][1]["SIGCONT"]
    complaints = [line for line in lines_of(server.log.name, server.log_begin, server.log_end) if COMPLAINT.search(line)]
    idle = [name for name in ACTIVITIES if not traced.counts[name]] + ([] if traced.latencies else ["requests"])

    def both(value, unit):
        return f"{value(before):.2f} -> {value(traced):.2f} {unit}"
    print(f"{server.name:13} requests {len(traced.latencies)} traced of {len(requests)}, errors {errors}; EINTR {sum(traced.eintr.values())} "
          f"of {traced.counts['waits']} waits, untraced {sum((before.eintr | after.eintr).values())}; SIGCONT {continued}; log {len(complaints)}; "
          f"median {both(lambda phase: phase.latency(0.5), 'ms')}, 99 % {both(lambda phase: phase.latency(0.99), 'ms')}, longest {both(lambda phase: phase.latency(1), 'ms')}; "
          f"processor {both(Phase.processor, '%')}; loads {traced.counts['loads']}, each {both(Phase.load_ms, 'ms')}, longest {server.times[-1][1]['longest_load_ns'] / 1e6:.0f} ms; "
          f"exceptions {traced.counts['exceptions']}, signals {traced.counts['handled']}; "
          f"{'alive' if server.is_alive else 'dead'}, code {'changed' if server.changed else 'equal'}; emleak {server.code}")
    failures = list(server.failures)
    failures += [f"errors: {lines_of(server.folder + '/client')[:3]}"] if errors else []
    failures += [f"EINTR: {traced.eintr}"] if traced.eintr else []
    failures += [f"SIGCONT {continued}"] if continued else []
    failures += [f"log: {complaints[:3]}"] if complaints else []
    failures += [f"died: {server.process.returncode}: {lines_of(server.log.name)[-3:]}"] if not server.is_alive else []
    failures += [f"breakpoints: {server.changed[:4]}"] if server.changed else []
    failures += [f"emleak ended with {server.code}"] if server.code else []
    failures += [f"nothing happened: {idle}"] if idle else []
    for failure in failures:
        print(f"    FAILED {failure}")
    for line in lines_of(f"{server.folder}/emleak.err"):
        print(f"    {line.decode(errors='replace')}")
    return bool(failures)


KINDS = {"redis": Redis, "nginx": Nginx, "nginx-master": NginxMaster, "jvm": Jvm, "python": Python, "io_uring-echo": Echo}
names = sys.argv[3:] or list(KINDS)
log = KernelLog()
servers = []
try:
    for name in names:
        servers.append(KINDS[name](name))
    for server in servers:
        server.begin()
    # A JVM compiles first what it does most.
    time.sleep(min(10, seconds / 5))
    for server in servers:
        server.note()
    time.sleep(seconds / 4)
    # One after the other: emleaks that all begin at once would fight for the processors, and the servers with them.
    for server in servers:
        server.trace()
        time.sleep(1)
    time.sleep(seconds)
    for server in servers:
        server.untrace()
        time.sleep(1)
    for server in servers:
        server.wait_for_emleak()
    for server in servers:
        server.look_at_code()
    time.sleep(max(2, seconds / 20))
    for server in servers:
        server.is_alive = server.is_alive and server.process.poll() is None
        server.note()
finally:
    for server in servers:
        server.end()
failures = sum([report(server) for server in servers])
_, complaints = log.new()
if complaints:
    failures += 1
    print(f"    FAILED the kernel complains: {complaints[:3]}")
print(f"servers: {len(servers)} servers, {seconds:.0f} s, {failures} failures", flush=True)
sys.exit(1 if failures else 0)
