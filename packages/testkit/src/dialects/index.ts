// Public surface of @waferc/testkit/dialects: exporters' files before and after canonicalisation.
export type { Counts } from "./compound-ops.ts";
export { readDialectCases } from "./dialect-cases.ts";
export type { DialectCase } from "./dialect-cases.ts";
export { compareFamilies } from "./families.ts";
export type { FamilyTable } from "./families.ts";
export { compareExpected, expectedLine, printCounts } from "./expected.ts";
export { canonicalizeCase, judgeCase } from "./judge-case.ts";
export type { CanonicalRun, DialectVerdict } from "./judge-case.ts";
