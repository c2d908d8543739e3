"""What the campaigns share: the emleak to try, the text of a process beside its files, the kernel's log."""
import mmap, os, random, re, signal, struct, subprocess, time

EMLEAK = os.environ["EMLEAK"]
_files = {}


def file_bytes(path):
    if path not in _files:
        with open(path, "rb") as file:
            _files[path] = file.read()
    return _files[path]


def mappings(pid):
    """(start, end, permissions, offset, inode, path) of every mapping; nothing for a process that has ended."""
    found = []
    try:
        with open(f"/proc/{pid}/maps") as lines:
            for line in lines:
                match = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) ([0-9a-f]+) \S+ (\d+)\s*(.*)", line)
                found.append((int(match[1], 16), int(match[2], 16), match[3], int(match[4], 16), int(match[5]), match[6]))
    except (FileNotFoundError, ProcessLookupError):
        pass
    return found


def changed_code(pid):
    """(path, offset) of each byte of code that differs from its file: breakpoints. None for a process that has ended."""
    try:
        memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    changed = []
    for start, end, permissions, offset, inode, path in mappings(pid):
        if "x" not in permissions or not inode or path.endswith("(deleted)"):
            continue
        try:
            wanted = file_bytes(path)[offset:offset + end - start]
            have = os.pread(memory, len(wanted), start)
        except OSError:
            continue
        for page in range(0, len(have), 4096):
            a, b = wanted[page:page + 4096], have[page:page + 4096]
            if a != b:
                changed += [(path, offset + page + i) for i in range(min(len(a), len(b))) if a[i] != b[i]]
    os.close(memory)
    return changed


def state(pid):
    """The letter of /proc/PID/stat; None for a process that has ended and was reaped."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            text = file.read()
        return text[text.rindex(")") + 2]
    except (FileNotFoundError, ProcessLookupError):
        return None


def helper_of(pid):
    """emleak's second process, which cleans up when the first one is killed."""
    for task in os.listdir(f"/proc/{pid}/task") if os.path.isdir(f"/proc/{pid}/task") else []:
        try:
            with open(f"/proc/{pid}/task/{task}/children") as file:
                children = [int(child) for child in file.read().split()]
            for child in children:
                with open(f"/proc/{child}/cmdline", "rb") as file:
                    if b"guard" in file.read():
                        return child
        except OSError:
            pass
    return None


def kernel_log():
    return subprocess.run(["dmesg"], capture_output=True).stdout.decode("latin1").splitlines()


class KernelLog:
    """What the kernel has said since the last look: lines about leaked uprobes, and complaints."""

    def __init__(self):
        self.seen = len(kernel_log())

    def new(self):
        lines = kernel_log()
        fresh = lines[self.seen:] if len(lines) >= self.seen else lines
        self.seen = len(lines)
        leaked = [line for line in fresh if "leaking uprobe" in line]
        complaints = [line for line in fresh if re.search(r"WARN|BUG|Oops|general protection|sending SIGILL|Call Trace", line)]
        return leaked, complaints


class Victim:
    """victim.c: threads that check every block; a page of shared memory counts operations and errors."""

    def __init__(self, folder, threads, *mode):
        status = f"{folder}/status.{random.getrandbits(32):x}"
        self.log = status + ".log"
        self.process = subprocess.Popen([f"{folder}/victim", str(threads), status, *mode], stderr=open(self.log, "wb"))
        while not os.path.exists(status) or os.path.getsize(status) < 544:
            time.sleep(0.01)
        with open(status, "rb") as file:
            self.memory = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        time.sleep(0.05)

    @property
    def pid(self):
        return self.process.pid

    @property
    def has_ended(self):
        return self.process.poll() is not None

    def operations(self):
        return sum(struct.unpack_from("<64Q", self.memory, 0))

    def errors(self):
        errors, _, _, children = struct.unpack_from("<4Q", self.memory, 512)
        return errors + children

    def kill(self):
        if not self.has_ended:
            self.process.kill()
            self.process.wait()


def wait_until(condition, seconds):
    end = time.time() + seconds
    while time.time() < end:
        if condition():
            return True
        time.sleep(0.01)
    return condition()
