// Runs suites and compares what became of every case with the expected status that is checked in.
import type { ExpectedCase } from "./expected-status.ts";
import { runCase, type CaseResult } from "./onnx-cases.ts";
import type { CaseFacts, Suite, Tier } from "./suites.ts";

export interface CaseRow extends CaseResult {
  readonly name: string;
  readonly facts: CaseFacts | undefined;
}

/** Which cases to run; all of them unless stated. */
export interface CaseFilter {
  /** Part of the name. */
  readonly name?: RegExp | undefined;
  /** An op among those that the manifest lists. */
  readonly op?: string | undefined;
  readonly tier?: Tier | undefined;
}

export function runSuite(
  suite: Suite,
  data: string,
  expected: ReadonlyMap<string, ExpectedCase>,
  filter: CaseFilter = {},
): CaseRow[] {
  const facts = suite.facts(data);
  const cases = suite.cases(data).filter(({ name }) => isChosen(name, facts.get(name), filter));
  return cases.map((one) => {
    const known = facts.get(one.name);
    const tolerance = expected.get(one.name)?.tolerance ?? known?.tolerance ?? suite.tolerance;
    return { name: one.name, facts: known, ...runCase(one, tolerance) };
  });
}

function isChosen(name: string, facts: CaseFacts | undefined, { name: part, op, tier }: CaseFilter): boolean {
  if (part !== undefined && !part.test(name)) return false;
  if (op !== undefined && facts?.ops.includes(op) !== true) return false;
  return tier === undefined || facts?.tier === tier;
}

/** Every difference between what was expected and what is, in words. */
export function statusChanges(rows: readonly CaseRow[], expected: ReadonlyMap<string, ExpectedCase>): string[] {
  const changes: string[] = [];
  for (const { name, status, detail } of rows) {
    const before = expected.get(name)?.status ?? "not listed";
    if (before !== status) changes.push(`${name}: ${before} -> ${status}${detail === "" ? "" : ` (${detail})`}`);
  }
  return changes;
}

/** Expected cases that a complete run did not meet. */
export function missingCases(rows: readonly CaseRow[], expected: ReadonlyMap<string, ExpectedCase>): string[] {
  const names = new Set(rows.map(({ name }) => name));
  return [...expected.keys()].filter((name) => !names.has(name)).map((name) => `${name}: listed, but not in the suite`);
}
