// Public surface of @waferc/testkit/filetest: the runner of text tests. A package's filetests are one vitest file:
//   runFiletests(new URL("program/", import.meta.url), { levels: [programLevel] });
export {
  catCommand,
  compareErrors,
  comparePrecise,
  findErrors,
  FiletestMismatch,
  locateDiagnostics,
} from "./commands.ts";
export { verifyCommand } from "./commands.ts";
export type { FiletestCommand, FiletestContext, FiletestLevel, LocatedDiagnostic } from "./commands.ts";
export { argumentOf, parseFiletest, stripComments } from "./filetest.ts";
export type { ExpectedError, Filetest, FiletestInvocation } from "./filetest.ts";
export { runExamples, runFiletests } from "./runner.ts";
export type { RunFiletestsOptions } from "./runner.ts";
