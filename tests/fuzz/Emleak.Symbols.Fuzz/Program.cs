using Emleak.Fuzzing;
using Emleak.Symbols.Fuzz;

return FuzzProgram.Run(FuzzTargets.Suite, args);
