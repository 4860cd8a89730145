using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using OrleansSync.Core;

namespace OrleansSync.Generators;

/// <summary>
/// Rows and operations as text: complete, so equal texts mean equal contents. Records with immutable arrays do not
/// compare by content, and a difference of two texts can be read.
/// </summary>
public static class Describe
{
    public static string Row(EntityRow? row)
    {
        if (row is null) return "absent";
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{row.Key} #{row.Sequence} g{row.Generation} deleted={row.Deleted}@{row.DeletedAt}");
        text.Append(CultureInfo.InvariantCulture, $" k={row.DocumentStamp} edit={row.LastEdit} delete={row.LastDelete}");
        text.Append(CultureInfo.InvariantCulture, $" birth={row.Birth} births=[{string.Join(',', row.Births)}]");
        text.Append(CultureInfo.InvariantCulture, $" changes={row.Changes} edits={row.Edits}\n");
        foreach (var field in row.Fields) text.Append("  ").Append(Field(field)).Append('\n');
        return text.ToString();
    }

    public static string Field(Field field) => field switch
    {
        PlainField plain => $"{plain.Name} = {plain.Value?.ToString() ?? "removed"} ({plain.Stamp})",
        CounterField counter => $"{counter.Name} + {counter.Value}",
        SetFieldValue set => $"{set.Name} {{ {string.Join("; ", set.Entries.Select(Entry))} }}",
        _ => throw new ArgumentOutOfRangeException(nameof(field)),
    };

    public static string Operation(Operation operation)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{operation.Id} of {operation.Device} at {operation.Counter}: ");
        text.Append(CultureInfo.InvariantCulture, $"{operation.Kind} {operation.Entity} g{operation.Generation}");
        text.Append(CultureInfo.InvariantCulture, $" base={operation.Base} seen={operation.Seen} whole={operation.WholeDocumentCounter}");
        text.Append(CultureInfo.InvariantCulture, $" transaction={operation.Transaction}\n");
        foreach (var change in operation.Changes) text.Append("  ").Append(Change(change)).Append('\n');
        foreach (var before in operation.Before)
        {
            text.Append(CultureInfo.InvariantCulture, $"  before {before.Field} = {before.Value?.ToString() ?? "absent"}\n");
        }

        return text.ToString();
    }

    public static string Change(FieldChange change) => $"{change.Field}@{change.Counter} " + change switch
    {
        SetField set => $"= {set.Value}",
        RemoveField => "removed",
        IncrementField increment => $"+ {increment.Delta}",
        AddElement add => $"add {Element(add.Element)} #{add.Index} saw [{Tags(add.Observed)}]",
        RemoveElement remove => $"drop {Element(remove.Element)} saw [{Tags(remove.Observed)}]",
        _ => throw new ArgumentOutOfRangeException(nameof(change)),
    };

    private static string Entry(SetEntry entry) => $"{Element(entry.Element)} [{Tags(entry.Tags)}]";

    private static string Element(SetElement element) => element.Text is { } text ? $"'{text}'" : element.ToString();

    private static string Tags(ImmutableArray<ElementTag> tags) =>
        string.Join(", ", tags.Select(static tag => $"{tag.Counter}@{tag.Device}#{tag.Index}"));
}
