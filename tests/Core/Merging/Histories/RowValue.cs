namespace OrleansSync.Core.Tests.Merging.Histories;

/// <summary>
/// The value of a row: what must not depend on the order of arrival. The rest (sequence, births, pairs, time of deletion) is
/// about the order of arrival.
/// </summary>
public static class RowValue
{
    public static bool AreEqual(EntityRow? left, EntityRow? right)
    {
        if (left is null || right is null) return left is null && right is null;
        if (left.Generation != right.Generation || left.Deleted != right.Deleted || left.DocumentStamp != right.DocumentStamp
            || left.LastEdit != right.LastEdit || left.LastDelete != right.LastDelete || left.Fields.Length != right.Fields.Length)
        {
            return false;
        }

        for (var i = 0; i < left.Fields.Length; i++)
        {
            if (!AreEqual(left.Fields[i], right.Fields[i])) return false;
        }

        return true;
    }

    /// <summary>
    /// Whether nothing that follows tells the rows apart: they are equal in all that the stamp policies read, where a sequence
    /// counts as the one after it, because nobody pulled between the two. Enough for equal values ever after, not necessary.
    /// </summary>
    public static bool AreIndistinguishable(EntityRow? left, EntityRow? right, long sequence)
    {
        if (!AreEqual(left, right)) return false;
        if (left is null || right is null) return true;
        if (!IsSame(left.Sequence, right.Sequence) || !IsSame(left.Birth, right.Birth) || left.Births.Length != right.Births.Length) return false;
        for (var i = 0; i < left.Births.Length; i++)
        {
            if (!IsSame(left.Births[i], right.Births[i])) return false;
        }

        return SeesSame(left.Edits.First) && SeesSame(left.Edits.Second) && SeesSame(right.Edits.First) && SeesSame(right.Edits.Second)
            && IsSame(left.Edits.FirstSequence, right.Edits.FirstSequence);

        bool SeesSame(DeviceId device) => IsSame(left.Edits.LatestOfOthers(device), right.Edits.LatestOfOthers(device));

        bool IsSame(long one, long other) => one == other || (Math.Min(one, other) == sequence && Math.Max(one, other) == sequence + 1);
    }

    private static bool AreEqual(Field left, Field right)
    {
        if (left is not SetFieldValue one || right is not SetFieldValue other) return left.Equals(right);
        if (one.Name != other.Name || one.Entries.Length != other.Entries.Length) return false;
        for (var i = 0; i < one.Entries.Length; i++)
        {
            if (one.Entries[i].Element != other.Entries[i].Element) return false;
            if (!one.Entries[i].Tags.AsSpan().SequenceEqual(other.Entries[i].Tags.AsSpan())) return false;
        }

        return true;
    }
}
