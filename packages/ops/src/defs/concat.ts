// Concat: operands one after the other along an axis.
import type { Dim, Shape } from "@waferc/ir/graph";
import { elementCount } from "@waferc/numerics";
import { int } from "../attr-spec.ts";
import { commonDType } from "../families/elementwise.ts";
import { newUnits, tensorOfUnits, unitsOf } from "../math/views.ts";
import type { Units } from "../math/views.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { addDims, mergeDims, normalAxis } from "../shapes.ts";

function joinedShape(shapes: readonly Shape[], axis: number): Shape {
  const rank = shapes[0]?.length ?? 0;
  require(shapes.every((shape) => shape.length === rank), "needs operands of equal rank");
  return Array.from({ length: rank }, (_, i): Dim => {
    const dims = shapes.map((shape) => shape[i] as Dim);
    return i === axis ? addDims(dims) : dims.reduce((a, b) => mergeDims(a, b, `lengths at axis ${i}`));
  });
}

export const concatOp = defineOp({
  kind: "Concat",
  versions: [1, 4, 11, 13],
  traits: ["movement"],
  attrs: { axis: int(1) },
  operands: [1, Infinity],
  infer: ({ attrs, operands, operand }) => {
    const types = operands.map((_, i) => operand(i));
    const shapes = types.map(({ shape }) => shape).filter((shape) => shape !== undefined);
    const dtype = commonDType(types);
    const [first] = shapes;
    if (first === undefined) return [{ dtype }];
    if (shapes.length < types.length) return [{ dtype, shape: first.map(() => "?") }];
    return [{ dtype, shape: joinedShape(shapes, normalAxis(attrs.axis, first.length)) }];
  },
  evaluate: ({ attrs, operands, operand, result }) => {
    const { dtype, shape } = result(0);
    const axis = normalAxis(attrs.axis, shape.length);
    const inner = elementCount(shape.slice(axis + 1));
    const outer = elementCount(shape.slice(0, axis));
    const parts = operands.map((_, i) => ({ units: unitsOf(operand(i)), run: operand(i).shape[axis]! * inner }));
    const to = newUnits(unitsOf(operand(0)), elementCount(shape));
    let at = 0;
    for (let row = 0; row < outer; row++) {
      for (const { units, run } of parts) {
        copyRun(units, row * run, to, at, run);
        at += run;
      }
    }
    return [tensorOfUnits(dtype, shape, to)];
  },
});

function copyRun(from: Units, start: number, to: Units, at: number, count: number): void {
  const [source, target] = [from as Uint32Array, to as Uint32Array]; // one width at run time
  for (let i = 0; i < count; i++) target[at + i] = source[start + i]!;
}
