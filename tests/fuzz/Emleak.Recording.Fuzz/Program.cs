using Emleak.Fuzzing;
using Emleak.Recordings.Fuzz;

return FuzzProgram.Run(FuzzTargets.Suite, args);
