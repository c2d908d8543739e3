using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Emleak.Recordings.Format;
using Emleak.Tests.Support;

namespace Emleak.Tests.Output;

/// <summary>
/// Names that are made to move a terminal's cursor, to end a line or a field, to turn text around, or to fill memory: of functions, source
/// files, modules, processes, and in arguments. None of them leaves emleak, by any way that it writes.
/// </summary>
public sealed class HostileNamesTests
{
    private const string PlainFunction = "FUNCTION_NAME_0123456789012345678901234567890123456789";
    private const string PlainSource = "SOURCE_FILE_0123456789012345678901234567890123456789.c";

    // ESC and BEL; CSI of the C1 set; directions overridden and isolated; ends of lines; ends of fields; no character at all.
    private const string Hostile = @"h\x1b[31m\x07\xc2\x9b2J\xe2\x80\xae\xe2\x81\xa6\xe2\x80\xa8\n\r;, 7 \xff\xc3";

    // The class library cannot remove a file whose name is no text.
    private static readonly string HostileFile = Hostile.Replace(@"\xff\xc3", "", StringComparison.Ordinal);

    [Fact]
    public void No_output_of_a_trace_carries_them()
    {
        using TestFolder folder = new();
        string program = Build(folder.Path);
        using Workload workload = Workload.Start(program, folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path, "-i", "1", "--demangle=full");
        workload.Work();
        emleak.WaitForLine("200 bytes allocated");
        workload.End();
        Assert.Equal(0, emleak.WaitForExit());
        TraceFiles files = emleak.Files();
        foreach (string file in Directory.GetFiles(files.Folder))
        {
            if (Path.GetFileName(file) != RecordingWriter.FileName) AssertClean(File.ReadAllBytes(file));
        }

        AssertClean(Encoding.UTF8.GetBytes(emleak.Output + emleak.Errors));

        // Each is one field of one line still.
        Assert.Contains(files.HoldsFrom("main"), hold => hold.Path.StartsWith("main;h?[31m??2J???", StringComparison.Ordinal) && hold.Bytes == 100);
        Assert.All(files.Folded.TrimEnd('\n').Split('\n'), line => Assert.Matches(@"^[^;\n]+(;[^;\n]+)* \d+$", line));
        Assert.Contains(files.HoldsFrom("main"), hold => hold.Bytes == 200 && hold.Path.Length == "main;".Length + 4096);
        string sources = File.ReadAllText(Path.Combine(files.Folder, "out.sources"));
        Assert.Matches(@" at [^ ]*h\?\[31m", sources);
        Assert.Contains($" in {folder.Path}/h?[31m", sources, StringComparison.Ordinal);
    }

    [Theory]
    // Armed for later: the trace goes on until it is ended.
    [InlineData("-p PID -m $'HOSTILE'", 0)]
    [InlineData("-p PID -f $'HOSTILE'", 0)]
    [InlineData("-p PID --object $'HOSTILE'", 0)]
    [InlineData("-p PID --btf $'HOSTILE'", 2)]
    [InlineData("-p PID $'HOSTILE'", 2)]
    [InlineData("-p $'HOSTILE'", 2)]
    [InlineData("--$'HOSTILE'", 2)]
    [InlineData("run -- $'HOSTILE'", 127)]
    [InlineData("run -- $'/HOSTILE'", 127)]
    [InlineData("check -p PID", 0)]
    [InlineData("check -p PID -m $'HOSTILE'", 0)]
    [InlineData("symbolize -e $'HOSTILE' 1", 1)]
    [InlineData("symbolize -e PROGRAM $'HOSTILE'", 2)]
    [InlineData("symbolize -e PROGRAM -i ADDRESS", 0)]
    [InlineData("symbolize -e PROGRAM --json -i ADDRESS", 0)]
    [InlineData("symbolize -p PID <<<$'HOSTILE'", 1)]
    [InlineData("symbolize -p PID --json <<<$'HOSTILE'", 1)]
    public void No_answer_and_no_message_does(string command, int expected)
    {
        using TestFolder folder = new();
        string program = Build(folder.Path);
        using Workload workload = Workload.Start(program, folder.Path);
        string words = command
            .Replace("HOSTILE", Hostile, StringComparison.Ordinal)
            .Replace("PID", $"{workload.Pid}", StringComparison.Ordinal)
            .Replace("PROGRAM", $"/proc/{workload.Pid}/exe", StringComparison.Ordinal)
            .Replace("ADDRESS", AddressOfFunction(program), StringComparison.Ordinal);
        string emleak = Path.Combine(AppContext.BaseDirectory, "emleak");
        (string output, string errors) = (Path.Combine(folder.Path, "output"), Path.Combine(folder.Path, "errors"));
        using RunningProcess run = new("/bin/bash", ["-c", $"timeout --preserve-status -s INT 5 {emleak} {words} >{output} 2>{errors}"], folder.Path);
        Assert.Equal(expected, run.WaitForExit());
        byte[] said = [.. File.ReadAllBytes(output), .. File.ReadAllBytes(errors)];
        Assert.NotEmpty(said);
        AssertClean(said);
        if (!words.Contains("--json", StringComparison.Ordinal)) return;

        // In JSON nothing of a name is lost.
        using JsonDocument answer = JsonDocument.Parse(File.ReadAllText(output).Split('\n')[0]);
        IEnumerable<string> texts = answer.RootElement.EnumerateObject().Where(field => field.Value.ValueKind == JsonValueKind.String).Select(field => field.Value.GetString()!);
        Assert.Contains(texts, text => text.Contains('\u202e', StringComparison.Ordinal));
    }

    private static void AssertClean(byte[] said)
    {
        string text = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(said);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.Value is '\n' or '\t') continue;
            UnicodeCategory category = Rune.GetUnicodeCategory(rune);
            Assert.False(
                category is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator,
                $"U+{rune.Value:X4} is in:\n{text}");
        }

        Assert.All(text.Split('\n'), line => Assert.InRange(line.Length, 0, 20_000));
    }

    // A program with the names in its symbol table and its debug information, itself in a file of such a name.
    private static string Build(string folder)
    {
        string compiled = Workloads.CompileWith("hostile_names.c", "-fno-omit-frame-pointer");
        byte[] hostile = Bytes(Hostile);
        byte[] program = File.ReadAllBytes(compiled);
        foreach (string plain in (string[])[PlainFunction, PlainSource])
        {
            byte[] name = [.. hostile, .. Enumerable.Repeat((byte)'y', plain.Length - hostile.Length)];
            Assert.True(Replace(program, Encoding.ASCII.GetBytes(plain), name) > 0, $"{plain} is not in the program");
        }

        string plainFile = Path.Combine(folder, "plain");
        File.WriteAllBytes(plainFile, program);
        using Process shell = Process.Start("/bin/bash", ["-c", $"cd {folder}; chmod +x plain; cp plain $'{HostileFile}'; exec cp --remove-destination -s \"$PWD\"/h* link"]);
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
        return Path.Combine(folder, "link");
    }

    private static byte[] Bytes(string escaped)
    {
        using RunningProcess print = new("/bin/bash", ["-c", $"printf %s $'{escaped}' | xxd -p -c 1000"], "/");
        Assert.Equal(0, print.WaitForExit());
        return Convert.FromHexString(print.Output.Trim());
    }

    private static int Replace(byte[] bytes, byte[] old, byte[] other)
    {
        int count = 0;
        for (int at = 0; bytes.AsSpan(at).IndexOf(old) is int found and >= 0; at += found + old.Length, count++) other.CopyTo(bytes, at + found);
        return count;
    }

    private static string AddressOfFunction(string program)
    {
        using RunningProcess names = new("/bin/bash", ["-c", $"nm {program} | LC_ALL=C grep -a ' h' | head -1 | cut -d' ' -f1"], "/");
        Assert.Equal(0, names.WaitForExit());
        return names.Output.Split('\n')[0].Trim();
    }
}
