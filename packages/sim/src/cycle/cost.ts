// Cycles of local instructions (docs/program.md section 7.2).
import type { Machine } from "@waferc/machine";
import type { LocalStep } from "../image/code.ts";
import type { Operands } from "../image/operands.ts";

/** From issue to the next issue of a local instruction that computes `elements` elements (more than 0). */
export function localCycles(machine: Machine, step: LocalStep, elements: number, { m, k, n }: Operands): number {
  const { vectorStartCycles, centicyclesPerElement } = machine.core;
  const calls = step.op === "matmul" ? k * Math.min(m, n) : 1;
  return calls * vectorStartCycles + Math.ceil((elements * centicyclesPerElement[step.cost][step.dst.type]) / 100);
}
