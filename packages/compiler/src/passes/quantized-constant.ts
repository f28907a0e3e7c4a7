// Quantised weights stay quantised: a DequantizeLinear of a constant is not folded unless it is a vector, since lowering decides
// whether weights are kept small or expanded.
import { qualifiedKind, type Op } from "@waferc/ir/graph";

/**
 * Whether an op on constants is to be left alone.
 * @param shapes of its operands
 */
export function staysUnfolded(
  op: Pick<Op, "domain" | "kind">,
  shapes: readonly (readonly unknown[] | undefined)[],
): boolean {
  return qualifiedKind(op) === "DequantizeLinear" && (shapes[0]?.length ?? 0) > 1;
}
