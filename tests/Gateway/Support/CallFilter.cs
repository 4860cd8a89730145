using Orleans;

namespace OrleansSync.Gateway.Tests.Support;

/// <summary>Stands between the gateway and the grains, and between the grains and the gateway's observers.</summary>
public sealed class CallFilter : IOutgoingGrainCallFilter
{
    private readonly Lock _gate = new();
    private Func<IOutgoingGrainCallContext, Task>? _handler;
    private string? _method;

    /// <summary>From now on calls of this method come to the handler, which passes them on or not.</summary>
    public void On(string method, Func<IOutgoingGrainCallContext, Task> handler)
    {
        lock (_gate) (_method, _handler) = (method, handler);
    }

    public Task Invoke(IOutgoingGrainCallContext context)
    {
        Func<IOutgoingGrainCallContext, Task>? handler;
        lock (_gate) handler = context.InterfaceMethod.Name == _method ? _handler : null;
        return handler is null ? context.Invoke() : handler(context);
    }
}
