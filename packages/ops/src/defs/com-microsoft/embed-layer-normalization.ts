// com.microsoft EmbedLayerNormalization: the sum of word, position and (if there are segment ids) segment embeddings,
// then LayerNormalization over the last axis. Positions are 0, 1, .. unless given. Results: the normalised tensor, the
// number of ones in each row of the mask (zeros without a mask), and the sum.
import { makeTensor } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { float, int } from "../../attr-spec.ts";
import { commonDType } from "../../families/elementwise.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../../math/floats.ts";
import type { Floats } from "../../math/floats.ts";
import { normalizeRows } from "../../math/normalize.ts";
import { defineOp } from "../../op-definition.ts";
import type { EvaluateContext } from "../../op-definition.ts";
import { require } from "../../op-error.ts";
import { normalAxis, printShape } from "../../shapes.ts";

const [IDS, SEGMENTS, WORDS, POSITIONS, SEGMENT_TABLE, GAMMA, BETA, MASK, POSITION_IDS] = [0, 1, 2, 3, 4, 5, 6, 7, 8];

/** Adds row `rows[i]` of a table to the i-th row of sums. */
function addRows(sums: Floats, table: Tensor, rows: readonly number[], name: string): void {
  const [count, width] = table.shape as [number, number];
  const values = floatsOf(table);
  rows.forEach((row, i) => {
    const from = normalAxis(row, count, name) * width;
    for (let j = 0; j < width; j++) sums[i * width + j]! += values[from + j]!;
  });
}

function positionsOf({ has, ints }: EvaluateContext, batch: number, seq: number): number[] {
  if (!has(POSITION_IDS)) return Array.from({ length: batch * seq }, (_, i) => i % seq);
  const given = ints(POSITION_IDS);
  return given.length === batch * seq ? given : Array.from({ length: batch * seq }, (_, i) => given[i % seq]!);
}

function countOnes({ has, ints }: EvaluateContext, batch: number, seq: number): Tensor {
  const counts = new Int32Array(batch);
  if (has(MASK)) ints(MASK).forEach((one, i) => (counts[Math.floor(i / seq)]! += one === 1 ? 1 : 0));
  return makeTensor("i32", [batch], counts);
}

export const embedLayerNormalizationOp = defineOp({
  domain: "com.microsoft",
  kind: "EmbedLayerNormalization",
  versions: [1],
  traits: ["compound"],
  attrs: { epsilon: float(1e-12), mask_index_type: int(0) },
  operands: [7, 9],
  results: [1, 3],
  infer: ({ operand, shape, has }) => {
    const dtype = commonDType([WORDS, POSITIONS, GAMMA, BETA].map((index) => operand(index)));
    require(has(SEGMENTS) === has(SEGMENT_TABLE), "needs segment ids and a segment embedding, or neither");
    const [ids, words] = [shape(IDS), shape(WORDS)];
    if (ids === undefined || words === undefined) return [{ dtype }, { dtype: "i32" }, { dtype }];
    const areLegal = ids.length === 2 && words.length === 2;
    require(areLegal, () => `needs ids and words of rank 2, but found ${printShape(ids)} and ${printShape(words)}`);
    const y = { dtype, shape: [...ids, words[1]!] };
    return [y, { dtype: "i32", shape: [ids[0]!] }, y];
  },
  evaluate: (ctx) => {
    const { attrs, operand, ints, has, result } = ctx;
    const [batch, seq, width] = result(0).shape as [number, number, number];
    const sums = new Float64Array(batch * seq * width);
    addRows(sums, operand(WORDS), ints(IDS), "input_ids");
    addRows(sums, operand(POSITIONS), positionsOf(ctx, batch, seq), "position_ids");
    if (has(SEGMENTS)) addRows(sums, operand(SEGMENT_TABLE), ints(SEGMENTS), "segment_ids");
    const { normal } = normalizeRows(sums, width, attrs.epsilon, true);
    const [gamma, beta, dtype] = [floatsOf(operand(GAMMA)), floatsOf(operand(BETA)), floatDType(operand(WORDS).dtype)];
    const y = newFloats(dtype, sums.length);
    for (let i = 0; i < y.length; i++) y[i] = normal[i]! * gamma[i % width]! + beta[i % width]!;
    const { shape } = result(0);
    return [finishFloats(dtype, shape, y), countOnes(ctx, batch, seq), finishFloats(dtype, shape, sums)];
  },
  // Two additions and a layer normalisation.
  flops: ({ results }) => 9 * (results[0]?.shape ?? []).reduce((count, length) => count * length, 1),
});
