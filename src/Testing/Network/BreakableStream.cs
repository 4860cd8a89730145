namespace OrleansSync.Testing.Network;

/// <summary>Reads until the connection breaks; then every read fails, those that wait too.</summary>
internal sealed class BreakableStream(Stream inner, CancellationToken broken) : ReadOnlyStream
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, broken);
        try
        {
            return await inner.ReadAsync(buffer, either.Token);
        }
        catch (Exception failure) when (broken.IsCancellationRequested)
        {
            throw new IOException("The connection was cut.", failure);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
