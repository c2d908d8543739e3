using System.Text;
using Emleak.Cli;
using Emleak.Elf;
using Emleak.Reporting;
using Emleak.Symbols;
using Emleak.Target;

namespace Emleak.Lookup;

/// <summary><c>emleak symbolize</c>: addresses in, names out.</summary>
internal static class SymbolizeCommand
{
    private const int StandardOutput = 1;

    public static ExitCode Run(SymbolizeRequest request, Reporter reporter)
    {
        using Stream output = Console.OpenStandardOutput();
        try
        {
            return Run(request, output, reporter);
        }
        catch (IOException problem)
        {
            throw new EmleakException(ExitCode.OutputNotWritable, $"cannot write the answers: {SystemError.Describe(problem)}", problem);
        }
    }

    private static ExitCode Run(SymbolizeRequest request, Stream stream, Reporter reporter)
    {
        PutCollectionOff();
        using DebugFileServers servers = DebugFileServers.Open(request.UseDebuginfod, reporter, CancellationToken.None);
        using LateGuard guard = new();
        using ISymbolizer symbolizer = Open(request, servers.Settings with { ManagedNamesWitness = guard });
        FrameNames names = new(request.Names);
        using StreamWriter output = new(stream, bufferSize: 1 << 16);
        IAnswerWriter answers = request.AsJson ? new AnswerJson(output, names, request) : new AnswerText(output, names, request);
        ExitCode outcome = ExitCode.Success;
        if (request.Addresses.Count > 0)
        {
            Answer(symbolizer, request, answers, [.. request.Addresses.Select(ReadArgument)]);
        }
        else
        {
            using Stream input = Console.OpenStandardInput();
            outcome = AnswerAll(symbolizer, request, answers, output, new AddressStream(input));
        }

        servers.TellProblems();
        return outcome;
    }

    // Some thousand addresses are answered before a collection would be worth its time.
    private static void PutCollectionOff()
    {
        const long UsualBytes = 32 << 20;
        try
        {
            GC.TryStartNoGCRegion(UsualBytes);
        }
        catch (ArgumentOutOfRangeException)
        {
            // The heap may not become so large here.
        }
    }

    private static ExitCode AnswerAll(ISymbolizer symbolizer, SymbolizeRequest request, IAnswerWriter answers, StreamWriter output, AddressStream questions)
    {
        ExitCode outcome = ExitCode.Success;
        while (questions.Next() is { } batch)
        {
            if (batch.Exists(question => question.Refused is not null)) outcome = ExitCode.Failure;
            Answer(symbolizer, request, answers, batch);
            output.Flush();

            // The console's stream says nothing when nobody reads any more.
            if (IsBroken(StandardOutput)) return ExitCode.OutputNotWritable;
        }

        return outcome;
    }

    private static bool IsBroken(int descriptor)
    {
        Span<PollDescriptor> descriptors = [PollDescriptor.ForErrors(descriptor)];
        Libc.Poll(descriptors, TimeSpan.Zero);
        return descriptors[0].IsReady;
    }

    private static void Answer(ISymbolizer symbolizer, SymbolizeRequest request, IAnswerWriter answers, List<Question> questions)
    {
        ulong[] addresses = [.. questions.Where(question => question.Refused is null).Select(question => question.Address)];
        Frame[] frames = symbolizer.Symbolize(addresses, request.Kind, SymbolizeOptions.Sources);
        int next = 0;
        foreach (Question question in questions)
        {
            if (question.Refused is not null) answers.Refuse(question.Refused);
            else answers.Write(frames[next++]);
        }
    }

    private static Question ReadArgument(string word)
    {
        Question question = Question.Read(Encoding.UTF8.GetBytes(word));
        return question.Refused is null ? question : throw new EmleakException(ExitCode.Usage, $"'{word}' is not an address: it takes hexadecimal digits, with or without 0x");
    }

    private static Symbolizer OpenProcess(int pid, SymbolizerSettings settings)
    {
        Symbolizer symbolizer = Symbolizer.ForProcess(pid, settings);
        symbolizer.WaitForManagedNames();
        return symbolizer;
    }

    private static ISymbolizer Open(SymbolizeRequest request, SymbolizerSettings settings)
    {
        if (Directory.Exists(request.File)) throw new EmleakException(ExitCode.Failure, $"cannot read {request.File}: it is a folder");
        try
        {
            return request.Pid is int pid ? OpenProcess(pid, settings) : FileSymbolizer.Open(request.File!, settings);
        }
        catch (UnauthorizedAccessException problem)
        {
            throw new EmleakException(ExitCode.NotPermitted, SystemError.Describe(problem), problem);
        }
        catch (Exception problem) when (problem is IOException or MalformedDataException)
        {
            if (SystemError.IsOutOfDescriptors(problem)) throw Failures.OutOfDescriptors();
            throw request.Pid is int pid
                ? new EmleakException(ExitCode.NoProcess, $"there is no process {pid}", problem)
                : new EmleakException(ExitCode.Failure, problem is MalformedDataException ? problem.Message : $"cannot read {request.File}: {SystemError.Describe(problem)}", problem);
        }
    }
}
