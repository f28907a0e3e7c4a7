// Public surface of @waferc/check.
export { CODES } from "./codes.ts";
export { checkProgram, DEFAULT_BUDGET } from "./check-program.ts";
export type { CheckOptions, CheckProgress, CheckResult, Verdict } from "./check-program.ts";
