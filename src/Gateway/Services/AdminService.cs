using Google.Protobuf;
using Grpc.Core;
using OrleansSync.Backend;
using OrleansSync.Core;
using OrleansSync.Gateway.Errors;
using OrleansSync.Grains.Contracts;
using OrleansSync.Protocol;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Gateway.Services;

/// <summary>What operators ask, about the user whom the message names.</summary>
internal sealed class AdminService(ISyncAdmin admin) : Admin.AdminBase
{
    public override async Task<ListDeadLettersResponse> ListDeadLetters(ListDeadLettersRequest request, ServerCallContext context)
    {
        var user = UserOf(request.User);
        if (request.PageSize is < 0 or > ISyncAdmin.MaxPage)
            throw Requests.Fault(FaultCode.OutOfRange, "page_size", $"The number is from 0 to {ISyncAdmin.MaxPage}; this one is {request.PageSize}.");
        var before = ListToken.Read(request.PageToken);
        var page = await admin.ListDeadLettersAsync(user, before, request.PageSize == 0 ? ISyncAdmin.MaxPage : request.PageSize, context.CancellationToken);
        return new ListDeadLettersResponse
        {
            Letters = { page.Letters.Select(AdminMapping.ToWire) },
            PageToken = page.Next is { } next ? ListToken.Of(next) : ByteString.Empty,
        };
    }

    public override async Task<GetDeadLetterResponse> GetDeadLetter(GetDeadLetterRequest request, ServerCallContext context)
    {
        var (user, operation) = (UserOf(request.User), OperationOf(request.OperationId));
        var letter = await admin.FindDeadLetterAsync(user, operation, context.CancellationToken) ?? throw SyncErrors.DeadLetterUnknown();
        return new GetDeadLetterResponse { Letter = AdminMapping.ToWire(letter) };
    }

    public override async Task<ReplayDeadLetterResponse> ReplayDeadLetter(ReplayDeadLetterRequest request, ServerCallContext context)
    {
        var (user, operation) = (UserOf(request.User), OperationOf(request.OperationId));
        var replay = new DeadLetterReplay { AsCreate = request.AsCreate };
        if (request.Changes.Count > 0)
        {
            if (!OperationMapping.TryReadChanges(request.Changes, out var changes, out var fault)) throw SyncErrors.Of(fault);
            replay = replay with { Changes = changes };
        }

        try
        {
            var result = await admin.ReplayDeadLetterAsync(user, operation, replay, context.CancellationToken) ?? throw SyncErrors.DeadLetterUnknown();
            return new ReplayDeadLetterResponse { Outcome = OutcomeMapping.ToWire(result.Outcome), Before = result.Before };
        }
        catch (InvalidOperationException)
        {
            throw SyncErrors.ReplaysExhausted();
        }
    }

    public override async Task<DiscardDeadLetterResponse> DiscardDeadLetter(DiscardDeadLetterRequest request, ServerCallContext context)
    {
        var (user, operation) = (UserOf(request.User), OperationOf(request.OperationId));
        return new DiscardDeadLetterResponse { Discarded = await admin.DiscardDeadLetterAsync(user, operation, context.CancellationToken) };
    }

    public override async Task<WhereIsResponse> WhereIs(WhereIsRequest request, ServerCallContext context)
    {
        var (user, operation) = (UserOf(request.User), OperationOf(request.OperationId));
        return AdminMapping.ToWire(await admin.WhereIsAsync(user, operation, context.CancellationToken));
    }

    private static string UserOf(string user) => UserId.IsValid(user) ? user : throw Requests.Fault(FaultCode.InvalidText, "user", UserId.Rule);

    private static OperationId OperationOf(ByteString id) => WireIds.TryRead(id, out Guid operation)
        ? new OperationId(operation)
        : throw Requests.Fault(FaultCode.InvalidUuid, "operation_id", "An operation id is a UUID: 16 bytes, big-endian, that are not all zero.");
}
