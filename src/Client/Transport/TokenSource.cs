namespace OrleansSync.Client.Transport;

/// <summary>The bearer token of each call, and its renewal after a refusal.</summary>
internal sealed class TokenSource(ISyncCredentials credentials)
{
    private readonly Lock _gate = new();
    private string? _lastSent;
    private string? _refused;
    private string? _renewed;

    /// <exception cref="SyncException">Nobody is signed in.</exception>
    public async ValueTask<string> GetAsync(CancellationToken cancellationToken)
    {
        var token = await credentials.GetTokenAsync(refused: null, cancellationToken);
        lock (_gate)
        {
            // Credentials may go on answering what they have cached; what they answered to the refusal is what counts.
            if (token is not null && token == _refused && _renewed is not null) token = _renewed;
            return _lastSent = token ?? throw SyncErrorCodes.NobodySignedIn();
        }
    }

    /// <summary>Asks for another token in place of the one that was refused. False: there is none.</summary>
    public async ValueTask<bool> RenewAsync(CancellationToken cancellationToken)
    {
        string? refused;
        lock (_gate) refused = _lastSent;
        var token = await credentials.GetTokenAsync(refused, cancellationToken);
        lock (_gate) (_refused, _renewed) = (refused, token);
        return token is not null && token != refused;
    }
}
