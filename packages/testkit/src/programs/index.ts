// Public surface of @waferc/testkit/programs: random legal programs.
export { randomProgram } from "./random-program.ts";
export type { RandomProgram, RandomProgramOptions } from "./random-program.ts";
export type { ProgramFeatures } from "./plan.ts";
