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
import { CODES } from "./codes.ts";
import { Budget, entryEntity, Findings } from "./findings.ts";
import { checkFlows } from "./flows.ts";
import { checkClassMemory, checkCodeMemory } from "./memory.ts";
import { checkPersistence } from "./persistence.ts";
import { checkOrder } from "./races.ts";
import { buildRouteTable } from "./route-table.ts";
import { checkGrid, checkRouting } from "./routing.ts";
import { buildTokenNetwork } from "./token-network.ts";
import { checkTokens } from "./tokens.ts";
import type { TokenContext } from "./tokens.ts";
import { measureTraffic, stepCombinations } from "./traffic.ts";
import type { StepValues } from "./traffic.ts";

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

type Report = (phase: CheckProgress["phase"], share: number) => void;

/** Steps of work for which all combinations of step scalars are run: some seconds. */
const QUICK_STEPS = 100_000_000;

/** Some minutes of work. */
export const DEFAULT_BUDGET = 2_000_000_000;

/**
 * Judges the entries of a program on a machine.
 * @throws RangeError if the program has no entry of that name
 */
export function checkProgram(program: Program, machine: Machine, options: CheckOptions = {}): CheckResult {
  const findings = new Findings(program);
  if (!checkGrid(program, machine, findings)) return { verdict: "illegal", findings: findings.diagnostics };
  const entries = program.entries.filter(({ name }) => options.entry === undefined || name === options.entry);
  if (options.entry !== undefined && entries.length === 0)
    throw new RangeError(`the program has no entry "${options.entry}"`);
  checkPersistence(program, machine, findings);
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
  const report: Report = (phase, share) => onProgress?.({ entry: entry.name, phase, share });
  report("memory", 0);
  checkCodeMemory(entry, machine, findings);
  const models = entry.classes.flatMap((coreClass) => modelClass(entry, coreClass) ?? []);
  for (const [i, model] of models.entries()) {
    checkClassMemory(model, budget, findings);
    report("memory", (i + 1) / models.length);
  }
  report("routing", 0);
  const before = findings.errorCount;
  checkRouting(entry, models, machine, { findings, budget });
  const routes = buildRouteTable(entry, models, machine, budget);
  const combinations = stepCombinations(entry, models);
  const [first = new Map<string, number>(), ...bounds] = combinations.extremes;
  const network = buildTokenNetwork(entry, models, routes, machine);
  const context = { entry, models, routes, network, machine, budget, findings };
  const isLegal = (steps: StepValues): boolean => {
    checkRun(context, steps, report);
    return findings.errorCount === before;
  };
  const { left } = budget;
  if (!isLegal(first) || combinations.count === 1) return;
  // All combinations if that is quick, else those at the bounds.
  const isQuick = (left - budget.left) * combinations.count <= QUICK_STEPS;
  for (const steps of isQuick ? combinations.all() : bounds) if (!isLegal(steps)) return;
  if (isQuick || combinations.count === combinations.extremes.length) return;
  const message = `Cannot decide for all step scalars: of ${combinations.count} combinations ${combinations.extremes.length} were run`;
  findings.report(CODES["CHK-900"], { entity: entryEntity(entry), message });
}

/** Rules that depend on step scalars. */
function checkRun(context: TokenContext, steps: StepValues, report: Report): void {
  const { entry, models, routes, machine, budget, findings } = context;
  const before = findings.errorCount;
  budget.spend(models.reduce((sum, { sites }) => sum + sites.length, 0));
  for (const [i, model] of models.entries()) {
    report("races", i / models.length);
    checkOrder({ model, steps, budget, findings });
  }
  report("routing", 0.5);
  const traffic = measureTraffic(models, machine, steps, budget);
  if (!traffic) return reportBudget(entry, findings);
  checkFlows({ entry, models, routes, traffic, findings });
  // What is stuck because of a wrong route would only be reported again.
  if (findings.errorCount > before) return;
  report("tokens", 0);
  checkTokens({ ...context, onProgress: (share) => report("tokens", share) }, steps);
}

function reportBudget(entry: Entry, findings: Findings): void {
  const message = "Cannot decide how many wavelets are sent and taken within the budget";
  findings.report(CODES["CHK-900"], { entity: entryEntity(entry), message });
}
