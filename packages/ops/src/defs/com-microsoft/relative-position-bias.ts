// com.microsoft RelativePositionBias: T5's bias of attention scores, [1, heads, queries, keys], from a table of buckets
// of distances: half of the buckets are single distances, the others grow logarithmically up to `max_distance`.
// Bidirectional, the upper half of the buckets is for keys behind the query. The table is declared [buckets, heads],
// but holds the buckets of the first head first, as onnxruntime's tools write it. Buckets are computed in f32, as there,
// since a distance may lie on a boundary. Raffel et al., arXiv:1910.10683, section 2.1.
import type { Dim } from "@waferc/ir/graph";
import { elementCount } from "@waferc/numerics";
import { flag, requiredInt } from "../../attr-spec.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../../math/floats.ts";
import { defineOp } from "../../op-definition.ts";
import { OpError } from "../../op-error.ts";
import { printShape } from "../../shapes.ts";

interface Buckets {
  readonly count: number;
  readonly maxDistance: number;
  readonly isBidirectional: boolean;
}

/** The bucket of a key that is `distance` behind its query. */
function bucketOf(distance: number, { count, maxDistance, isBidirectional }: Buckets): number {
  const own = isBidirectional ? count >> 1 : count;
  const base = isBidirectional && distance > 0 ? own : 0;
  const length = isBidirectional ? Math.abs(distance) : Math.max(-distance, 0);
  const exact = own >> 1;
  if (length < exact) return base + length;
  const { fround, log } = Math;
  const part = fround(fround(log(fround(length / exact))) / fround(log(fround(maxDistance / exact))));
  return base + Math.min(own - 1, exact + Math.trunc(fround(part * (own - exact))));
}

export const relativePositionBiasOp = defineOp({
  domain: "com.microsoft",
  kind: "RelativePositionBias",
  versions: [1],
  traits: ["compound"],
  attrs: { is_bidirectional: flag(false), max_distance: requiredInt },
  operands: [3, 3],
  infer: ({ operand, ints }) => {
    const { dtype, shape } = operand(0);
    if (shape === undefined) return [{ dtype }];
    if (shape.length !== 2) throw new OpError(`needs a table of rank 2, but found ${printShape(shape)}`);
    const length = (index: number): Dim => ints(index)?.[0] ?? "?";
    return [{ dtype, shape: [1, shape[1]!, length(1), length(2)] }];
  },
  evaluate: ({ attrs, operand, result }) => {
    const { dtype, shape } = result(0);
    const [, heads, queries, keys] = shape as [number, number, number, number];
    const table = floatsOf(operand(0));
    const buckets = {
      count: operand(0).shape[0]!,
      maxDistance: attrs.max_distance,
      isBidirectional: attrs.is_bidirectional,
    };
    const to = newFloats(floatDType(dtype), elementCount(shape));
    for (let query = 0; query < queries; query++) {
      for (let key = 0; key < keys; key++) {
        const bucket = bucketOf(key - query, buckets);
        for (let head = 0; head < heads; head++) {
          to[(head * queries + query) * keys + key] = table[head * buckets.count + bucket]!;
        }
      }
    }
    return [finishFloats(floatDType(dtype), shape, to)];
  },
});
