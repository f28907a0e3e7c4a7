/**
 * Rotary embedding (Su et al. 2021; ONNX RotaryEmbedding-23): out = x*cos + partner(x)*sin in the first `rotaryDim` columns of each head, out = x in the others. The partner
 * of a column is half of rotaryDim away (`half`) or its neighbour (`interleaved`). Partners lie on other cores: the row is gathered along x, then each
 * core picks its columns' partners.
 *
 * Cosines and sines are weights with x's sharding, spread out to its columns, the sines with the sign that the partner takes (`table` is
 * `columns`); or tensors with the rows of x and rotaryDim / 2 columns (`angles`), of which each core picks its columns' angles and signs.
 */
import type { Kernel } from "@waferc/ir/dataflow";
import { numberParam, stringParam } from "../../params.ts";
import type { KernelTemplate } from "../../template.ts";
import type { CodeBuilder } from "../../emit/code-builder.ts";
import { below, masked, minus, quotient, remainder, sum, times, type Int } from "../../emit/expr.ts";
import { elementwiseSource, gatherColumns, operandTile, resultTile, scratchLike, whole } from "../../emit/tile.ts";
import type { Tile } from "../../emit/tile.ts";
import { at, from } from "../../emit/views.ts";
import type { Source } from "@waferc/ir/program";
import { firstSharding } from "../first-sharding.ts";
import { lineChannels } from "../channels.ts";

interface Rotation {
  readonly headDim: number;
  readonly rotaryDim: number;
  readonly isInterleaved: boolean;
}

/** What a column of the row rotates with. */
interface Column {
  readonly partner: Int;
  /** Index of its angle. */
  readonly angle: Int;
  /** 1 if it is rotated, else 0. */
  readonly isRotated: Int;
  /** 1 if its sine is negative. */
  readonly isNegative: Int;
}

function columnOf(column: Int, { headDim, rotaryDim, isInterleaved }: Rotation): Column {
  const own = remainder(column, headDim);
  const half = rotaryDim / 2;
  const isRotated = rotaryDim === headDim ? 1 : below(own, rotaryDim);
  if (isInterleaved) {
    const isNegative = minus(1, remainder(own, 2));
    const step = sum(1, times(-2, remainder(own, 2)));
    const partner =
      rotaryDim === headDim ? sum(column, step) : sum(column, masked(sum(step, 1), 2, isRotated), times(-1, isRotated));
    return { partner, angle: quotient(own, 2), isRotated, isNegative };
  }
  const isNegative = below(own, half);
  const start = minus(column, own);
  const inside = rotaryDim === headDim ? sum(start, remainder(sum(own, half), rotaryDim)) : undefined;
  // Half a turn ahead in the first half, back in the second, nowhere behind it.
  const jump = sum(times(rotaryDim, isNegative), times(-half, isRotated));
  return { partner: inside ?? sum(column, jump), angle: remainder(own, half), isRotated, isNegative };
}

export const rotate: KernelTemplate = {
  name: "rotary.rotate",
  summary: "rotary position embedding",
  channels: (_kernel, region) => lineChannels(region, "x"),
  shardResults: firstSharding,
  emit(kernel, _tensors, b) {
    const x = operandTile(b, kernel, 0);
    const out = resultTile(b, kernel);
    const rotation = {
      headDim: numberParam(kernel, "headDim"),
      rotaryDim: numberParam(kernel, "rotaryDim"),
      isInterleaved: stringParam(kernel, "partner") === "interleaved",
    };
    const slab = gatherColumns(b, "x", x);
    const partners = scratchLike(b, "partners", x);
    forColumns(b, x, rotation, (j, { partner }) => {
      b.copy(
        at(partners.place.buffer, sum(partners.place.offset, j), [x.rows, partners.stride]),
        at(slab.place.buffer, sum(slab.place.offset, partner), [x.rows, slab.stride]),
      );
    });
    const [cosines, sines] = tables(b, kernel, x, rotation);
    b.binary("mul", whole(out), from(whole(x)), cosines);
    b.binary("mul", whole(partners), from(whole(partners)), sines);
    b.binary("add", whole(out), from(whole(out)), from(whole(partners)));
  },
};

/** For every local column j of x, with its partner and angle. */
function forColumns(b: CodeBuilder, x: Tile, rotation: Rotation, emit: (j: Int, column: Column) => void): void {
  b.repeat(x.cols, (j) => emit(j, columnOf(sum(times(x.sharding.cols.block, b.u), j), rotation)));
}

function tables(b: CodeBuilder, kernel: Kernel, x: Tile, rotation: Rotation): readonly [Source, Source] {
  if (stringParam(kernel, "table") === "columns") {
    return [elementwiseSource(b, kernel, 1, x), elementwiseSource(b, kernel, 2, x)];
  }
  const spread = (index: number, otherwise: number) => {
    const slab = gatherColumns(b, index === 1 ? "cosines" : "sines", operandTile(b, kernel, index));
    const tile = scratchLike(b, index === 1 ? "cosine" : "sine", x);
    if (rotation.rotaryDim < rotation.headDim) b.fill(whole(tile), otherwise);
    forColumns(b, x, rotation, (j, { angle, isRotated, isNegative }) => {
      const into = (mask: Int) =>
        at(tile.place.buffer, sum(tile.place.offset, j), [
          masked(x.rows, x.sharding.rows.block, isRotated, mask),
          tile.stride,
        ]);
      const angles = (mask: Int) =>
        at(slab.place.buffer, sum(slab.place.offset, angle), [
          masked(x.rows, x.sharding.rows.block, isRotated, mask),
          slab.stride,
        ]);
      const flipped = index === 2 ? isNegative : 0;
      b.copy(into(minus(1, flipped)), angles(minus(1, flipped)));
      if (index === 2) b.unary("neg", into(flipped), from(angles(flipped)));
    });
    return from(whole(tile));
  };
  return [spread(1, 1), spread(2, 0)];
}
