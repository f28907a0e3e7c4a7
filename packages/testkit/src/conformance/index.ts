// Public surface of @waferc/testkit/conformance: the suites of others, run on the importer and the reference evaluator.
export { printConformancePage } from "./conformance-page.ts";
export type { SuiteResult } from "./conformance-page.ts";
export { parseExpected, printExpected } from "./expected-status.ts";
export type { ExpectedCase, Status } from "./expected-status.ts";
export { OFFICIAL_TOLERANCE } from "./onnx-cases.ts";
export { missingCases, runSuite, statusChanges } from "./run-suite.ts";
export type { CaseFilter, CaseRow } from "./run-suite.ts";
export { SUITES } from "./suites.ts";
export type { CaseFacts, Suite, Tier } from "./suites.ts";
