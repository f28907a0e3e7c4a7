// onnxruntime's GELUs that add a bias first.
import type { Arity, AnyOpDefinition } from "../op-definition.ts";
import { mapBinary, mapUnary } from "../math/elementwise.ts";
import { defineOp } from "../op-definition.ts";
import { inferSameType } from "./elementwise.ts";

export function defineBiasedGelu(op: {
  readonly kind: string;
  readonly operands: Arity;
  readonly gelu: (x: number) => number;
}): AnyOpDefinition {
  return defineOp({
    domain: "com.microsoft",
    kind: op.kind,
    versions: [1],
    traits: ["elementwise", "compound"],
    operands: op.operands,
    infer: inferSameType,
    evaluate: ({ operand, optional, result }) => {
      const [x, bias] = [operand(0), optional(1)];
      if (bias === undefined) return [mapUnary(x, x.dtype, { float: op.gelu })];
      return [mapBinary(x, bias, result(0), { float: (a, b) => op.gelu(a + b) })];
    },
  });
}
