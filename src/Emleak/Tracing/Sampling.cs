using Emleak.BpfLoader;
using Emleak.BpfLoader.Object;
using Emleak.Recordings.Model;
using Emleak.Tracing.Records;

namespace Emleak.Tracing;

/// <summary>Tells the programs which allocations count (bpf/sampling.h), and reads what they count.</summary>
internal static class Sampling
{
    /// <summary>The largest mean distance between samples: weights have 34 bits before the point.</summary>
    public const long LargestDistance = 1L << 34;

    private const int FractionShift = (int)SamplingUnits.FractionShift;

    /// <summary>Sets the programs' constants.</summary>
    public static void Prepare(BpfObject spec, AllocationFilter filter)
    {
        if (!filter.Selects) return;
        spec.SetConstant("selects", (byte)1);
        spec.SetConstant("min_size", (ulong)filter.MinSize);
        spec.SetConstant("max_size", (ulong)filter.MaxSize);
        spec.SetConstant("sample_bytes", (ulong)filter.SampleBytes);
        spec.SetConstant("sample_scale", (ulong)Math.Round(filter.SampleBytes * Math.Log(2) * (1 << (int)SamplingUnits.ScaleShift)));
    }

    /// <summary>Gives the programs their functions.</summary>
    public static void FillTables(BpfCollection programs)
    {
        SamplingTables tables = default;
        Span<uint> logarithms = tables.Log2;
        for (int i = 0; i < logarithms.Length; i++) logarithms[i] = Fixed(Math.Log2(1 + (i / (double)(1 << (int)SamplingUnits.Log2StepsShift))));
        Span<uint> weights = tables.Weights;
        for (int i = 0; i < weights.Length; i++)
        {
            double blocks = (int)SamplingUnits.WeightStart + (i / (double)(1 << (int)SamplingUnits.WeightStepsShift));
            weights[i] = Fixed(1 / (1 - Math.Exp(-blocks)));
        }

        programs.Maps["sampling_tables"].As<uint, SamplingTables>().Update(0, tables);
    }

    /// <summary>How many blocks a total stands for.</summary>
    public static long CountOf(in Total total, AllocationFilter filter) =>
        filter.IsSampled ? (total.Count + (1 << (FractionShift - 1))) >> FractionShift : total.Count;

    private static uint Fixed(double value) => (uint)Math.Round(value * (1 << FractionShift));
}
