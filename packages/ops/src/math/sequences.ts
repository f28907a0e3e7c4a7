// What the sequence ops share: positions that may count from the end, and types of sequences and their elements.
import type { ValueType } from "@waferc/ir/graph";
import { printType } from "@waferc/ir/graph";
import { describeData, isSequence, isUnknownType } from "../data.ts";
import type { Data, SequenceData } from "../data.ts";
import { OpError, require } from "../op-error.ts";

/** @throws OpError, naming the operand, if it is no sequence */
export function expectSequence(data: Data, index: number): SequenceData {
  if (isSequence(data)) return data;
  throw new OpError(`needs a sequence as operand ${index}, but found ${describeData(data)}`);
}

/** The type of a sequence's elements, as far as it is known. @throws OpError if it is no sequence */
export function elementType(type: ValueType, index: number): ValueType {
  if (isUnknownType(type)) return {};
  const { dtype, shape, wrappers = [] } = type;
  require(wrappers.length === 1 && wrappers[0] === "sequence", () =>
    `needs a sequence as operand ${index}, but found ${printType(type)}`);
  return { dtype, shape };
}

export function sequenceType({ dtype, shape }: ValueType): ValueType {
  return { dtype, shape, wrappers: ["sequence"] };
}

/** A position from 0 for one that may count from the end; `limit` is how many there are. */
export function normalPosition(positions: readonly number[], limit: number): number {
  const [position, ...rest] = positions;
  require(position !== undefined && rest.length === 0, () => `needs one position, but found ${positions.length}`);
  require(position >= -limit && position < limit, () =>
    `needs a position in -${limit} .. ${limit - 1}, but found ${position}`);
  return position < 0 ? position + limit : position;
}
