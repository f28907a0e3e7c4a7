// Unique: the distinct elements of the flattened operand, or the distinct slices along an axis; for each, where it comes
// first and how often it comes; and for each element or slice of the operand, which it is. In ascending order (slices
// by their elements in order, NaN last and equal to itself) or, with `sorted` 0, in the order of first appearance.
import type { ValueType } from "@waferc/ir/graph";
import { elementCount, makeTensor, reshapeTensor } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { flag, int } from "../attr-spec.ts";
import { comparablesOf } from "../math/scalars.ts";
import { newUnits, tensorOfUnits, unitsOf } from "../math/views.ts";
import { defineOp } from "../op-definition.ts";
import { normalAxis } from "../shapes.ts";

/** The operand as [outer, slices, inner]: slices are compared. */
interface Slices {
  readonly outer: number;
  readonly count: number;
  readonly inner: number;
}

/** Order of numbers, bigints or strings, NaN above all. */
function compare(a: number, b: number): number {
  if (a === b) return 0;
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a < b ? -1 : 1;
}

/** Compares two slices by their indices. */
function sliceComparator(x: Tensor, { outer, count, inner }: Slices): (a: number, b: number) => number {
  const values = comparablesOf(x);
  return (a, b) => {
    for (let row = 0; row < outer; row++) {
      for (let i = 0; i < inner; i++) {
        const start = row * count * inner + i;
        const order = compare(values[start + a * inner]!, values[start + b * inner]!);
        if (order !== 0) return order;
      }
    }
    return 0;
  };
}

interface Distinct {
  /** For each distinct slice, its first place. */
  readonly firsts: readonly number[];
  readonly inverse: Int32Array;
  readonly counts: readonly number[];
}

function distinctSlices(x: Tensor, slices: Slices, isSorted: boolean): Distinct {
  const comparator = sliceComparator(x, slices);
  const order = Array.from({ length: slices.count }, (_, i) => i).sort((a, b) => comparator(a, b) || a - b);
  const classes: number[][] = [];
  order.forEach((slice, i) => {
    if (i > 0 && comparator(order[i - 1]!, slice) === 0) classes.at(-1)!.push(slice);
    else classes.push([slice]);
  });
  if (!isSorted) classes.sort((a, b) => a[0]! - b[0]!);
  const inverse = new Int32Array(slices.count);
  classes.forEach((members, i) => members.forEach((slice) => (inverse[slice] = i)));
  return { firsts: classes.map((members) => members[0]!), inverse, counts: classes.map(({ length }) => length) };
}

function takeSlices(x: Tensor, { outer, count, inner }: Slices, taken: readonly number[], shape: readonly number[]) {
  const from = unitsOf(x) as Uint32Array; // one width at run time
  const to = newUnits(from, outer * taken.length * inner) as Uint32Array;
  for (let row = 0; row < outer; row++) {
    taken.forEach((slice, i) => {
      const [source, target] = [(row * count + slice) * inner, (row * taken.length + i) * inner];
      for (let j = 0; j < inner; j++) to[target + j] = from[source + j]!;
    });
  }
  return tensorOfUnits(x.dtype, shape, to);
}

const indices = (values: ArrayLike<number>): Tensor =>
  makeTensor("i64", [values.length], BigInt64Array.from(Array.from(values), BigInt));

export const uniqueOp = defineOp({
  kind: "Unique",
  versions: [11],
  attrs: { axis: int(), sorted: flag(true) },
  operands: [1, 1],
  results: [1, 4],
  infer: ({ attrs, operand }): ValueType[] => {
    const { dtype, shape } = operand(0);
    const { axis } = attrs;
    const list: ValueType = { dtype: "i64", shape: ["?"] };
    if (axis === undefined) return [{ dtype, shape: ["?"] }, list, list, list];
    return [{ dtype, shape: shape?.with(normalAxis(axis, shape.length), "?") }, list, list, list];
  },
  evaluate: ({ attrs, operand }) => {
    const x = attrs.axis === undefined ? reshapeTensor(operand(0), [elementCount(operand(0).shape)]) : operand(0);
    const axis = normalAxis(attrs.axis ?? 0, x.shape.length);
    const [outer, inner] = [elementCount(x.shape.slice(0, axis)), elementCount(x.shape.slice(axis + 1))];
    const slices: Slices = { outer, count: x.shape[axis]!, inner };
    const { firsts, inverse, counts } = distinctSlices(x, slices, attrs.sorted);
    const y = takeSlices(x, slices, firsts, x.shape.with(axis, firsts.length));
    return [y, indices(firsts), indices(inverse), indices(counts)];
  },
});
