using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;

var config = DefaultConfig.Instance.AddJob(Job.ShortRun.AsDefault());
var summaries = BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, config).ToList();

// A setup that finds a wrong result ends its benchmark without a measurement, and BenchmarkDotNet goes on.
var measured = summaries.TrueForAll(static summary =>
    !summary.HasCriticalValidationErrors && summary.Reports.All(static report => report.Success));
return measured ? 0 : 1;
