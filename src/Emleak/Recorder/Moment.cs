using Emleak.Recordings.Model;

namespace Emleak.Recorder;

/// <summary>What a trace has found up to a moment. Others may read it while the trace goes on.</summary>
/// <param name="Recording">All of it.</param>
/// <param name="Revision">See <see cref="RecordingBuilder.Revision"/>.</param>
/// <param name="Time">The moment.</param>
/// <param name="Live">The stacks that hold something, ascending by bytes.</param>
internal sealed record Moment(Recording Recording, int Revision, DateTimeOffset Time, IReadOnlyList<LiveStack> Live);
