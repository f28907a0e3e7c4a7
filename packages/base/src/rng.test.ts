import { describe, expect, it } from "vitest";
import { Rng } from "./rng.ts";

const draw = (rng: Rng, count: number) => Array.from({ length: count }, () => rng.uint32());

describe("Rng", () => {
  it("gives the same numbers for the same seed, pinned so that dumps stay stable across versions", () => {
    expect(draw(new Rng(1), 4)).toEqual(draw(new Rng("1"), 4));
    expect(draw(new Rng(1), 4)).toMatchInlineSnapshot(`
      [
        1101098648,
        2894581791,
        84530861,
        2636808493,
      ]
    `);
  });

  it("forks by name alone, whatever was drawn before", () => {
    const [a, b] = [new Rng(7), new Rng(7)];
    draw(b, 100);
    expect(draw(a.fork("place"), 8)).toEqual(draw(b.fork("place"), 8));
    expect(draw(a.fork("place"), 8)).not.toEqual(draw(a.fork("route"), 8));
    expect(draw(a.fork("x").fork("y"), 8)).not.toEqual(draw(a.fork("y").fork("x"), 8));
  });

  it("draws integers evenly", () => {
    const rng = new Rng("even");
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 70_000; i++) counts[rng.below(7)]! += 1;
    // Deviation of each count is sqrt(70000 * 1/7 * 6/7) = 93; five of them is 463.
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(463);
    const seen = new Set(Array.from({ length: 200 }, () => rng.between(-1, 1)));
    expect([...seen].sort((a, b) => a - b)).toEqual([-1, 0, 1]);
    expect(() => rng.below(0)).toThrow(RangeError);
  });

  it("draws floats in [0, 1) and normals with mean 0 and deviation 1", () => {
    const rng = new Rng("floats");
    const normals = Array.from({ length: 20_000 }, () => rng.normal());
    const mean = normals.reduce((sum, x) => sum + x, 0) / normals.length;
    const variance = normals.reduce((sum, x) => sum + x * x, 0) / normals.length;
    expect(Math.abs(mean)).toBeLessThan(0.05);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
    for (let i = 0; i < 1000; i++) {
      const x = rng.float();
      expect(x >= 0 && x < 1).toBe(true);
    }
  });

  it("shuffles a copy", () => {
    const items = Array.from({ length: 50 }, (_, i) => i);
    const shuffled = new Rng(3).shuffle(items);
    expect(shuffled).not.toEqual(items);
    expect([...shuffled].sort((a, b) => a - b)).toEqual(items);
  });
});
