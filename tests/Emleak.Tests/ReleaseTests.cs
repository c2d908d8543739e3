using System.Security.Cryptography;
using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary>
/// What a release consists of, as far as it takes seconds: eng/release.sh builds for minutes, and eng/release/compare.sh does that twice.
/// </summary>
public sealed class ReleaseTests
{
    private const string Version = "1.2.3-rc.1";
    private const string Package = $"emleak_{Version}_amd64.deb";
    private const string Archive = $"emleak-{Version}-linux-x64.tar.gz";

    private static string Repository { get; } = Path.GetFullPath(Path.Combine(Workloads.Sources, "..", ".."));

    private static string Program => Environment.GetEnvironmentVariable("EMLEAK_STATIC")
        ?? throw new InvalidOperationException("run by eng/test.sh, or set EMLEAK_STATIC to the static executable");

    [Fact]
    public void The_same_input_gives_the_same_bytes()
    {
        using TestFolder first = new(), second = new();
        Make(first.Path, "umask 077");
        Make(second.Path, "umask 000; export LC_ALL=C.UTF-8 TZ=Asia/Tokyo");
        foreach (string file in (string[])[Package, Archive])
        {
            Assert.Equal(Sum(Path.Combine(first.Path, file)), Sum(Path.Combine(second.Path, file)));
        }
    }

    [Fact]
    public void The_archive_has_program_manual_completions_and_licence()
    {
        using TestFolder folder = new();
        Make(folder.Path);
        string[] names = Run(folder.Path, "tar", "-tzf", Archive).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string root = $"emleak-{Version}-linux-x64/";
        Assert.Equal(
            [root, root + "LICENSE", root + "completions/", root + "completions/_emleak", root + "completions/emleak.bash", root + "completions/emleak.fish", root + "emleak", root + "emleak.8"],
            names);
    }

    /// <summary>Installed into a root folder that has nothing else, used there, verified, and removed without a trace.</summary>
    [Fact]
    public void The_package_is_installed_used_and_removed()
    {
        using TestFolder folder = new(), output = new();
        Make(folder.Path);
        string root = Path.Combine(folder.Path, "root");
        Directory.CreateDirectory(Path.Combine(root, "var/lib/dpkg/updates"));
        Directory.CreateDirectory(Path.Combine(root, "var/lib/dpkg/info"));
        File.WriteAllText(Path.Combine(root, "var/lib/dpkg/status"), "");
        Run(folder.Path, "dpkg", $"--root={root}", "--install", Package);
        Assert.Equal("", Run(folder.Path, "dpkg", $"--root={root}", "--verify", "emleak"));

        string version = Run(folder.Path, "chroot", root, "/usr/bin/emleak", "--version");
        Assert.Matches(@"\Aemleak \d+\.\d+\.\d+\S*\ncommit: \S+\narchitecture: x64\nkernel features looked for: .*ring-buffer \(5\.8\)", version);
        Assert.Contains("--interval", Run(folder.Path, "man", "--warnings", "-l", Path.Combine(root, "usr/share/man/man8/emleak.8.gz")), StringComparison.Ordinal);
        using (Workload workload = new("allocators", output.Path))
        {
            using EmleakRun emleak = new(Path.Combine(root, "usr/bin/emleak"), output.Path, ["-p", $"{workload.Pid}"]);
            emleak.WaitForStart();
            ExactnessTests.AssertSameHolds(workload, emleak, "main");
        }

        Run(folder.Path, "dpkg", $"--root={root}", "--purge", "emleak");
        Assert.False(Directory.Exists(Path.Combine(root, "usr")));
    }

    private static void Make(string folder, string setting = ":")
    {
        string texts = Directory.CreateDirectory(Path.Combine(folder, "texts")).FullName;
        foreach (string kind in (string[])["man", "bash", "zsh", "fish"]) File.WriteAllText(Path.Combine(texts, kind), Run(folder, Program, "generate", kind));
        Run(
            folder, "env", "SOURCE_DATE_EPOCH=1700000000", "bash", "-c", setting + "; exec \"$@\"", "bash",
            Path.Combine(Repository, "eng/release/package.sh"), Version, "linux-x64", Program, texts, folder);
    }

    private static string Run(string folder, string program, params string[] arguments)
    {
        using RunningProcess process = new(program, arguments, folder);
        Assert.True(process.WaitForExit() == 0, $"{program}: {process.Errors}");
        return process.Output;
    }

    private static string Sum(string file) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)));
}
