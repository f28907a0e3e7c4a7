// Public surface of @waferc/testkit/programs: random legal programs, and programs with one fault.
export { randomProgram } from "./random-program.ts";
export type { RandomProgram, RandomProgramOptions, RandomRun } from "./random-program.ts";
export type { ProgramFeatures } from "./features.ts";
export { mutantWeights } from "./mutants/mutator.ts";
export type { Fault, Mutant, Mutator, WeightFault } from "./mutants/mutator.ts";
export { MUTATORS, mutate } from "./mutants/mutators.ts";
