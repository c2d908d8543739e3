// A web server on the JVM. java Web PORTFILE BURDEN LIBRARY FOLDER: writes its port; each request has blocks of its own, and the
// burden's exceptions and signals through JNI. Loads copies of LIBRARY (that go again with their class loader), and starts programs.
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executors;

public class Web {
    static native int burden();

    /** Of a class loader of its own each time: the library is closed when that is collected. */
    public static class Fresh {
        public static void load(String path) {
            System.load(path);
        }
    }

    static void loadFresh(Path library, Path copy, URL[] classes) throws Exception {
        Files.copy(library, copy);
        try (URLClassLoader loader = new URLClassLoader(classes, ClassLoader.getPlatformClassLoader())) {
            loader.loadClass("Web$Fresh").getMethod("load", String.class).invoke(null, copy.toString());
        }
        Files.delete(copy);
    }

    static void disturb(Path library, Path folder) throws Exception {
        URL[] classes = {Web.class.getProtectionDomain().getCodeSource().getLocation()};
        for (int number = 0; ; number++) {
            Thread.sleep(1000);
            loadFresh(library, folder.resolve("fresh." + number + ".so"), classes);
            if (number % 10 == 9)
                System.gc();
            int code = new ProcessBuilder("/bin/true").start().waitFor();
            if (code != 0)
                System.err.println("Web: error: /bin/true ended with " + code);
        }
    }

    public static void main(String[] words) throws Exception {
        System.load(words[1]);
        byte[] body = "x".repeat(2000).getBytes();
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 64);
        server.setExecutor(Executors.newFixedThreadPool(4));
        server.createContext("/", exchange -> {
            if (burden() != 1 || ByteBuffer.allocateDirect(5000).capacity() != 5000)
                System.err.println("Web: error: in a request");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        Files.writeString(Path.of(words[0]), server.getAddress().getPort() + "\n");
        disturb(Path.of(words[2]), Path.of(words[3]));
    }
}
