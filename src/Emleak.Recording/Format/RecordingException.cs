namespace Emleak.Recordings.Format;

/// <summary>A file is not a recording, is damaged, or is newer than this version can read. The message says which, for people.</summary>
public sealed class RecordingException : Exception
{
    /// <param name="message">What is wrong.</param>
    /// <param name="cause">What was thrown inside; null for nothing.</param>
    public RecordingException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}
