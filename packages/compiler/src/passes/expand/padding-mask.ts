// Masks of onnxruntime's Attention and MultiHeadAttention as one float mask to add to scores, [batch, 1 or heads, queries or 1, keys].
// Padding keys get the filter value, not minus infinity. Forms: ones where keys count, [batch, keys], [batch, queries, keys] or
// [batch, 1, longest, longest]; or lengths, [batch] or [3 batch + 2]; or ends and then starts, [2 batch].
import type { ValueId } from "@waferc/ir/graph";
import { tensorOf, type DType } from "@waferc/numerics";
import { CannotExpand, type Expander } from "./expander.ts";

export interface PaddingMask {
  readonly mask: ValueId | undefined;
  /** What is added to scores of padding keys. */
  readonly filter: number;
  /** Added to scores as well. */
  readonly bias: ValueId | undefined;
  readonly dtype: DType;
  readonly batch: number;
  readonly queries: number;
  /** Those of the past included. */
  readonly keys: number;
  readonly past: number;
}

export function paddingMask(op: Expander, given: PaddingMask): ValueId | undefined {
  const { mask, filter, bias, dtype } = given;
  if (mask === undefined) return bias;
  const padding = op.emit("Where", [countedKeys(op, mask, given), op.scalar(dtype, 0), op.scalar(dtype, filter)]);
  return op.plus(padding, bias);
}

/** Bool, true where a key counts. */
function countedKeys(op: Expander, mask: ValueId, { batch, queries, keys, past }: PaddingMask): ValueId {
  const shape = op.shape(mask);
  const [rows, columns, longest, width] = shape;
  const isPositive = (x: ValueId): ValueId => op.emit("Greater", [x, op.scalar(op.dtype(mask), 0)]);
  switch (shape.length) {
    case 1:
      if (rows === batch || rows === 3 * batch + 2) return before(op, mask, 0, { batch, keys });
      if (rows === 2 * batch) {
        const isBeforeStart = before(op, mask, batch, { batch, keys });
        return op.emit("And", [before(op, mask, 0, { batch, keys }), op.emit("Not", [isBeforeStart])]);
      }
      break;
    case 2:
      if (rows === batch && columns === keys) return isPositive(op.reshape(mask, [batch, 1, 1, keys]));
      break;
    case 3:
      if (rows !== batch || columns !== queries || longest !== keys) break;
      return isPositive(op.reshape(mask, [batch, 1, queries, keys]));
    case 4:
      if (rows !== batch || columns !== 1 || longest === undefined || width === undefined) break;
      if (longest < past + queries || width < keys) break;
      return isPositive(op.slice(op.slice(mask, 2, past, past + queries), 3, 0, keys));
    default:
  }
  throw new CannotExpand(`a mask of shape [${shape.join(",")}]`);
}

/** Whether a key's index is below the length at `from` and on, [batch, 1, 1, keys]. */
function before(
  op: Expander,
  lengths: ValueId,
  from: number,
  { batch, keys }: Pick<PaddingMask, "batch" | "keys">,
): ValueId {
  const dtype = op.dtype(lengths);
  const indices = Array.from({ length: keys }, (_, key) => key);
  const own = op.reshape(op.slice(lengths, 0, from, from + batch), [batch, 1, 1, 1]);
  return op.emit("Less", [op.constant(tensorOf(dtype, [1, 1, 1, keys], indices)), own]);
}
