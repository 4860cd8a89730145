using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;

namespace OrleansSync.Gateway.Tests.Support;

/// <summary>Looks at errors as a device does: the code, and the details of google.rpc.Status.</summary>
public static class StatusAssert
{
    public static async Task<RpcException> ThrowsAsync(StatusCode code, string reason, Func<Task> call)
    {
        var exception = await Assert.ThrowsAsync<RpcException>(call);
        Is(exception, code, reason);
        return exception;
    }

    public static void Is(RpcException exception, StatusCode code, string reason)
    {
        var info = Detail<ErrorInfo>(exception);
        var expected = (code, reason, "orleanssync");
        Assert.True(expected == (exception.StatusCode, info?.Reason, info?.Domain), $"Expected {expected}, but: {exception}");
    }

    public static void NamesField(RpcException exception, string path) =>
        Assert.Equal(path, Assert.Single(Detail<BadRequest>(exception)!.FieldViolations).Field);

    public static void TellsWhenToRetry(RpcException exception) =>
        Assert.True(Detail<RetryInfo>(exception)?.RetryDelay.ToTimeSpan() > TimeSpan.Zero, exception.Message);

    public static void NamesQuota(RpcException exception, string subject) =>
        Assert.Equal(subject, Assert.Single(Detail<QuotaFailure>(exception)!.Violations).Subject);

    public static T? Detail<T>(RpcException exception) where T : class, IMessage<T>, new() => exception.GetRpcStatus()?.GetDetail<T>();
}
