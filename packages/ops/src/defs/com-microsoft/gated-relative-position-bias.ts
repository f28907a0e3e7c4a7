// com.microsoft GatedRelativePositionBias: WavLM's bias of attention scores, [batch, heads, seq, seq]: a bias by head and
// distance, [1, heads, seq, seq], times a gate by query. A query's head plus its bias goes through a matrix
// [headDim, D]; the sigmoids u and r of the sums of both halves give the gate, u * (r * a - 1) + 2, a being of the head.
// Left out: queries without padding (token_offset). Chen et al., arXiv:2110.13900, section III-A.
import type { Dim } from "@waferc/ir/graph";
import { elementCount } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { requiredInt } from "../../attr-spec.ts";
import { commonDType } from "../../families/elementwise.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../../math/floats.ts";
import { projectRows } from "../../math/projection.ts";
import { sigmoid } from "../../math/special.ts";
import { defineOp } from "../../op-definition.ts";
import type { EvaluateContext } from "../../op-definition.ts";
import { OpError, require } from "../../op-error.ts";
import { canDimsMatch, printShape } from "../../shapes.ts";

const ATTRS = { num_heads: requiredInt };
const [QUERY, QUERY_BIAS, DISTANCE_BIAS, WEIGHT, BIAS, ECO, OFFSETS] = [0, 1, 2, 3, 4, 5, 6];

/** Gates by batch, position and head. */
function gatesOf({ attrs, operand }: EvaluateContext<typeof ATTRS>): Float64Array {
  const [queries, added] = [floatsOf(operand(QUERY)), floatsOf(operand(QUERY_BIAS))];
  const [k, n] = operand(WEIGHT).shape as [number, number];
  const x = Float64Array.from(queries, (value, i) => value + added[i % added.length]!);
  const m = x.length / k;
  const weights = floatsOf(operand(WEIGHT));
  const projected = projectRows({ x, weights, bias: floatsOf(operand(BIAS)) }, { m, k, n });
  const factors = floatsOf(operand(ECO));
  const half = (row: number, from: number): number => {
    let sum = 0;
    for (let i = from; i < from + n / 2; i++) sum += projected[row * n + i]!;
    return sigmoid(sum);
  };
  return Float64Array.from({ length: m }, (_, row) => {
    const factor = factors[row % attrs.num_heads]!;
    return half(row, 0) * (half(row, n / 2) * factor - 1) + 2;
  });
}

export const gatedRelativePositionBiasOp = defineOp({
  domain: "com.microsoft",
  kind: "GatedRelativePositionBias",
  versions: [1],
  traits: ["contraction", "compound"],
  attrs: ATTRS,
  operands: [6, 7],
  infer: ({ attrs, operand, shape, has }) => {
    require(!has(OFFSETS), "cannot read queries without padding (token_offset)");
    const dtype = commonDType([QUERY, QUERY_BIAS, DISTANCE_BIAS, WEIGHT, BIAS, ECO].map((index) => operand(index)));
    const [query, distances] = [shape(QUERY), shape(DISTANCE_BIAS)];
    if (query === undefined) return [{ dtype }];
    if (query.length !== 3) throw new OpError(`needs a query of rank 3, but found ${printShape(query)}`);
    const [batch, seq] = query as [Dim, Dim];
    const expected: readonly Dim[] = [1, attrs.num_heads, seq, seq];
    const isLegal = distances?.every((dim, i) => canDimsMatch(dim, expected[i] ?? 0)) ?? true;
    require(isLegal, () => `needs a bias of shape ${printShape(expected)}, but found ${printShape(distances ?? [])}`);
    return [{ dtype, shape: [batch, attrs.num_heads, seq, seq] }];
  },
  evaluate: (ctx): Tensor[] => {
    const { operand, result } = ctx;
    const { dtype, shape } = result(0);
    const [, heads, seq] = shape as [number, number, number];
    const [gates, distances] = [gatesOf(ctx), floatsOf(operand(DISTANCE_BIAS))];
    const to = newFloats(floatDType(dtype), elementCount(shape));
    for (let i = 0; i < to.length; i++) {
      const row = Math.floor(i / seq); // of [batch, heads, seq]
      const [position, head] = [row % seq, Math.floor(row / seq) % heads];
      const batch = Math.floor(row / (seq * heads));
      to[i] = gates[(batch * seq + position) * heads + head]! * distances[i % distances.length]!;
    }
    return [finishFloats(floatDType(dtype), shape, to)];
  },
  macs: ({ operands }) => elementCount(operands[QUERY]?.shape ?? []) * (operands[WEIGHT]?.shape[1] ?? 0),
});
