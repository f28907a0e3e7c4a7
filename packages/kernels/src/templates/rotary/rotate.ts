/**
 * Rotary embedding (Su et al. 2021; ONNX RotaryEmbedding-23 with constant caches): out = x*cos + partner(x)*sin, where the partner of column c is half a head
 * away (`half`) or its neighbour (`interleaved`), and `sin` carries the sign. Partners lie on other cores: the row is gathered along x, then each core
 * picks its columns' partners.
 */
import { numberParam, stringParam } from "../../params.ts";
import type { KernelTemplate } from "../../template.ts";
import { quotient, remainder, sum, times, type Int } from "../../emit/expr.ts";
import { elementwiseSource, gatherColumns, operandTile, resultTile, scratchLike, whole } from "../../emit/tile.ts";
import { at, from } from "../../emit/views.ts";
import { firstSharding } from "../first-sharding.ts";
import { lineChannels } from "../channels.ts";

function partnerOf(column: Int, kind: string, headDim: number): Int {
  if (kind === "interleaved") return sum(column, 1, times(-2, remainder(column, 2)));
  if (kind !== "half") throw new RangeError(`rotary.rotate has no partner "${kind}"`);
  return sum(times(headDim, quotient(column, headDim)), remainder(sum(column, headDim / 2), headDim));
}

export const rotate: KernelTemplate = {
  name: "rotary.rotate",
  summary: "rotary position embedding with constant cosines and sines",
  channels: (_kernel, region) => lineChannels(region, "x"),
  shardResults: firstSharding,
  emit(kernel, _tensors, b) {
    const x = operandTile(b, kernel, 0);
    const out = resultTile(b, kernel);
    const headDim = numberParam(kernel, "headDim");
    const partner = stringParam(kernel, "partner");
    const slab = gatherColumns(b, "x", x);
    const partners = scratchLike(b, "partners", x);
    b.repeat(x.cols, (j) => {
      const column = sum(times(x.sharding.cols.block, b.u), j);
      const source = sum(slab.place.offset, partnerOf(column, partner, headDim));
      b.copy(
        at(partners.place.buffer, sum(partners.place.offset, j), [x.rows, partners.stride]),
        at(slab.place.buffer, source, [x.rows, slab.stride]),
      );
    });
    b.binary("mul", whole(out), from(whole(x)), elementwiseSource(b, kernel, 1, x));
    b.binary("mul", whole(partners), from(whole(partners)), elementwiseSource(b, kernel, 2, x));
    b.binary("add", whole(out), from(whole(out)), from(whole(partners)));
  },
};
