using System.Net;

namespace OrleansSync.Testing.Network;

/// <summary>An answer that breaks with its connection.</summary>
internal sealed class BreakableContent : HttpContent
{
    private readonly HttpContent _inner;
    private readonly CancellationTokenSource _call;
    private readonly Func<Stream, Stream> _wrap;

    /// <param name="inner">The answer as the server gives it.</param>
    /// <param name="call">Ends the call at the server; disposed with the answer.</param>
    /// <param name="breaksAt">Whether the connection breaks instead of carrying this message.</param>
    /// <param name="broken">The connection is broken.</param>
    public BreakableContent(HttpContent inner, CancellationTokenSource call, Func<ReadOnlyMemory<byte>, bool> breaksAt, CancellationToken broken)
    {
        (_inner, _call) = (inner, call);
        _wrap = stream => new MessageStream(new BreakableStream(stream, broken), breaksAt);
        foreach (var header in inner.Headers) Headers.TryAddWithoutValidation(header.Key, header.Value);
    }

    protected override async Task<Stream> CreateContentReadStreamAsync() => _wrap(await _inner.ReadAsStreamAsync());

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await using var from = await CreateContentReadStreamAsync();
        await from.CopyToAsync(stream);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = -1;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner.Dispose();
            _call.Dispose();
        }

        base.Dispose(disposing);
    }
}
