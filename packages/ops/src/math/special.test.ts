import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { erf, power, roundHalfEven, sigmoid, softplus } from "./special.ts";

/** 2 / sqrt(pi) * exp(-x^2) * sum of 2^n x^(2n+1) / (2n+1)!!, whose terms are all of one sign. */
function erfBySeries(x: number): number {
  let term = x;
  let sum = 0;
  for (let n = 0; n < 300 && sum + term !== sum; n++) {
    sum += term;
    term *= (2 * x * x) / (2 * n + 3);
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

describe("erf", () => {
  it("agrees with its series to 1e-15 of its value", () => {
    fc.assert(
      fc.property(fc.double({ min: -5, max: 5, noNaN: true }), (x) => {
        const expected = erfBySeries(x);
        expect(Math.abs(erf(x) - expected)).toBeLessThanOrEqual(2e-15 * Math.abs(expected));
      }),
    );
  });

  it("is odd, 1 far out, and keeps zero and NaN", () => {
    expect(erf(-0.3)).toBe(-erf(0.3));
    expect([erf(7), erf(-7), erf(Infinity)]).toEqual([1, -1, 1]);
    expect(erf(-0)).toBe(-0);
    expect(erf(NaN)).toBeNaN();
  });
});

describe("other functions", () => {
  it("round halves to even and keep the sign of zero", () => {
    expect([0.5, 1.5, 2.5, -0.5, -1.5, 0.4, -0.4].map(roundHalfEven)).toEqual([0, 2, 2, -0, -2, 0, -0]);
    expect([Infinity, NaN].map(roundHalfEven)).toEqual([Infinity, NaN]);
  });

  it("do not overflow", () => {
    expect([sigmoid(-1000), sigmoid(1000), softplus(1000), softplus(-1000)]).toEqual([0, 1, 1000, 0]);
  });

  it("have the powers of C", () => {
    expect([power(1, NaN), power(-1, Infinity), power(NaN, 0), power(-8, 3)]).toEqual([1, 1, 1, -512]);
  });
});
