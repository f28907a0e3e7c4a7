// What is expected of every exporter's file, as lines that are read in reviews: case, status (with the exit code of a refusal), compound ops with their counts.
import type { Counts } from "./compound-ops.ts";
import type { DialectVerdict } from "./judge-case.ts";

export function printCounts(counts: Counts): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
}

export function expectedLine({ name, status, exitCode, compounds }: DialectVerdict): string {
  return [name, exitCode === undefined ? status : `${status} ${exitCode}`, printCounts(compounds)].join("\t");
}

/** Lines that are not expected, and expected ones that did not come; both empty if all is well. */
export function compareExpected(verdicts: readonly DialectVerdict[], expected: string): string[] {
  const [actual, wanted] = [verdicts.map(expectedLine), expected.split("\n").filter((line) => line !== "")];
  return [
    ...actual.filter((line) => !wanted.includes(line)).map((line) => `now ${line}`),
    ...wanted.filter((line) => !actual.includes(line)).map((line) => `expected ${line}`),
  ];
}
