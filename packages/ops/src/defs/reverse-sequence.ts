// ReverseSequence: reverses the first positions along the time axis, as many as the operand says for each batch; the others stay.
import { elementCount } from "@waferc/numerics";
import { int } from "../attr-spec.ts";
import { inferSameType } from "../families/elementwise.ts";
import { newUnits, tensorOfUnits, unitsOf } from "../math/views.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { normalAxis } from "../shapes.ts";

export const reverseSequenceOp = defineOp({
  kind: "ReverseSequence",
  versions: [10],
  traits: ["movement"],
  attrs: { batch_axis: int(1), time_axis: int(0) },
  operands: [2, 2],
  infer: (ctx) => {
    const rank = ctx.shape(0)?.length;
    if (rank !== undefined) {
      const [batch, time] = [normalAxis(ctx.attrs.batch_axis, rank), normalAxis(ctx.attrs.time_axis, rank)];
      require(batch + time === 1, () => `needs axes 0 and 1 for time and batch, but found ${time} and ${batch}`);
    }
    return inferSameType(ctx);
  },
  evaluate: ({ attrs, operand, ints }) => {
    const x = operand(0);
    const [first, second] = x.shape as [number, number];
    const inner = elementCount(x.shape.slice(2));
    const isBatchFirst = normalAxis(attrs.batch_axis, x.shape.length) === 0;
    const [batches, times] = isBatchFirst ? [first, second] : [second, first];
    const offsetOf = (batch: number, time: number): number =>
      (isBatchFirst ? batch * times + time : time * batches + batch) * inner;
    const lengths = ints(1);
    require(lengths.length === batches, () => `needs ${batches} lengths, but found ${lengths.length}`);
    const units = unitsOf(x);
    const to = newUnits(units, units.length);
    const [source, target] = [units as Uint32Array, to as Uint32Array]; // one width at run time
    lengths.forEach((length, batch) => {
      require(length >= 0 && length <= times, () => `needs lengths in 0 .. ${times}, but found ${length}`);
      for (let time = 0; time < times; time++) {
        const from = offsetOf(batch, time < length ? length - 1 - time : time);
        const at = offsetOf(batch, time);
        for (let i = 0; i < inner; i++) target[at + i] = source[from + i]!;
      }
    });
    return [tensorOfUnits(x.dtype, x.shape, to)];
  },
});
