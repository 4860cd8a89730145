using System.Text.Json.Nodes;
using OrleansSync.Chaos.History;
using OrleansSync.Chaos.Workload;
using OrleansSync.Core;

namespace OrleansSync.Chaos.Checking.Checks;

/// <summary>
/// What transactions keep true of a type's documents together is true in the database at every sequence, and of whatever
/// an app sees at one moment, its own pending writes included.
/// </summary>
internal sealed class WholenessCheck : ICheck
{
    public IEnumerable<Violation> Run(UserRecord user)
    {
        foreach (var device in user.Devices)
        {
            foreach (var read in device.Events.OfType<Read>())
            {
                var documents = read.Documents.Values.Select(static document => JsonNode.Parse(document)!.AsObject());
                if (Workloads.Of(read.Type).Breaks(documents) is { } fact)
                    yield return new Violation(ViolationKind.Torn, $"{device.Name} saw {read.Type} with a transaction by half: {fact}");
            }
        }

        foreach (var kind in Workloads.All)
        {
            var entities = user.Timeline.Entities.Where(entity => entity.Type == kind.Schema.Type).ToArray();
            foreach (var sequence in entities.SelectMany(user.Timeline.Versions).Select(static row => row.Sequence).Distinct().Order())
            {
                var live = entities.Select(entity => user.Timeline.At(entity, sequence)).OfType<EntityRow>().Where(static row => !row.Deleted)
                    .Select(static row => JsonNode.Parse(RowEncoding.EncodeDocument(row))!.AsObject());
                if (kind.Breaks(live) is { } fact)
                    yield return new Violation(ViolationKind.Torn, $"{user.User} at commit {sequence} holds {kind.Schema.Type} with a transaction by half: {fact}");
            }
        }
    }
}
