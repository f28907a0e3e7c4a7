/**
 * Deadlock and balance, by one token run with the machine's queue capacities (docs/program.md sections 1, 4, 5 and 10):
 *
 *   DLK-001  nobody waits for himself over others
 *   DLK-002  wavelets that are sent are taken: none is left in a queue, no sender waits for room in vain
 *   DLK-003  wavelets that are waited for are sent
 *   DLK-004  host streams move all their elements and no more
 *   DLK-005  a colour that is opened was closed before, and wavelets at a closed router see it opened again
 *   DLK-006  a queue that is bound anew becomes free: its colour is closed here, its wavelets are gone
 *   DLK-007  wavelets do not go round in circles
 *
 * Assumes that routes lead somewhere (routing.ts), that codes are free of races and use bound colours. Step scalars: all combinations of
 * those that counts depend on are run if they are few, else the extremes, and the verdict is `undecided` (CHK-900).
 * Gap: no statement about other capacities; larger ones never add a deadlock.
 */
import type { Entry } from "@waferc/ir/program";
import type { Machine } from "@waferc/machine";
import type { ClassModel } from "./class-model.ts";
import { CODES } from "./codes.ts";
import { entryEntity } from "./findings.ts";
import type { Budget, Findings } from "./findings.ts";
import type { RouteTable } from "./route-table.ts";
import { tokenCodeOf } from "./token-code.ts";
import type { TokenNetwork } from "./token-network.ts";
import { reportTokenRun } from "./token-report.ts";
import { TokenRun } from "./token-run.ts";
import type { StepValues } from "./traffic.ts";

export interface TokenContext {
  readonly entry: Entry;
  readonly models: readonly ClassModel[];
  readonly routes: RouteTable;
  readonly network: TokenNetwork;
  readonly machine: Machine;
  readonly budget: Budget;
  readonly findings: Findings;
  /** Share of the cores that have ended. */
  readonly onProgress?: (share: number) => void;
}

export function checkTokens(context: TokenContext, steps: StepValues): void {
  const { entry, models, network, machine, budget, findings, onProgress } = context;
  const classes = models.map((model) => ({ model, code: tokenCodeOf(model) }));
  const run = new TokenRun(network, classes, machine, steps, budget);
  const isComplete = run.run((ended) => onProgress?.(ended / Math.max(1, run.coreCount)));
  if (isComplete) reportTokenRun(run, findings);
  else {
    const message = `Cannot decide whether the entry ends: ${run.bursts} bursts were moved, and ${run.endedCores()} of ${run.coreCount} cores have ended`;
    findings.report(CODES["CHK-900"], { entity: entryEntity(entry), message });
  }
}
