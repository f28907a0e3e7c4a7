/**
 * C[R,N] = A[R,K] * B[K,N], C where A's rows and B's columns lie; several Bs share one A (query, key and value of the same input). A's row slab is gathered along x, B's column slab along y, then every core
 * multiplies whole slabs in one instruction (k ascending). B is a weight or a tensor, rows on y and columns on x: each weight is stored
 * once in the region. SRAM: (A rows a core) x K + K x (N columns a core) for the slabs. Cycles: slab wavelets through the ramp, then
 * K * min(m,n) vector calls (docs/program.md section 7.2).
 *
 * Batched B [batches*K, N] (params rowsPerBatch, k, batchMap): each row of A multiplies the K rows of its own batch.
 */
import type { Kernel, Sharding } from "@waferc/ir/dataflow";
import { invariant } from "@waferc/base";
import { listParam, numberParam } from "../../params.ts";
import type { KernelTemplate } from "../../template.ts";
import { shifted, type CodeBuilder, type Place } from "../../emit/code-builder.ts";
import { quotient, remainder, sum, times, type Int } from "../../emit/expr.ts";
import { usedBlocks } from "../../emit/line-gather.ts";
import { gatherColumns, gatherRows, operandTile, resultTile, whole, type Tile } from "../../emit/tile.ts";
import { at } from "../../emit/views.ts";
import { lineChannels } from "../channels.ts";

export const gatherMatmul: KernelTemplate = {
  name: "matmul.gather",
  summary: "matrix product: gather A's rows along x and B's columns along y, multiply whole slabs",
  channels: (_kernel, region) => lineChannels(region, "x", "y"),
  shardResults(kernel: Kernel, [a, ...others]: readonly (Sharding | undefined)[]) {
    return kernel.results.map((_, index) => {
      const b = others[index];
      invariant(
        a !== undefined && b !== undefined,
        "matmul.gather needs sharded operands: A, and one B for each result",
      );
      return { rows: a.rows, cols: b.cols };
    });
  },
  emit(kernel, _tensors, b) {
    const slabA = gatherColumns(b, "a", operandTile(b, kernel, 0));
    for (const index of kernel.results.keys()) {
      const w = operandTile(b, kernel, index + 1);
      const out = resultTile(b, kernel, index);
      const { rows, cols } = w.sharding;
      const piece = { place: w.place, rows: rows.block, cols: cols.block, stride: w.stride };
      const slabB = gatherRows(b, "b", piece, usedBlocks(rows));
      b.fill(whole(out), 0);
      if (kernel.params.has("rowsPerBatch")) emitBatched(kernel, b, slabA, slabB, out, w);
      else {
        const k = rows.extent;
        b.matmul(
          whole(out),
          at(slabA.place.buffer, slabA.place.offset, [out.rows, slabA.stride], [k, 1]),
          at(slabB.buffer, slabB.offset, [k, cols.block], [out.cols, 1]),
        );
      }
    }
  },
};

function emitBatched(
  kernel: Kernel,
  b: CodeBuilder,
  slabA: { readonly place: Place; readonly stride: number },
  slabB: Place,
  out: Tile,
  w: Tile,
): void {
  const k = numberParam(kernel, "k");
  const rowsPerBatch = numberParam(kernel, "rowsPerBatch");
  const map = listParam(kernel, "batchMap");
  const width = w.sharding.cols.block;
  b.repeat(out.rows, (i) => {
    const row = sum(times(out.sharding.rows.block, b.v), i);
    const batch = mapBatch(quotient(row, rowsPerBatch), map);
    const c = shifted(out.place, times(out.stride, i));
    const left = shifted(slabA.place, times(slabA.stride, i));
    const right = shifted(slabB, times(k * width, batch));
    b.matmul(
      at(c.buffer, c.offset, [1, out.stride], [out.cols, 1]),
      at(left.buffer, left.offset, [1, slabA.stride], [k, 1]),
      at(right.buffer, right.offset, [k, width], [out.cols, 1]),
    );
  });
}

/** Sum over [div, modulus, stride] triplets of (floor(q / div) mod modulus) * stride. */
function mapBatch(q: Int, map: readonly number[]): Int {
  const terms: Int[] = [];
  for (let t = 0; t < map.length; t += 3) {
    const [div = 1, modulus = 1, stride = 0] = map.slice(t, t + 3);
    terms.push(times(stride, remainder(quotient(q, div), modulus)));
  }
  return sum(...terms);
}
