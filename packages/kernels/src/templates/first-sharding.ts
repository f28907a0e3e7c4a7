/** Result sharding of templates that compute where their data lies: that of the first operand that has one. */
import { invariant } from "@waferc/base";
import type { Kernel, Sharding } from "@waferc/ir/dataflow";

export function firstSharding(kernel: Kernel, operands: readonly (Sharding | undefined)[]): readonly Sharding[] {
  const index = kernel.operands.findIndex((operand) => operand.kind === "tensor");
  const sharding = operands[index];
  invariant(sharding !== undefined, `${kernel.template} needs a tensor operand`);
  return kernel.results.map(() => sharding);
}
