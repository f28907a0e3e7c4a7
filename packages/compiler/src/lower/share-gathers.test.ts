import type { Kernel, Operand, Sharding } from "@waferc/ir/dataflow";
import { expect, test } from "vitest";
import { shareGathers } from "./share-gathers.ts";

const whole: Sharding = {
  rows: { extent: 1, block: 1, axis: "none" },
  cols: { extent: 1, block: 1, axis: "none" },
};
const tensor = (id: number): Operand => ({ kind: "tensor", tensor: id });
const weight = (id: number): Operand => ({ kind: "weight", weights: [id], sharding: whole });

function product(a: number, b: Operand, result: number, group = 0): Kernel {
  const loc = [`/p${result}`];
  return { template: "matmul.gather", group, operands: [tensor(a), b], results: [result], params: new Map(), loc };
}

test("shareGathers joins products of one tensor with weights, in one group, at the first's place", () => {
  const kernels = [
    product(0, weight(0), 1),
    product(0, weight(1), 2),
    product(1, weight(2), 3),
    product(0, weight(3), 4, 1),
  ];
  const shared = shareGathers({ kernels, opOf: [10, 11, 12, 13] });
  expect(shared.opOf).toEqual([10, 12, 13]);
  expect(shared.kernels[0]).toMatchObject({
    operands: [tensor(0), weight(0), weight(1)],
    results: [1, 2],
    loc: ["/p1", "/p2"],
  });
});

test("shareGathers leaves products with activations and batched ones alone", () => {
  const batched = { ...product(0, weight(0), 2), params: new Map([["k", 4]]) };
  const kernels = [product(0, tensor(9), 1), batched, product(0, weight(1), 3)];
  expect(shareGathers({ kernels, opOf: [0, 1, 2] })).toEqual({ kernels, opOf: [0, 1, 2] });
});
