using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Tests.Programs;

namespace Emleak.BpfLoader.Tests.Links;

/// <summary>
/// A program with many functions, which its second thread calls in turn. Told to call none, its first thread leaves.
/// </summary>
internal sealed class ManyFunctions : IDisposable
{
    public const int Count = 64;

    private const string Source = """
        #include <pthread.h>
        #include <semaphore.h>
        #include <stdio.h>
        #include <stdlib.h>
        #define FUNCTION __attribute__((noinline, noclone, patchable_function_entry(1)))
        #define ONE(n) FUNCTION long site_##n(long value) { __asm__ volatile("" ::: "memory"); return value * 3 + n; }
        #define EIGHT(n) ONE(n##0) ONE(n##1) ONE(n##2) ONE(n##3) ONE(n##4) ONE(n##5) ONE(n##6) ONE(n##7)
        EIGHT(1) EIGHT(2) EIGHT(3) EIGHT(4) EIGHT(5) EIGHT(6) EIGHT(7) EIGHT(8)
        #define NAMES(n) site_##n##0, site_##n##1, site_##n##2, site_##n##3, site_##n##4, site_##n##5, site_##n##6, site_##n##7
        static long (*const sites[])(long) = {
            NAMES(1), NAMES(2), NAMES(3), NAMES(4), NAMES(5), NAMES(6), NAMES(7), NAMES(8) };
        FUNCTION long probed(long value) { return value; }
        static sem_t leave;
        static pthread_t first;
        static void *work(void *unused)
        {
            long times, next = 0;
            puts("ready");
            fflush(stdout);
            while (scanf("%ld", &times) == 1) {
                for (long i = 0; i < times; i++, next++)
                    sites[next % 64](probed(next));
                if (times == 0) {
                    sem_post(&leave);
                    pthread_join(first, 0);
                }
                puts("done");
                fflush(stdout);
            }
            exit(0);
        }
        int main(void)
        {
            pthread_t second;
            first = pthread_self();
            sem_init(&leave, 0, 0);
            pthread_create(&second, 0, work, 0);
            sem_wait(&leave);
            pthread_exit(0);
        }
        """;

    public ManyFunctions()
    {
        Program = new ProbedProgram(Source);
        Dictionary<string, ulong> functions = Program.OffsetsOf(static name => name.StartsWith("site_", StringComparison.Ordinal));
        Assert.Equal(Count, functions.Count);
        Sites = [.. functions.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select((entry, i) => new UprobeSite(entry.Value, (ulong)i))];
    }

    public ProbedProgram Program { get; }

    /// <summary>The functions in the order in which they are called, with their numbers as cookies.</summary>
    public UprobeSite[] Sites { get; }

    public void Dispose() => Program.Dispose();
}
