import { describe, expect, it } from "vitest";
import { filesOf, kebabCase } from "./new.ts";

describe("kebabCase", () => {
  it.each([
    ["HardSwish", "hard-swish"],
    ["MatMulNBits", "mat-mul-n-bits"],
    ["LSTM", "lstm"],
    ["QLinearConv", "q-linear-conv"],
    ["Col2Im", "col2-im"],
  ])("names the file of %s", (kind, name) => {
    expect(kebabCase(kind)).toBe(name);
  });
});

describe("filesOf", () => {
  it("puts an op of another domain into its folder, with imports that reach", () => {
    const [definition, filetest] = filesOf({ kind: "BiasSoftmax", domain: "com.microsoft", version: 1 });
    expect(definition?.path).toBe("packages/ops/src/defs/com-microsoft/bias-softmax.ts");
    expect(definition?.text).toContain('from "../../op-definition.ts"');
    expect(definition?.text).toContain("export const biasSoftmaxOp = defineOp({");
    expect(filetest?.text).toContain("com.microsoft:BiasSoftmax@1");
  });
});
