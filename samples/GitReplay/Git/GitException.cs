namespace OrleansSync.Samples.GitReplay.Git;

/// <summary>git could not be run, ended with an error, or printed what it never prints.</summary>
internal sealed class GitException(string message, Exception? innerException = null) : Exception(message, innerException);
