using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Emleak.Elf.Tests;

namespace Emleak.Symbols.Tests.Debuginfo;

/// <summary>Debian's debuginfod on loopback, serving a folder that has been scanned.</summary>
internal sealed class DebuginfodServer : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly System.Diagnostics.Process _process;

    /// <param name="workshop">Where its database goes.</param>
    /// <param name="folder">What it serves.</param>
    public DebuginfodServer(Workshop workshop, string folder)
    {
        int port = FreePort();
        Uri = new Uri($"http://127.0.0.1:{port}/");
        ProcessStartInfo start = new("debuginfod", ["-d", workshop["server.sqlite"], "-F", "-p", $"{port}", "-t", "1", folder])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("DEBUGINFOD_URLS");
        _process = System.Diagnostics.Process.Start(start)!;
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public Uri Uri { get; }

    /// <summary>Waits until it has a debug file.</summary>
    public void WaitFor(string buildId)
    {
        using HttpClient client = new() { BaseAddress = Uri };
        for (Stopwatch clock = Stopwatch.StartNew(); clock.Elapsed < Patience; Thread.Sleep(100))
        {
            Assert.False(_process.HasExited, "debuginfod has ended");
            try
            {
                using HttpResponseMessage answer = client.Send(new HttpRequestMessage(HttpMethod.Get, $"buildid/{buildId}/debuginfo"));
                if (answer.IsSuccessStatusCode) return;
            }
            catch (HttpRequestException)
            {
                // It is not listening yet.
            }
        }

        Assert.Fail($"debuginfod has no {buildId} after {Patience}");
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    public static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
