// Cycles of local instructions (docs/program.md section 7.2).
import { centicyclesOf, type Machine } from "@waferc/machine";
import type { LocalStep } from "../image/code.ts";
import type { Operands } from "../image/operands.ts";

/** From issue to the next issue of a local instruction that computes `elements` elements (more than 0). */
export function localCycles({ core }: Machine, step: LocalStep, elements: number, { calls }: Operands): number {
  return calls * core.vectorStartCycles + Math.ceil((elements * centicyclesOf(core, step.cost, step.costType)) / 100);
}
