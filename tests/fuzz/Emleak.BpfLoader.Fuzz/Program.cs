using Emleak.BpfLoader.Fuzz;
using Emleak.Fuzzing;

return FuzzProgram.Run(FuzzTargets.Suite, args);
