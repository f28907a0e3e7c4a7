import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { generateOpIndex } from "./generate-op-index.ts";

test("the index of op definitions is fresh", () => {
  expect(readFileSync("packages/ops/src/defs/index.ts", "utf8")).toBe(generateOpIndex());
});
