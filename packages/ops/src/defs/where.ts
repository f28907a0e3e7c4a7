// Where: elements of the second operand where the first is true, else of the third, with broadcasting.
import { elementCount } from "@waferc/numerics";
import { commonDType } from "../families/elementwise.ts";
import { broadcastIndex, newUnits, tensorOfUnits, unitsOf } from "../math/views.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { broadcastTypes } from "../shapes.ts";

export const whereOp = defineOp({
  kind: "Where",
  versions: [9, 16],
  traits: ["elementwise"],
  operands: [3, 3],
  infer: ({ operand }) => {
    const [condition, x, y] = [operand(0), operand(1), operand(2)];
    require(condition.dtype === undefined || condition.dtype === "bool", "needs a bool condition");
    return [{ dtype: commonDType([x, y]), shape: broadcastTypes([condition, x, y]) }];
  },
  evaluate: ({ operand, result }) => {
    const { dtype, shape } = result(0);
    const [condition, x, y] = [operand(0), operand(1), operand(2)];
    const [onTrue, onFalse] = [unitsOf(x) as Uint32Array, unitsOf(y) as Uint32Array]; // one width at run time
    const [at, xAt, yAt] = [condition, x, y].map((tensor) => broadcastIndex(tensor.shape, shape));
    const to = newUnits(onTrue, elementCount(shape)) as Uint32Array;
    for (let i = 0; i < to.length; i++) {
      to[i] = condition.data[at?.[i] ?? i] === 1 ? onTrue[xAt?.[i] ?? i]! : onFalse[yAt?.[i] ?? i]!;
    }
    return [tensorOfUnits(dtype, shape, to)];
  },
});
