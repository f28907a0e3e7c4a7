// Broadcasting of binary ops before opset 7: only the second operand, only with attribute `broadcast`, and to a run of the first
// operand's axes, which begins at `axis` or ends with the last. Without the attribute the shapes must be equal, but numpy's
// broadcasting is accepted: function bodies of ONNX itself rely on it (Softplus-1).
import type { Shape, ValueType } from "@waferc/ir/graph";
import { reshapeTensor } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { flag, int } from "../attr-spec.ts";
import type { AttrValues } from "../attr-spec.ts";
import { require } from "../op-error.ts";
import { canBroadcastTo, normalAxis, printShape } from "../shapes.ts";

/** Versions before it broadcast so. */
const NUMPY_BROADCAST = 7;

export const LEGACY_ATTRS = { broadcast: flag(false), axis: int() };

interface LegacyContext {
  readonly version: number;
  readonly attrs: AttrValues<typeof LEGACY_ATTRS>;
}

/** The second operand's shape with 1 for the axes behind it, so that numpy's broadcasting means the same. */
function alignShape(a: Shape, b: Shape, { broadcast, axis }: LegacyContext["attrs"]): Shape {
  if (!broadcast) return b;
  const describe = () => `${printShape(a)} and ${printShape(b)}`;
  require(b.length <= a.length, () => `needs a second operand of lower rank, but found ${describe()}`);
  const begin = axis === undefined ? a.length - b.length : normalAxis(axis, a.length);
  require(begin + b.length <= a.length, () => `cannot align ${describe()} at axis ${begin}`);
  const aligned = [...b, ...Array<number>(a.length - begin - b.length).fill(1)];
  require(canBroadcastTo(aligned, a), () => `cannot align ${describe()} at axis ${begin}`);
  return aligned;
}

/** The second operand's type as numpy's broadcasting needs it. */
export function alignType(a: ValueType, b: ValueType, { version, attrs }: LegacyContext): ValueType {
  if (version >= NUMPY_BROADCAST || a.shape === undefined || b.shape === undefined) return b;
  return { dtype: b.dtype, shape: alignShape(a.shape, b.shape, attrs) };
}

/** The second operand as numpy's broadcasting needs it. */
export function alignOperand(a: Tensor, b: Tensor, { version, attrs }: LegacyContext): Tensor {
  if (version >= NUMPY_BROADCAST) return b;
  return reshapeTensor(b, alignShape(a.shape, b.shape, attrs) as readonly number[]);
}
