/**
 * The checker: judges a program on a machine without running values (docs/program.md section 9). It recomputes everything from the
 * program itself. Rules are numbered in the files of their subjects: memory.ts, routing.ts, flows.ts, races.ts, tokens.ts.
 * Assumes a program that `verifyProgram` accepts.
 */
import { sortDiagnostics } from "@waferc/base";
import type { Diagnostic } from "@waferc/base";
import type { Entry, Program } from "@waferc/ir/program";
import type { Machine } from "@waferc/machine";
import { modelClass } from "./class-model.ts";
import { Budget, Findings } from "./findings.ts";
import { checkClassMemory, checkCodeMemory } from "./memory.ts";
import { buildRouteTable } from "./route-table.ts";
import { checkTokens } from "./tokens.ts";

export type Verdict = "legal" | "illegal" | "undecided";

export interface CheckResult {
  readonly verdict: Verdict;
  /** Sorted by place. */
  readonly findings: readonly Diagnostic[];
}

export interface CheckProgress {
  readonly entry: string;
  readonly phase: "memory" | "routing" | "races" | "tokens";
  /** 0 to 1. */
  readonly share: number;
}

export interface CheckOptions {
  /** Steps of work to spend for each entry: evaluated instances, executed instructions, moved bursts. */
  readonly budget?: number;
  /** The only entry to check. */
  readonly entry?: string;
  readonly onProgress?: (progress: CheckProgress) => void;
}

/** Some minutes of work. */
export const DEFAULT_BUDGET = 2_000_000_000;

export function checkProgram(program: Program, machine: Machine, options: CheckOptions = {}): CheckResult {
  const findings = new Findings(program);
  const entries = program.entries.filter(({ name }) => options.entry === undefined || name === options.entry);
  for (const entry of entries) checkEntry(entry, machine, findings, options);
  const { diagnostics } = findings;
  const verdict = findings.errorCount > 0 ? "illegal" : isUndecided(diagnostics) ? "undecided" : "legal";
  return { verdict, findings: sortDiagnostics(diagnostics) };
}

function isUndecided(findings: readonly Diagnostic[]): boolean {
  return findings.some(({ code }) => code === "CHK-900");
}

function checkEntry(
  entry: Entry,
  machine: Machine,
  findings: Findings,
  { budget: steps = DEFAULT_BUDGET, onProgress }: CheckOptions,
): void {
  const budget = new Budget(steps);
  const report = (phase: CheckProgress["phase"], share: number): void =>
    onProgress?.({ entry: entry.name, phase, share });
  report("memory", 0);
  checkCodeMemory(entry, machine, findings);
  const models = entry.classes.flatMap((coreClass) => modelClass(entry, coreClass) ?? []);
  for (const [i, model] of models.entries()) {
    checkClassMemory(model, budget, findings);
    report("memory", (i + 1) / models.length);
  }
  report("routing", 0);
  const routes = buildRouteTable(entry, models, machine);
  report("tokens", 0);
  const onTokens = (share: number): void => report("tokens", share);
  checkTokens({ entry, models, routes, machine, budget, findings, onProgress: onTokens }, {});
}
