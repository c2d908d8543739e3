using Emleak.BpfLoader.Tests.Programs;

namespace Emleak.BpfLoader.Tests.Links;

/// <summary>
/// A program that makes and removes a folder as often as it is told, and each time touches a fresh page in a thread that lives all
/// the time and another in a thread that it creates for the purpose.
/// </summary>
internal static class BusyProgram
{
    private const string Source = """
        #include <pthread.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <sys/mman.h>
        #include <sys/stat.h>
        #include <unistd.h>
        static long times;
        __attribute__((noinline)) long probed(long value) { return value; }
        static void *touch(void *unused)
        {
            char *pages = mmap(0, times * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            madvise(pages, times * 4096, MADV_NOHUGEPAGE);
            for (long i = 0; i < times; i++)
                pages[i * 4096] = 1;
            munmap(pages, times * 4096);
            return 0;
        }
        static void *work(void *unused)
        {
            char folder[] = "/tmp/emleak-busy-XXXXXX";
            char child[sizeof(folder) + 2];
            mkdtemp(folder);
            snprintf(child, sizeof(child), "%s/x", folder);
            puts("ready");
            fflush(stdout);
            while (scanf("%ld", &times) == 1) {
                pthread_t other;
                for (long i = 0; i < times; i++) {
                    mkdir(child, 0700);
                    rmdir(child);
                }
                touch(0);
                pthread_create(&other, 0, touch, 0);
                pthread_join(other, 0);
                puts("done");
                fflush(stdout);
            }
            rmdir(folder);
            exit(0);
        }
        int main(void)
        {
            pthread_t second;
            pthread_create(&second, 0, work, 0);
            pthread_join(second, 0);
        }
        """;

    public static ProbedProgram Create() => new(Source);
}
