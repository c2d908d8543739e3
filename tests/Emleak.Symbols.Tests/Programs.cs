namespace Emleak.Symbols.Tests;

/// <summary>The programs that the tests look at.</summary>
internal static class Programs
{
    /// <summary>Prints addresses of its own functions and of libc's, then waits.</summary>
    public const string Simple = """
        #define _GNU_SOURCE
        #include <stdio.h>
        #include <stdlib.h>
        #include <unistd.h>
        static void *caller;
        __attribute__((noinline)) static int hidden(int x) { caller = __builtin_return_address(0); return x * 3; }
        __attribute__((noinline)) int visible(int x) { return hidden(x) + 1; }
        __attribute__((noinline, noreturn)) void last_words(void) { hidden(1); abort(); }
        int main(void)
        {
            char line[8];
            int sum = visible(1);
            printf("hidden %p\nvisible %p\nreturn %p\n", (void *)hidden, (void *)visible, caller);
            printf("malloc %p\nheap %p\nready\n", (void *)malloc, malloc(8));
            fflush(stdout);
            read(0, line, sizeof line);
            return sum;
        }
        """;

    /// <summary>Loads the library that it is given at the first step, unloads it at the second.</summary>
    public const string Loader = """
        #include <dlfcn.h>
        #include <stdio.h>
        int main(int argc, char **argv)
        {
            char line[8];
            puts("ready"); fflush(stdout);
            fgets(line, sizeof line, stdin);
            void *library = dlopen(argv[1], RTLD_NOW);
            printf("plugin %p\nready\n", dlsym(library, "plugin"));
            fflush(stdout);
            fgets(line, sizeof line, stdin);
            dlclose(library);
            puts("ready"); fflush(stdout);
            fgets(line, sizeof line, stdin);
        }
        """;

    public const string Plugin = "int plugin(int x) { return x + 1; }";

    /// <summary>Maps executable memory that comes from no file, and such that comes from a memory file.</summary>
    public const string RunTimeCode = """
        #define _GNU_SOURCE
        #include <stdio.h>
        #include <sys/mman.h>
        #include <unistd.h>
        int main(void)
        {
            char line[8];
            int fd = memfd_create("doublemapper", 0);
            ftruncate(fd, 4096);
            printf("anonymous %p\n", mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
            printf("memory_file %p\nready\n", mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0));
            fflush(stdout);
            read(0, line, sizeof line);
        }
        """;

    /// <summary>Maps the file that it is given executable, as a loader would; prints where.</summary>
    public const string MapsFile = """
        #include <fcntl.h>
        #include <stdio.h>
        #include <sys/mman.h>
        #include <unistd.h>
        int main(int argc, char **argv)
        {
            char line[8];
            printf("file %p\nready\n", mmap(0, 65536, PROT_READ | PROT_EXEC, MAP_PRIVATE, open(argv[1], O_RDONLY), 0));
            fflush(stdout);
            read(0, line, sizeof line);
        }
        """;

    /// <summary>Its main thread leaves; a worker stays.</summary>
    public const string LeavingMain = """
        #include <pthread.h>
        #include <stdio.h>
        #include <unistd.h>
        static pthread_t first;
        static void *worker(void *unused)
        {
            char line[8];
            pthread_join(first, 0);
            usleep(50000);
            printf("worker %p\nready\n", (void *)worker);
            fflush(stdout);
            read(0, line, sizeof line);
            _exit(0);
        }
        int main(void)
        {
            pthread_t thread;
            first = pthread_self();
            pthread_create(&thread, 0, worker, 0);
            pthread_exit(0);
        }
        """;

    public const string Cpp = """
        #include <map>
        #include <string>
        #include <vector>
        #include <iostream>
        #include <functional>
        namespace shapes {
        struct Base { virtual ~Base() {} virtual int area(int) const = 0; };
        template <int N> struct Shape : Base { std::vector<std::string> v; Shape() : v(N) {} ~Shape() override {} int area(int x) const override { return N * x + (int)v.size(); } };
        }
        int main()
        {
            std::map<std::string, std::function<int(int)>> table;
            shapes::Shape<3> a; shapes::Shape<5> b;
            table["a"] = [&](int x) { return a.area(x); };
            table["b"] = [&](int x) { return b.area(x) + (int)table.size(); };
            for (auto &entry : table) std::cout << entry.first << entry.second(4) << "\n";
        }
        """;
}
