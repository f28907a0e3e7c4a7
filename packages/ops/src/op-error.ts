// A node that breaks the rules of its op, or data that an op cannot work on. The message continues the sentence
// "MatMul ...": callers put the op and its place in front and make a diagnostic of it.
import { DTypeError } from "@waferc/numerics";

export class OpError extends Error {
  /** Does the message name the op and its place already? */
  readonly isPlaced: boolean;

  constructor(message: string, isPlaced = false) {
    super(message);
    this.name = "OpError";
    this.isPlaced = isPlaced;
  }

  /** The same problem with its place in front. */
  placed(place: string): OpError {
    return new OpError(`${place} ${this.message}`, true);
  }
}

/**
 * What `compute` gives.
 * @throws OpError if it asks data for what elements of their type do not have: an operator was given a type that it has no arithmetic for
 */
export function withTypesOfOp<T>(compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    if (error instanceof DTypeError) throw new OpError(`cannot compute with its operands: ${error.message}`);
    throw error;
  }
}

/** @throws OpError unless `condition` holds */
export function require(condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) throw new OpError(typeof message === "string" ? message : message());
}
