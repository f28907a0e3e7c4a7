/**
 * Scaled dot-product attention (Vaswani et al. 2017; ONNX Attention-23, 3-D form) with grouped heads, causal or masked, scores capped or not. Columns of the region take heads, and
 * where there are more columns than heads each head's rows are dealt to several. Every column gathers the keys and values of its
 * head along y, so that scores, softmax and the weighted sum of a row are local; causal rows only meet the keys they see. A last gather along x
 * puts the result into the default sharding.
 *
 * SRAM: keys and values of one head (keyLength x (headDim + valueDim) a batch), one row of scores, the query rows.
 * Cycles: three gathers along x, two along y, then per row two products and a softmax of keyLength.
 */
import type { Expr, View } from "@waferc/ir/program";
import type { Kernel } from "@waferc/ir/dataflow";
import { booleanParam, numberParam, stringParam } from "../../params.ts";
import type { KernelTemplate } from "../../template.ts";
import { shifted, type CodeBuilder, type Place } from "../../emit/code-builder.ts";
import { below, clamp, least, masked, minus, quotient, remainder, sum, times, type Int } from "../../emit/expr.ts";
import { lineGather, usedBlocks } from "../../emit/line-gather.ts";
import { gatherColumns, gatherRows, operandAt, operandTile, resultTile, whole, type Tile } from "../../emit/tile.ts";
import { at, from, literal } from "../../emit/views.ts";
import { defaultSharding } from "../../sharding.ts";
import { lineChannels } from "../channels.ts";
import { planHeads, type HeadPlan } from "./head-plan.ts";

interface Slab {
  readonly place: Place;
  readonly stride: number;
}

interface AttentionParams {
  readonly batch: number;
  readonly queryLength: number;
  readonly keyLength: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly valueDim: number;
  readonly scale: number;
  readonly causal: boolean;
  /** Scores become softcap * tanh(score / softcap); 0 leaves them. */
  readonly softcap: number;
  readonly mask: string;
  /** Heads that the mask tells apart: 1, or all. */
  readonly maskHeads: number;
}

export const gatherAttention: KernelTemplate = {
  name: "attention.gather",
  summary: "attention with local softmax: heads on columns, keys and values gathered along y",
  channels: (_kernel, region) => lineChannels(region, "x", "y"),
  shardResults: (_kernel, _operands, shapes, region) => shapes.map((shape) => defaultSharding(shape, region)),
  emit(kernel, _tensors, b) {
    const p = readParams(kernel);
    const q = operandTile(b, kernel, 0);
    const k = operandTile(b, kernel, 1);
    const v = operandTile(b, kernel, 2);
    const plan = planHeads(b, p.heads, q.sharding.rows.block);
    const slabs = { q: gatherColumns(b, "q", q), k: gatherColumns(b, "k", k), v: gatherColumns(b, "v", v) };
    const mask = p.mask === "none" ? undefined : gatherMask(b, kernel, p);
    const local = b.scratch("heads", plan.headsPerColumn * plan.rowsPerPart * p.valueDim);
    b.repeat(plan.headsPerColumn, (j) => {
      const head = sum(times(plan.headsPerColumn, plan.headColumn), j);
      const active = least(plan.active, below(head, p.heads));
      const kvHead = quotient(head, p.heads / p.kvHeads);
      const rows = k.sharding.rows;
      const gather = (name: string, slab: Slab, dim: number) =>
        gatherRows(
          b,
          name,
          { place: shifted(slab.place, times(dim, kvHead)), rows: rows.block, cols: dim, stride: slab.stride },
          usedBlocks(rows),
          active,
        );
      const keys = gather("keys", slabs.k, p.headDim);
      const values = gather("values", slabs.v, p.valueDim);
      const out = shifted(local, times(plan.rowsPerPart * p.valueDim, j));
      attendRows(b, { p, plan, q, slab: slabs.q, head, active, keys, values, out, mask });
    });
    reassemble(b, p, plan, local, resultTile(b, kernel));
  },
};

function readParams(kernel: Kernel): AttentionParams {
  const number = (name: string) => numberParam(kernel, name);
  return {
    batch: number("batch"),
    queryLength: number("queryLength"),
    keyLength: number("keyLength"),
    heads: number("heads"),
    kvHeads: number("kvHeads"),
    headDim: number("headDim"),
    valueDim: number("valueDim"),
    scale: number("scale"),
    causal: booleanParam(kernel, "causal"),
    softcap: number("softcap"),
    mask: stringParam(kernel, "mask"),
    maskHeads: number("maskHeads"),
  };
}

/** The mask as this core needs it: rows of its queries (`query`) or one row a batch (`batch`), all keys. */
function gatherMask(b: CodeBuilder, kernel: Kernel, p: AttentionParams): Slab {
  const tile = operandTile(b, kernel, 3);
  if (operandAt(kernel, 3).kind === "weight") return { place: tile.place, stride: tile.stride };
  const slab = gatherColumns(b, "mask", tile);
  if (p.mask === "query") return slab;
  const { rows } = tile.sharding;
  const piece = { place: slab.place, rows: rows.block, cols: slab.stride, stride: slab.stride };
  return { place: gatherRows(b, "mask_rows", piece, usedBlocks(rows)), stride: slab.stride };
}

interface HeadWork {
  readonly p: AttentionParams;
  readonly plan: HeadPlan;
  readonly q: Tile;
  readonly slab: Slab;
  readonly head: Int;
  readonly active: Expr;
  readonly keys: Place;
  readonly values: Place;
  readonly out: Place;
  readonly mask: Slab | undefined;
}

function attendRows(b: CodeBuilder, work: HeadWork): void {
  const { p, plan, q } = work;
  const scores = b.scratch("scores", p.keyLength);
  const total = b.scratch("total", 1);
  const firstRow = times(plan.rowsPerPart, plan.part);
  const count = clamp(minus(q.rows, firstRow), 0, plan.rowsPerPart);
  b.repeat(masked(count, plan.rowsPerPart, work.active), (i) => {
    const localRow = sum(firstRow, i);
    attendRow(b, work, { localRow, row: sum(times(q.sharding.rows.block, b.v), localRow), i, scores, total });
  });
}

interface RowWork {
  readonly localRow: Expr;
  readonly row: Expr;
  readonly i: Expr;
  readonly scores: Place;
  readonly total: Place;
}

/** One query row against the keys it sees: softmax(q.K^T * scale + mask) . V. */
function attendRow(b: CodeBuilder, work: HeadWork, { localRow, row, i, scores, total }: RowWork): void {
  const { p, slab, keys, values } = work;
  const batch = quotient(row, p.queryLength);
  const position = remainder(row, p.queryLength);
  const seen: Int = p.causal ? clamp(sum(position, 1 + p.keyLength - p.queryLength), 0, p.keyLength) : p.keyLength;
  const scoreRow = at(scores.buffer, scores.offset, [seen, 1]);
  const scoreMatrix = at(scores.buffer, scores.offset, [1, p.keyLength], [seen, 1]);
  const query = shifted(slab.place, sum(times(slab.stride, localRow), times(p.headDim, work.head)));
  const firstKey = shifted(keys, times(p.keyLength * p.headDim, batch));
  b.fill(scoreRow, 0);
  b.matmul(
    scoreMatrix,
    at(query.buffer, query.offset, [1, slab.stride], [p.headDim, 1]),
    at(firstKey.buffer, firstKey.offset, [p.headDim, 1], [seen, p.headDim]),
  );
  scaleScores(b, p, scoreRow);
  if (work.mask !== undefined) {
    const firstKeyOfHead = p.maskHeads === 1 ? 0 : times(p.keyLength, work.head);
    const maskStart = sum(times(work.mask.stride, p.mask === "query" ? localRow : batch), firstKeyOfHead);
    const maskRow = shifted(work.mask.place, maskStart);
    b.binary("add", scoreRow, from(scoreRow), from(at(maskRow.buffer, maskRow.offset, [seen, 1])));
  }
  const one = at(total.buffer, total.offset);
  const along = at(total.buffer, total.offset, [seen, 0]);
  const [lowest, smallest] = p.mask === "none" ? [-Infinity, 0] : MASKED_ROW;
  b.fill(one, lowest);
  b.reduce("max", one, scoreRow);
  b.binary("sub", scoreRow, from(scoreRow), from(along));
  b.unary("exp", scoreRow, from(scoreRow));
  b.fill(one, smallest);
  b.reduce("add", one, scoreRow);
  b.unary("recip", one, from(one));
  const out = shifted(work.out, times(p.valueDim, i));
  const outRow = at(out.buffer, out.offset, [p.valueDim, 1]);
  const firstValue = shifted(values, times(p.keyLength * p.valueDim, batch));
  b.fill(outRow, 0);
  b.matmul(
    at(out.buffer, out.offset, [1, p.valueDim], [p.valueDim, 1]),
    scoreMatrix,
    at(firstValue.buffer, firstValue.offset, [seen, p.valueDim], [p.valueDim, 1]),
  );
  b.binary("mul", outRow, from(outRow), from(at(total.buffer, total.offset, [p.valueDim, 0])));
}

/**
 * Where maximum and sum of a row begin if a mask may leave it no key: its weights are then 0, not NaN. Any other row has a larger maximum, and a sum of at
 * least 1, which the second number does not change.
 */
const MASKED_ROW = [-3.4028234663852886e38, 1e-30] as const;

function scaleScores(b: CodeBuilder, { scale, softcap }: AttentionParams, scores: View): void {
  if (softcap === 0) {
    if (scale !== 1) b.binary("mul", scores, from(scores), literal(scale));
    return;
  }
  b.binary("mul", scores, from(scores), literal(scale / softcap));
  b.unary("tanh", scores, from(scores));
  b.binary("mul", scores, from(scores), literal(softcap));
}

/** From heads and row parts on columns back to the default sharding: gather the row, put it in order, take this core's columns. */
function reassemble(b: CodeBuilder, p: AttentionParams, plan: HeadPlan, local: Place, out: Tile): void {
  const { headsPerColumn, headColumns, parts, rowsPerPart } = plan;
  const piece = headsPerColumn * rowsPerPart * p.valueDim;
  const used = headColumns * parts;
  const gathered = b.scratch("gathered", used * piece);
  const dims = [{ count: piece, tileStride: 1, gatheredStride: 1 }];
  lineGather(b, { axis: "x", tile: local, dims, used, gathered, tileDistance: piece });
  const rowWidth = headColumns * headsPerColumn * p.valueDim;
  const ordered = b.scratch("ordered", parts * rowsPerPart * rowWidth);
  b.repeat(headColumns, (c) => {
    const source = sum(gathered.offset, times(parts * piece, c));
    const target = sum(ordered.offset, times(headsPerColumn * p.valueDim, c));
    b.copy(
      at(
        ordered.buffer,
        target,
        [parts, rowsPerPart * rowWidth],
        [headsPerColumn, p.valueDim],
        [rowsPerPart, rowWidth],
        [p.valueDim, 1],
      ),
      at(
        gathered.buffer,
        source,
        [parts, piece],
        [headsPerColumn, rowsPerPart * p.valueDim],
        [rowsPerPart, p.valueDim],
        [p.valueDim, 1],
      ),
    );
  });
  const columns = sum(ordered.offset, times(out.sharding.cols.block, b.u));
  b.copy(whole(out), at(ordered.buffer, columns, [out.rows, rowWidth], [out.cols, 1]));
}
