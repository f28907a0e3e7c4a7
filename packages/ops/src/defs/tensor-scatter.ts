// TensorScatter: writes an update into a cache, at a position along the sequence axis that each batch has of its own, 0 unless
// given. Linear mode must not run over the end; circular mode goes on at the start.
import { elementCount } from "@waferc/numerics";
import { int, word } from "../attr-spec.ts";
import { commonDType } from "../families/elementwise.ts";
import { newUnits, tensorOfUnits, unitsOf } from "../math/views.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { canDimsMatch, normalAxis, printShape } from "../shapes.ts";

export const tensorScatterOp = defineOp({
  kind: "TensorScatter",
  versions: [24],
  traits: ["movement"],
  attrs: { axis: int(-2), mode: word("linear", "circular") },
  operands: [2, 3],
  infer: ({ attrs, operand }) => {
    const [cache, update] = [operand(0), operand(1)];
    if (cache.shape !== undefined && update.shape !== undefined) {
      const [to, from] = [cache.shape, update.shape];
      const axis = normalAxis(attrs.axis, to.length);
      require(axis > 0, "needs an axis behind the batch axis");
      const fits = to.length === from.length && to.every((dim, i) => i === axis || canDimsMatch(dim, from[i]!));
      require(fits, () => `cannot write ${printShape(from)} into ${printShape(to)} along axis ${axis}`);
    }
    return [{ dtype: commonDType([cache, update]), shape: cache.shape }];
  },
  evaluate: ({ attrs, operand, has, ints }) => {
    const [cache, update] = [operand(0), operand(1)];
    const axis = normalAxis(attrs.axis, cache.shape.length);
    const [slots, length] = [cache.shape[axis]!, update.shape[axis]!];
    require(length <= slots, () => `cannot write ${length} positions into a cache of ${slots}`);
    const batches = cache.shape[0]!;
    const starts = has(2) ? ints(2) : Array<number>(batches).fill(0);
    require(starts.length === batches, () => `needs ${batches} write_indices, but found ${starts.length}`);
    const last = attrs.mode === "linear" ? slots - length : slots - 1;
    const bad = starts.find((start) => start < 0 || start > last);
    require(bad === undefined, () => `needs write_indices in 0 .. ${last}, but found ${bad}`);
    const inner = elementCount(cache.shape.slice(axis + 1));
    const rows = elementCount(cache.shape.slice(0, axis));
    const [source, units] = [unitsOf(update) as Uint32Array, unitsOf(cache) as Uint32Array]; // one width at run time
    const to = newUnits(units, units.length) as Uint32Array;
    for (let i = 0; i < units.length; i++) to[i] = units[i]!;
    for (let row = 0; row < rows; row++) {
      const start = starts[Math.floor((row * batches) / rows)]!;
      for (let position = 0; position < length; position++) {
        const at = (row * slots + ((start + position) % slots)) * inner;
        const from = (row * length + position) * inner;
        for (let i = 0; i < inner; i++) to[at + i] = source[from + i]!;
      }
    }
    return [tensorOfUnits(cache.dtype, cache.shape, to)];
  },
});
