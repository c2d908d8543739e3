"""
A web server in Python. web.py PORTFILE BURDEN LIBRARY FOLDER: writes its port; each request has a thread, and the burden's exceptions and
signals by ctypes. Loads copies of LIBRARY and closes them, and has children in both ways that subprocess knows.
"""
import _ctypes, ctypes, http.server, os, shutil, subprocess, sys, threading, time

port_file, burden_path, library, folder = sys.argv[1:]
burden = ctypes.CDLL(burden_path).burden
BODY = b"x" * 2000


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_GET(self):
        if burden() != 1:
            print("web.py: error: in a request", file=sys.stderr)
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_):
        pass


def disturb():
    number = 0
    while True:
        time.sleep(1)
        number += 1
        copy = f"{folder}/fresh.{number}.so"
        shutil.copyfile(library, copy)
        fresh = ctypes.CDLL(copy)
        if not fresh.leak_in_lib(5):
            print("web.py: error: in a library", file=sys.stderr)
        _ctypes.dlclose(fresh._handle)
        os.unlink(copy)
        # With a function to call before, subprocess forks; without, it uses vfork.
        subprocess.run(["/bin/true"], check=True, preexec_fn=(lambda: None) if number % 2 else None)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=disturb, daemon=True).start()
with open(port_file, "w") as file:
    file.write(f"{server.server_port}\n")
server.serve_forever()
