import { describe, expect, it } from "vitest";
import { forwardDft, inverseDft, unitRoots } from "./dft.ts";
import type { Complexes } from "./dft.ts";

/** A signal without symmetries. */
function signal(n: number): Complexes {
  const re = Float64Array.from({ length: n }, (_, t) => ((t * 7919) % 101) / 50 - 1);
  const im = Float64Array.from({ length: n }, (_, t) => ((t * 104729) % 97) / 48 - 1);
  return { re, im };
}

/** The sum of the definition, with angles reduced before they are multiplied. */
function bySum({ re, im }: Complexes, k: number): [number, number] {
  const n = re.length;
  let [a, b] = [0, 0];
  for (let t = 0; t < n; t++) {
    const angle = (-2 * Math.PI * ((k * t) % n)) / n;
    a += re[t]! * Math.cos(angle) - im[t]! * Math.sin(angle);
    b += re[t]! * Math.sin(angle) + im[t]! * Math.cos(angle);
  }
  return [a, b];
}

describe("forwardDft", () => {
  it.each([1, 2, 3, 4, 8, 12, 13, 15, 30, 49, 64])("of length %i is the sum of the definition", (n) => {
    const x = signal(n);
    const spectrum = forwardDft(x, unitRoots(n));
    for (let k = 0; k < n; k++) {
      const [a, b] = bySum(x, k);
      expect(Math.abs(spectrum.re[k]! - a)).toBeLessThan(1e-12);
      expect(Math.abs(spectrum.im[k]! - b)).toBeLessThan(1e-12);
    }
  });
});

describe("inverseDft", () => {
  it.each([1, 6, 17, 128])("of length %i undoes forwardDft", (n) => {
    const [x, roots] = [signal(n), unitRoots(n)];
    const back = inverseDft(forwardDft(x, roots), roots);
    for (let t = 0; t < n; t++) {
      expect(Math.abs(back.re[t]! - x.re[t]!)).toBeLessThan(1e-13);
      expect(Math.abs(back.im[t]! - x.im[t]!)).toBeLessThan(1e-13);
    }
  });
});

describe("unitRoots", () => {
  it("are exact at quarter turns", () => {
    const { re, im } = unitRoots(8);
    expect([re[0], re[2], re[4], re[6]].map((x) => x! + 0)).toEqual([1, 0, -1, 0]);
    expect([im[0], im[2], im[4], im[6]].map((x) => x! + 0)).toEqual([0, -1, 0, 1]);
  });
});
