import type { Kernel, MeshTensor, Sharding } from "@waferc/ir/dataflow";
import { defaultSharding } from "@waferc/kernels";
import { loadMachine } from "@waferc/machine";
import { expect, test } from "vitest";
import { chooseProducts } from "./choose-products.ts";

const machine = loadMachine("mesh32x32");

/** [rows, k] x [k, n] on a region, and the template it gets. */
function chosen(rows: number, k: number, n: number, width: number, height: number): Kernel | undefined {
  const region = { width, height };
  const sharding = defaultSharding([rows, k], region);
  const tensors: MeshTensor[] = [{ name: "a", shape: [rows, k], group: 0, sharding }];
  const kernel: Kernel = {
    template: "matmul.gather",
    group: 0,
    operands: [
      { kind: "tensor", tensor: 0 },
      { kind: "weight", weights: [0], sharding: defaultSharding([k, n], region) },
    ],
    results: [1],
    params: new Map(),
    loc: ["/MatMul"],
  };
  return chooseProducts([kernel], tensors, [{ name: "g", ...region }], machine)[0];
}

test("chooseProducts sums partial products where a core has few columns", () => {
  const kernel = chosen(128, 96, 256, 32, 32);
  expect(kernel?.template).toBe("matmul.reduce");
  const sharding: Sharding = {
    rows: { extent: 96, block: 3, axis: "x" },
    cols: { extent: 256, block: 8, axis: "y" },
  };
  expect(kernel?.operands[1]).toEqual({ kind: "weight", weights: [0], sharding });
});

test("chooseProducts gathers where a core has many rows and columns", () => {
  expect(chosen(1024, 4, 2048, 2, 2)?.template).toBe("matmul.gather");
});
