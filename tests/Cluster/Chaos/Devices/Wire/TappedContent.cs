using System.Net;

namespace OrleansSync.Chaos.Devices.Wire;

/// <summary>A request's content whose bytes are shown before they are sent.</summary>
internal sealed class TappedRequest : HttpContent
{
    private readonly HttpContent _inner;
    private readonly MessageFrames _frames;

    public TappedRequest(HttpContent inner, MessageFrames frames)
    {
        (_inner, _frames) = (inner, frames);
        foreach (var (name, values) in inner.Headers) Headers.TryAddWithoutValidation(name, values);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        _inner.CopyToAsync(new TappedStream(stream, _frames), context, cancellationToken);

    protected override bool TryComputeLength(out long length)
    {
        length = -1;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _inner.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>A response's content whose bytes are shown before they are read.</summary>
internal sealed class TappedResponse : HttpContent
{
    private readonly HttpContent _inner;
    private readonly MessageFrames _frames;

    public TappedResponse(HttpContent inner, MessageFrames frames)
    {
        (_inner, _frames) = (inner, frames);
        foreach (var (name, values) in inner.Headers) Headers.TryAddWithoutValidation(name, values);
    }

    protected override async Task<Stream> CreateContentReadStreamAsync() =>
        new TappedStream(await _inner.ReadAsStreamAsync(), _frames);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => _inner.CopyToAsync(stream, context);

    protected override bool TryComputeLength(out long length)
    {
        length = -1;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _inner.Dispose();
        base.Dispose(disposing);
    }
}
