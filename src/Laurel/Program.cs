using Laurel.Commands;

return await CommandLine.Run(args);
