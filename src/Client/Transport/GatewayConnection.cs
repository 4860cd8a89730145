using Grpc.Core;
using Grpc.Net.Client;
using OrleansSync.Protocol.V1;
using Encoded = OrleansSync.Protocol.Encoded;
using Limits = OrleansSync.Core.Limits;
using SyncClient = OrleansSync.Protocol.V1.Sync.SyncClient;

namespace OrleansSync.Client.Transport;

/// <summary>
/// The channel to one gateway. Every call carries the bearer token of the moment, every wait for an answer is bounded, and every
/// failure leaves as a <see cref="SyncException"/>.
/// </summary>
internal sealed class GatewayConnection : IDisposable
{
    private readonly Uri _gateway;
    private readonly TimeProvider _time;
    private readonly TimeSpan _timeout;
    private readonly GrpcChannel _channel;
    private readonly CallInvoker _calls;
    private readonly SyncClient _client;

    public GatewayConnection(Uri gateway, ISyncCredentials credentials, SyncStoreOptions options)
    {
        _gateway = gateway;
        _time = options.TimeProvider;
        _timeout = options.CallTimeout;
        Tokens = new TokenSource(credentials);
        _channel = GrpcChannel.ForAddress(gateway, new GrpcChannelOptions
        {
            HttpHandler = options.HttpHandler ?? PlatformHandler(),
            // A handler that was handed in belongs to whoever made it.
            DisposeHttpClient = options.HttpHandler is null,
            LoggerFactory = options.LoggerFactory,
        });
        _calls = _channel.CreateCallInvoker();
        _client = new SyncClient(_calls);
    }

    public TokenSource Tokens { get; }

    public Task<HandshakeResponse> HandshakeAsync(HandshakeRequest request, CancellationToken cancellationToken) =>
        AnswerAsync("Handshake", async token => await _client.HandshakeAsync(request, await HeadersAsync(token), cancellationToken: token), cancellationToken);

    /// <summary>The call lives until it is disposed.</summary>
    public async Task<AsyncDuplexStreamingCall<PushRequest, PushResponse>> PushAsync(CancellationToken cancellationToken) =>
        _client.Push(await HeadersAsync(cancellationToken), cancellationToken: CancellationToken.None);

    /// <summary>The call lives until it is disposed or <paramref name="cancellationToken"/> ends it; so does the next one.</summary>
    public async Task<AsyncServerStreamingCall<Encoded.PullResponse>> PullAsync(PullRequest request, CancellationToken cancellationToken) =>
        _calls.AsyncServerStreamingCall(PageMethods.Pull, host: null, await OptionsAsync(cancellationToken), request);

    public async Task<AsyncServerStreamingCall<Encoded.WatchResponse>> WatchAsync(WatchRequest request, CancellationToken cancellationToken) =>
        _calls.AsyncServerStreamingCall(PageMethods.Watch, host: null, await OptionsAsync(cancellationToken), request);

    public async Task<AsyncServerStreamingCall<Encoded.ReconcileResponse>> ReconcileAsync(
        ReconcileRequest request, CancellationToken cancellationToken) =>
        _calls.AsyncServerStreamingCall(PageMethods.Reconcile, host: null, await OptionsAsync(cancellationToken), request);

    /// <summary>The next message of a stream, which must come within <see cref="SyncStoreOptions.CallTimeout"/>; <c>null</c>: its end.</summary>
    public Task<T?> NextAsync<T>(string call, IAsyncStreamReader<T> stream, CancellationToken cancellationToken)
        where T : class =>
        AnswerAsync(call, async token => await stream.MoveNext(token) ? stream.Current : null, cancellationToken);

    /// <summary>The next message of a stream that may be silent for any time; <c>null</c>: its end.</summary>
    public Task<T?> NextOfSilentAsync<T>(IAsyncStreamReader<T> stream, CancellationToken cancellationToken)
        where T : class =>
        MapAsync(async () => await stream.MoveNext(cancellationToken) ? stream.Current : null, cancellationToken);

    /// <summary>One step of a call that must be answered in time.</summary>
    public Task<T> AnswerAsync<T>(string call, Func<CancellationToken, Task<T>> step, CancellationToken cancellationToken) =>
        MapAsync(() => WithinAsync(call, step, cancellationToken), cancellationToken);

    /// <summary>The same, for a caller that deals with the status itself: an <see cref="RpcException"/> leaves as it is.</summary>
    public async Task<T> WithinAsync<T>(string call, Func<CancellationToken, Task<T>> step, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(_timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            return await step(either.Token);
        }
        catch (Exception failure) when (failure is OperationCanceledException or RpcException && either.IsCancellationRequested)
        {
            // gRPC tells of this side's own cancellation in the same way as of the server's faults.
            cancellationToken.ThrowIfCancellationRequested();
            throw SyncErrorCodes.NoAnswer(_gateway, call, _timeout);
        }
    }

    private async Task<T> MapAsync<T>(Func<Task<T>> step, CancellationToken cancellationToken)
    {
        try
        {
            return await step();
        }
        catch (RpcException failure)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw StatusMapper.Map(failure, _gateway);
        }
        catch (IOException failure)
        {
            // A connection that breaks under a stream may tell so before gRPC has made a status of it.
            cancellationToken.ThrowIfCancellationRequested();
            throw SyncErrorCodes.CannotReach(_gateway, failure);
        }
    }

    public void Dispose() => _channel.Dispose();

    private async ValueTask<CallOptions> OptionsAsync(CancellationToken cancellationToken) =>
        new(await HeadersAsync(cancellationToken), cancellationToken: cancellationToken);

    private async ValueTask<Metadata> HeadersAsync(CancellationToken cancellationToken) =>
        new() { { "authorization", $"Bearer {await Tokens.GetAsync(cancellationToken)}" } };

    private static SocketsHttpHandler PlatformHandler() => new()
    {
        // A watch is silent for hours: without pings a dead network is noticed only at the next push.
        KeepAlivePingDelay = TimeSpan.FromSeconds(30),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5),
        EnableMultipleHttp2Connections = true,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        // Room for a page on its way and the next one. The platform begins with 64 KiB and learns the rest by round trips: a first page of
        // 1 MiB would take a dozen of them.
        InitialHttp2StreamWindowSize = 2 * Limits.Default.PageBytes,
    };
}
