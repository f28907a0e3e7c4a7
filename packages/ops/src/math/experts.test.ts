import { describe, expect, it } from "vitest";
import { expertActivation, routeTokens } from "./experts.ts";

const rounded = (values: readonly number[]): number[] => values.map((value) => Math.round(value * 1e6) / 1e6);

describe("routeTokens", () => {
  const scores = Float64Array.of(Math.log(1), Math.log(4), Math.log(4), Math.log(1));

  it("weighs the best experts by the softmax over all, the lower one first where scores are equal", () => {
    const [route] = routeTokens(scores, { experts: 4, chosen: 3, isNormalized: false });
    expect(route?.experts).toEqual([1, 2, 0]);
    expect(rounded(route?.weights ?? [])).toEqual([0.4, 0.4, 0.1]);
  });

  it("makes the weights of the chosen sum to one if asked", () => {
    const [route] = routeTokens(scores, { experts: 4, chosen: 3, isNormalized: true });
    expect(rounded(route?.weights ?? [])).toEqual([0.444444, 0.444444, 0.111111]);
  });

  it("takes weights from elsewhere where they are given", () => {
    const [route] = routeTokens(scores, { experts: 4, chosen: 1, isNormalized: false }, Float64Array.of(1, 2, 3, 4));
    expect(route).toEqual({ experts: [1], weights: [2] });
  });
});

describe("expertActivation", () => {
  it("names what it knows", () => {
    const swiglu = { fusion: 0, alpha: 1, beta: 0, limit: Infinity };
    expect(() => expertActivation("sine", swiglu)).toThrow(
      "needs activation_type relu, gelu, silu, identity or swiglu",
    );
  });
});
