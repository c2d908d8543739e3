namespace Emleak.Output;

/// <summary>How functions are named in a trace's outputs.</summary>
/// <param name="Original">In the original's files and on standard output.</param>
/// <param name="Readable">In every further format.</param>
internal sealed record OutputNames(FrameNames Original, FrameNames Readable)
{
    /// <summary>The original writes names as they are stored, and goes on so unless a style is asked for.</summary>
    public static OutputNames For(NameStyle? wanted) => new(new FrameNames(wanted ?? NameStyle.Mangled), new FrameNames(wanted ?? NameStyle.Full));
}
