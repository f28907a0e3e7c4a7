import { describe, expect, it } from "vitest";
import { findOp, opTable } from "./op-table.ts";

describe("opTable", () => {
  it("has sound definitions", () => {
    for (const [name, { versions, operands, results, source }] of opTable) {
      expect(versions, name).toEqual([...versions].sort((a, b) => a - b));
      expect(operands[0] <= operands[1] && results[0] <= results[1], name).toBe(true);
      expect(source, name).toMatch(/^https:/);
    }
  });
});

describe("findOp", () => {
  it("resolves an opset to the version in force", () => {
    expect(findOp("", "Softmax", 12)?.version).toBe(11);
    expect(findOp("", "Softmax", 13)?.version).toBe(13);
    expect(findOp("", "Softmax", 99)?.version).toBe(13);
  });

  it("finds nothing for unknown ops, domains and opsets before the first version", () => {
    expect(findOp("", "Nothing", 17)).toBeUndefined();
    expect(findOp("com.example", "Softmax", 17)).toBeUndefined();
    expect(findOp("", "RMSNormalization", 22)).toBeUndefined();
  });
});
