namespace OrleansSync.Protocol.Encoded;

/// <summary>What is wrong with a part of a row; who reads the page knows which one it is.</summary>
internal sealed class MalformedRowException(string path, string fact) : Exception($"{path} {fact}")
{
    public static void Require(bool holds, string path, string fact)
    {
        if (!holds) throw new MalformedRowException(path, fact);
    }
}
