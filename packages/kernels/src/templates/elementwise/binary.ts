/**
 * add, sub, mul, div, min or max of two operands, where they lie. Operands: a tensor of the result's sharding, a weight of that sharding, a weight
 * that is a single row (repeated), or a scalar.
 */
import type { BinaryFn } from "@waferc/ir/program";
import { stringParam } from "../../params.ts";
import type { KernelTemplate } from "../../template.ts";
import { elementwiseSource, resultTile, whole } from "../../emit/tile.ts";
import { firstSharding } from "../first-sharding.ts";

export const BINARY_FUNCTIONS: readonly BinaryFn[] = ["add", "sub", "mul", "div", "min", "max"];

export const binary: KernelTemplate = {
  name: "elementwise.binary",
  summary: "one function of two operands, where they lie",
  channels: () => [],
  shardResults: firstSharding,
  emit(kernel, _tensors, b) {
    const name = stringParam(kernel, "fn");
    const fn = BINARY_FUNCTIONS.find((known) => known === name);
    if (fn === undefined) throw new RangeError(`elementwise.binary has no function "${name}"`);
    const out = resultTile(b, kernel);
    b.binary(fn, whole(out), elementwiseSource(b, kernel, 0, out), elementwiseSource(b, kernel, 1, out));
  },
};
