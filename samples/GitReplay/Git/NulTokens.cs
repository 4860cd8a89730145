using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace OrleansSync.Samples.GitReplay.Git;

/// <summary>Splits a stream at its NUL bytes, holding one token at a time.</summary>
internal static class NulTokens
{
    /// <summary>No path, name or header that git prints is longer.</summary>
    public const int MaxTokenBytes = 1024 * 1024;

    /// <summary>The tokens in order; what follows the last NUL is the last one, unless it is empty.</summary>
    public static async IAsyncEnumerable<byte[]> ReadAsync(
        Stream stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 64 * 1024, leaveOpen: true));
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(cancellationToken);
                var buffer = read.Buffer;
                while (buffer.PositionOf((byte)0) is { } end)
                {
                    yield return buffer.Slice(0, end).ToArray();
                    buffer = buffer.Slice(buffer.GetPosition(1, end));
                }
                if (read.IsCompleted)
                {
                    if (!buffer.IsEmpty) yield return buffer.ToArray();
                    break;
                }
                if (buffer.Length > MaxTokenBytes)
                    throw new InvalidDataException($"git printed {buffer.Length} bytes without a NUL; at most {MaxTokenBytes} are read.");
                reader.AdvanceTo(buffer.Start, buffer.End);
            }
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }
}
