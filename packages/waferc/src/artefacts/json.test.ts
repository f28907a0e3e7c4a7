import { expect, it } from "vitest";
import { printJson } from "./json.ts";

it("printJson writes what JSON cannot say in a way that it can", () => {
  const value = {
    a: NaN,
    b: [Infinity, -Infinity],
    c: 5n,
    d: 2n ** 60n,
    e: new Map([["k", new Float32Array([1])]]),
    f: undefined,
  };
  expect(JSON.parse(printJson(value))).toEqual({
    a: "nan",
    b: ["inf", "-inf"],
    c: 5,
    d: String(2n ** 60n),
    e: { k: [1] },
  });
});
