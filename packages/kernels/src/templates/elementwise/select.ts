/**
 * Choice and comparison, where operands lie. What is true is 1 and what is false 0, as f32: `elementwise.select` takes its second operand where the
 * first is not 0, else the third; `elementwise.compare` makes such values. Operands as for `elementwise.binary`.
 */
import { stringParam } from "../../params.ts";
import type { KernelTemplate } from "../../template.ts";
import type { CodeBuilder } from "../../emit/code-builder.ts";
import { elementwiseSource, resultTile, scratchLike, whole, type Tile } from "../../emit/tile.ts";
import { literal } from "../../emit/views.ts";
import type { CompareFn } from "@waferc/ir/program";
import { firstSharding } from "../first-sharding.ts";

export const COMPARE_FUNCTIONS: readonly CompareFn[] = ["eq", "ne", "lt", "le", "gt", "ge"];

export const choose: KernelTemplate = {
  name: "elementwise.select",
  summary: "one of two operands, element by element, by a third",
  channels: () => [],
  shardResults: firstSharding,
  emit(kernel, _tensors, b) {
    const out = resultTile(b, kernel);
    const flags = flagsLike(b, out);
    b.compare("ne", whole(flags), elementwiseSource(b, kernel, 0, out), literal(0));
    b.select(whole(out), whole(flags), elementwiseSource(b, kernel, 1, out), elementwiseSource(b, kernel, 2, out));
  },
};

export const compare: KernelTemplate = {
  name: "elementwise.compare",
  summary: "1 where a comparison of two operands holds, else 0",
  channels: () => [],
  shardResults: firstSharding,
  emit(kernel, _tensors, b) {
    const name = stringParam(kernel, "fn");
    const fn = COMPARE_FUNCTIONS.find((known) => known === name);
    if (fn === undefined) throw new RangeError(`elementwise.compare has no function "${name}"`);
    const out = resultTile(b, kernel);
    const flags = flagsLike(b, out);
    b.compare(fn, whole(flags), elementwiseSource(b, kernel, 0, out), elementwiseSource(b, kernel, 1, out));
    b.cast(whole(out), whole(flags));
  },
};

function flagsLike(b: CodeBuilder, tile: Tile): Tile {
  return scratchLike(b, "flags", tile, "i32");
}
