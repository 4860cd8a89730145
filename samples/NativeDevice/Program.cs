using System.CommandLine;
using OrleansSync.Samples.NativeDevice;

// Without a parser of its own the library would look for a constructor by reflection.
var gateway = new Argument<Uri?>("gateway")
{
    Description = "Where the server listens, such as http://localhost:5080.",
    CustomParser = static result =>
    {
        if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var address)) return address;
        result.AddError($"'{result.Tokens[0].Value}' is no address. Give one such as http://localhost:5080.");
        return null;
    },
};
var user = new Option<string>("--user") { Description = "Whose notes; the development server takes the name as the token.", DefaultValueFactory = static _ => "ada" };
var database = new Option<FileInfo>("--database") { Description = "The device's database.", DefaultValueFactory = static _ => new FileInfo("notes.db") };
var write = new Option<int>("--write") { Description = "So many new notes before syncing.", DefaultValueFactory = static _ => 0 };
var command = new RootCommand("A device as one native program: it writes notes, syncs once, and says what it holds and what that took.")
{
    gateway, user, database, write,
};
command.SetAction((parsed, cancellationToken) => Device.RunAsync(
    parsed.GetRequiredValue(gateway)!, parsed.GetRequiredValue(user), parsed.GetRequiredValue(database), parsed.GetRequiredValue(write), cancellationToken));
return await command.Parse(args).InvokeAsync();
