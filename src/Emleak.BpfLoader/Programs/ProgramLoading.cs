using System.Text;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Programs;

/// <summary>Hands finished instructions to the verifier.</summary>
/// <param name="Object">The object that the programs belong to: its license, its source lines.</param>
/// <param name="Types">The object's types in the kernel.</param>
/// <param name="LogLevel">See <see cref="LoadOptions.LogLevel"/>.</param>
internal sealed record ProgramLoading(BpfObject Object, BtfUpload Types, int LogLevel)
{
    private const int FunctionRecordSize = 2 * sizeof(uint);
    private const int LineRecordSize = 4 * sizeof(uint);
    private const uint LeastLogLevel = 1;

    private BpfHandle? Btf => Types.Handle;

    /// <exception cref="VerifierException">The kernel refuses the program.</exception>
    /// <param name="program">What is loaded.</param>
    /// <param name="instructions">Its instructions, complete.</param>
    /// <param name="target">The kernel's type that it is verified against.</param>
    /// <param name="modules">The modules that calls refer to by their offset field, from 1.</param>
    public unsafe BpfProgram Load(ProgramSpec program, BpfInstruction[] instructions, TracingTarget target, IReadOnlyList<KernelModule> modules)
    {
        MaskedKernel.Check(program, instructions);
        uint[] functions = Btf is null ? [] : FunctionRecords(program.Functions);
        uint[] lines = Btf is null ? [] : LineRecords(program.Lines);
        int[] modulesByNumber = modules.Count == 0 ? [] : [0, .. modules.Select(static module => module.Handle.Descriptor)];
        fixed (BpfInstruction* code = instructions)
        fixed (int* descriptors = modulesByNumber)
        fixed (byte* license = Encoding.UTF8.GetBytes(Object.License + '\0'))
        fixed (uint* functionRecords = functions, lineRecords = lines)
        {
            BpfAttr attr = Describe(program);
            attr.Insns = (ulong)code;
            attr.InsnCnt = (uint)instructions.Length;
            attr.License = (ulong)license;
            attr.FdArray = (ulong)descriptors;
            attr.AttachBtfId = target.Type.Value;
            if (target.Member is int member) attr.ExpectedAttachType = (uint)member;
            // One field: whose types these are.
            attr.AttachBtfObjFd = (uint)(target.Module?.Handle.Descriptor ?? target.Program?.FileDescriptor ?? 0);
            attr.FuncInfo = (ulong)functionRecords;
            attr.FuncInfoCnt = (uint)(functions.Length * sizeof(uint) / FunctionRecordSize);
            attr.FuncInfoRecSize = functions.Length == 0 ? 0 : (uint)FunctionRecordSize;
            attr.LineInfo = (ulong)lineRecords;
            attr.LineInfoCnt = (uint)(lines.Length * sizeof(uint) / LineRecordSize);
            attr.LineInfoRecSize = lines.Length == 0 ? 0 : (uint)LineRecordSize;
            return functions.Length == 0 ? Submit(program, &attr) : SubmitWithBtf(program, &attr);
        }
    }

    private unsafe BpfProgram SubmitWithBtf(ProgramSpec program, BpfAttr* attr)
    {
        using BpfHandle.Lease btf = Btf!.Borrow();
        attr->ProgBtfFd = btf.Descriptor;
        return Submit(program, attr);
    }

    private unsafe BpfProgram Submit(ProgramSpec program, BpfAttr* attr)
    {
        string log = "";
        BpfHandle? handle = null;
        Errno errno = Errno.None;
        // Writing the log costs the verifier more time than verifying.
        if (LogLevel == 0) errno = BpfSyscall.LoadProgram(attr, out handle);
        if (handle is null)
        {
            Errno logged = VerifierLogBuffer.Load(attr, Math.Max(LeastLogLevel, (uint)LogLevel), out handle, out log);
            // ENOSPC is about the log alone: what the verifier thinks of the program it says without one.
            if (logged != Errno.NoSpace) errno = logged;
            else if (LogLevel != 0) errno = VerifierLogBuffer.LoadWithout(attr, out handle);
        }

        return handle is null ? throw VerifierReport.Describe(Object, program, errno, log, Types.Refusal) : new BpfProgram(program, handle, log);
    }

    private static BpfAttr Describe(ProgramSpec program)
    {
        BpfAttr attr = default;
        attr.ProgType = (uint)program.Type;
        attr.ExpectedAttachType = (uint)program.ExpectedAttachType;
        attr.ProgFlags = program.LoadFlags;
        attr.KernVersion = KernelVersion.Code;
        KernelName.Write(program.Name, attr.ProgName);
        return attr;
    }

    private static uint[] FunctionRecords(IReadOnlyList<FunctionInfo> functions)
    {
        uint[] records = new uint[functions.Count * (FunctionRecordSize / sizeof(uint))];
        int at = 0;
        foreach (FunctionInfo function in functions)
        {
            records[at++] = (uint)function.Instruction;
            records[at++] = function.Type.Value;
        }

        return records;
    }

    private static uint[] LineRecords(IReadOnlyList<LineInfo> lines)
    {
        uint[] records = new uint[lines.Count * (LineRecordSize / sizeof(uint))];
        int at = 0;
        foreach (LineInfo line in lines)
        {
            records[at++] = (uint)line.Instruction;
            records[at++] = line.FileNameOffset;
            records[at++] = line.LineOffset;
            records[at++] = line.Location;
        }

        return records;
    }
}
