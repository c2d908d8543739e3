using System.Diagnostics;
using Emleak.Elf.Tests;

namespace Emleak.Symbols.Tests;

/// <summary>A process that has a .NET runtime's socket and is none: nobody waits for it for long.</summary>
public sealed class RuntimePortTests : IDisposable
{
    private const string FakeRuntime = """
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/socket.h>
        #include <sys/un.h>
        #include <unistd.h>
        int main(int count, char **words)
        {
            char status[4096], *field;
            FILE *file = fopen("/proc/self/stat", "r");
            status[fread(status, 1, sizeof status - 1, file)] = 0;
            field = strrchr(status, ')');
            for (int i = 0; i < 20; i++) field = strchr(field + 1, ' ');
            struct sockaddr_un place = { AF_UNIX };
            snprintf(place.sun_path, sizeof place.sun_path, "%s/dotnet-diagnostic-%d-%llu-socket", getenv("TMPDIR"), getpid(), strtoull(field + 1, 0, 10));
            int listener = socket(AF_UNIX, SOCK_STREAM, 0);
            if (bind(listener, (struct sockaddr *)&place, sizeof place)) return 1;
            listen(listener, 0);
            if (words[1][0] == 'f') for (int i = 0; i < 2; i++) connect(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), (struct sockaddr *)&place, sizeof place);
            puts("ready");
            fflush(stdout);
            if (words[1][0] == 'd') for (int client = accept(listener, 0, 0);; usleep(100000)) send(client, "D", 1, MSG_NOSIGNAL);
            pause();
        }
        """;

    private readonly Workshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Theory]
    [InlineData("silent")]
    [InlineData("full")]
    [InlineData("drips")]
    public void A_socket_that_never_answers_is_left_within_a_second_or_so(string behaviour)
    {
        using Target target = Start(behaviour);
        Stopwatch clock = Stopwatch.StartNew();
        using (Symbolizer symbolizer = Symbolizer.ForProcess(target.Pid, new SymbolizerSettings { AskForManagedNames = true }))
        {
            Assert.InRange(clock.ElapsedMilliseconds, 0, 1000);
            clock.Restart();
        }

        Assert.InRange(clock.ElapsedMilliseconds, 0, 2500);
    }

    private Target Start(string behaviour)
    {
        _workshop.Write("fake.c", FakeRuntime);
        _workshop.Run("gcc", "fake.c", "-o", "fake", "-w");
        return Target.Start("env", $"TMPDIR={_workshop.Folder}", _workshop["fake"], behaviour);
    }
}
