/**
 * C[R,N] = A[R,K] * B[K,N] for weights B, with A where it lies: every core multiplies its own columns of A with their rows of B, all N columns of
 * them, which gives long vector calls; the partial products are then summed along x, each block of columns ending on the core
 * it belongs to (reduce-scatter). B's rows lie on x as A's columns do, its columns on y, so that it is stored once and gathered along y.
 * Several Bs may share one A.
 *
 * The sum of a block runs from the first column of cores to its own, then its own, then what comes from the last column back: fixed by
 * the code. SRAM: (rows a core) x N partial products + (K rows a core) x N of B. Cycles: N x (rows a core) wavelets each way, then
 * (K rows a core) * min(m, N) vector calls.
 *
 * Eastward the farthest block goes first, westward the nearest: a core is done with the first pass just when the second reaches it, so both
 * take little longer than one. No deadlock: in each pass the core at the far end only receives, and the second pass starts after the first.
 */
import type { Kernel, Sharding } from "@waferc/ir/dataflow";
import { invariant } from "@waferc/base";
import type { KernelTemplate } from "../../template.ts";
import type { CodeBuilder, Place } from "../../emit/code-builder.ts";
import { atLeast, below, greatest, least, masked, minus, sum, times, type Int } from "../../emit/expr.ts";
import { lineGather, usedBlocks } from "../../emit/line-gather.ts";
import { operandTile, resultTile, whole, type Tile } from "../../emit/tile.ts";
import { at } from "../../emit/views.ts";
import { defaultSharding } from "../../sharding.ts";
import { lineChannels } from "../channels.ts";

export const reduceMatmul: KernelTemplate = {
  name: "matmul.reduce",
  summary: "matrix product with weights: multiply where A lies, sum partial products along x",
  channels: (_kernel, region) => lineChannels(region, "x", "y"),
  shardResults(kernel: Kernel, [a, ...others]: readonly (Sharding | undefined)[], _shapes, region) {
    return kernel.results.map((_, index) => {
      const b = others[index];
      invariant(a !== undefined && b !== undefined, "matmul.reduce needs A, and one B for each result");
      return { rows: a.rows, cols: defaultSharding([1, b.cols.extent], region).cols };
    });
  },
  emit(kernel, _tensors, b) {
    const a = operandTile(b, kernel, 0);
    for (const index of kernel.results.keys()) {
      const out = resultTile(b, kernel, index);
      const w = operandTile(b, kernel, index + 1);
      const slab = gatherWeights(b, w);
      const blocks = usedBlocks(out.sharding.cols);
      const width = blocks * out.stride;
      const partial = b.scratch("partial", out.sharding.rows.block * width);
      b.fill(at(partial.buffer, partial.offset, [out.rows, width], [width, 1]), 0);
      b.matmul(
        at(partial.buffer, partial.offset, [out.rows, width], [w.sharding.cols.extent, 1]),
        at(a.place.buffer, a.place.offset, [out.rows, a.stride], [a.cols, 1]),
        at(slab.place.buffer, slab.place.offset, [a.cols, slab.stride], [w.sharding.cols.extent, 1]),
      );
      scatterSums(b, { partial, blocks, width, out });
    }
  },
};

/** This core's rows of B with all columns, gathered along y. */
function gatherWeights(b: CodeBuilder, w: Tile): { readonly place: Place; readonly stride: number } {
  const { rows, cols } = w.sharding;
  const used = usedBlocks(cols);
  const stride = used * cols.block;
  const place = b.scratch("b", rows.block * stride);
  lineGather(b, {
    axis: "y",
    tile: w.place,
    dims: [
      { count: rows.block, tileStride: w.stride, gatheredStride: stride },
      { count: cols.block, tileStride: 1, gatheredStride: 1 },
    ],
    used,
    gathered: place,
    tileDistance: cols.block,
  });
  return { place, stride };
}

interface Scatter {
  /** rows x width partial products; block u of columns belongs to column u of cores. */
  readonly partial: Place;
  readonly blocks: number;
  readonly width: number;
  readonly out: Tile;
}

/** Sums each block over all columns of cores and puts this core's block into `out`. */
function scatterSums(b: CodeBuilder, { partial, blocks, width, out }: Scatter): void {
  const block = out.stride;
  /** `count` blocks from block `first` on, one after the other in the direction of `step`. */
  const blocksAt = (first: Int, count: Int, step: 1 | -1) =>
    at(partial.buffer, sum(partial.offset, times(block, first)), [count, step * block], [out.rows, width], [block, 1]);
  if (b.width > 1) {
    const last = b.width - 1;
    const owns = below(b.u, blocks);
    const isFirst = below(b.u, 1);
    const isLast = atLeast(b.u, last);
    const notFirst = minus(1, isFirst);
    const notLast = minus(1, isLast);
    const own = (mask: Int) => blocksAt(b.u, least(owns, mask), 1);

    const after = greatest(0, minus(blocks - 1, b.u));
    const later = (mask: Int) => blocksAt(blocks - 1, masked(after, blocks, mask), -1);
    b.send("east_out", later(isFirst));
    b.forward("add", "east_in", "east_out", later(notFirst));
    b.recvReduce("add", "east_in", own(notFirst));

    const before = least(b.u, blocks);
    const earlier = (mask: Int) => blocksAt(minus(before, 1), masked(before, blocks, mask), -1);
    b.send("west_out", earlier(isLast));
    b.recvReduce("add", "west_in", own(notLast));
    b.forward("add", "west_in", "west_out", earlier(notLast));
  }
  const first = b.width > 1 ? times(block, b.u) : 0;
  b.copy(whole(out), at(partial.buffer, sum(partial.offset, first), [out.rows, width], [out.cols, 1]));
}
