using System.Runtime.InteropServices;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Syscalls;
using Emleak.Elf;

namespace Emleak.BpfLoader.Links;

/// <summary>Attaches a program to all places of a USDT probe: by uprobes, whose cookies are the numbers of the places' arguments.</summary>
internal sealed class UsdtAttachment : IUnlinkedAttachment
{
    private readonly UsdtSpecs? _specs;
    private readonly List<uint> _ids = [];
    private readonly List<ulong> _addresses = [];
    private readonly List<BpfLink> _links = [];

    private UsdtAttachment(UsdtSpecs? specs) => _specs = specs;

    /// <summary>Uprobes end with the process that has made them.</summary>
    public bool EndsWithProcess => true;

    public static BpfLink Attach(BpfProgram program, string path, string provider, string name, UsdtOptions options)
    {
        string file = FileFunctions.Resolve(path);
        string description = $"{program.Name} on usdt {file}:{provider}:{name}";
        UsdtAttachment attachment = new(program.Usdt);
        try
        {
            attachment.AttachAll(program, file, NotesOf(file, provider, name), options);
            return new BpfLink(attachment, description);
        }
        catch
        {
            attachment.Detach();
            throw;
        }
    }

    public void Detach()
    {
        new BpfLinks(_links).Dispose();
        foreach (ulong address in _addresses) _specs?.RemoveAddress(address);
        foreach (uint id in _ids) _specs?.Release(id);
    }

    public Errno Replace(BpfHandle program) => Errno.NotSupported;

    private static List<UsdtNote> NotesOf(string file, string provider, string name)
    {
        try
        {
            // Not mapped: to read a mapped file that somebody cuts short ends the process.
            using ElfImage image = ElfImage.FromMemory(File.ReadAllBytes(file));
            List<UsdtNote> notes = UsdtNote.Find(image, provider, name);
            return notes.Count > 0 ? notes : throw new BpfException($"{file} has no USDT probe '{provider}:{name}'");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or MalformedDataException)
        {
            throw new BpfException($"cannot find USDT probes in {file}: {e.Message}", e);
        }
    }

    private void AttachAll(BpfProgram program, string file, List<UsdtNote> notes, UsdtOptions options)
    {
        bool hasCookies = KernelFeatures.UprobeCookies.Probe() == FeatureSupport.Yes;
        bool isMulti = program.ExpectedAttachType == BpfAttachType.TraceUprobeMulti;
        Dictionary<string, uint> known = new(StringComparer.Ordinal);
        UprobeSite[] sites = new UprobeSite[notes.Count];
        for (int i = 0; i < sites.Length; i++)
        {
            // A probe that the compiler has put into many places has its arguments at few: those share a specification.
            uint id = 0;
            if (_specs is not null && !known.TryGetValue(notes[i].Arguments, out id))
            {
                known[notes[i].Arguments] = id = _specs.Add(ArgumentsOf(notes[i]), options.Cookie);
                _ids.Add(id);
            }

            sites[i] = new UprobeSite(notes[i].FileOffset, _specs is null ? options.Cookie : id) { SemaphoreOffset = notes[i].SemaphoreOffset };
            if (!hasCookies && _specs is not null) NoteAddress(file, sites[i], options.Pid);
        }

        if (isMulti)
        {
            _links.Add(program.AttachUprobes(file, sites, new UprobeMultiOptions { Pid = options.Pid }));
            return;
        }

        foreach (UprobeSite site in sites)
        {
            UprobeOptions one = new() { Pid = options.Pid, Cookie = hasCookies ? site.Cookie : null, SemaphoreOffset = site.SemaphoreOffset };
            _links.Add(program.AttachUprobe(file, site.FileOffset, one));
        }
    }

    private void NoteAddress(string file, in UprobeSite site, int? pid)
    {
        int process = pid ?? throw new FeatureNotSupportedException(
            "USDT arguments of every process", KernelFeatures.UprobeCookies.FirstKernelVersion, $"name one process, see {nameof(UsdtOptions)}.{nameof(UsdtOptions.Pid)}");
        ulong address = ProcessCode.AddressOf(process, file, site.FileOffset);
        _specs!.SetAddress(address, (uint)site.Cookie);
        _addresses.Add(address);
    }

    private static UsdtArgument[] ArgumentsOf(UsdtNote note)
    {
        try
        {
            return UsdtArgument.ParseAll(note.Arguments, RuntimeInformation.ProcessArchitecture);
        }
        catch (FormatException e)
        {
            throw new BpfException($"cannot attach to USDT probe '{note.Provider}:{note.Name}': {e.Message}", e);
        }
    }
}
