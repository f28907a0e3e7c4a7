// Values of the reference implementation (mt19937ar.c, init_genrand(5489)) and of numpy (RandomState(0).random_sample()).
import { expect, test } from "vitest";
import { MersenneTwister } from "./mersenne-twister.ts";

test("uint32 starts as the C++ standard's mt19937 does, and its 10000th number is 4123659995", () => {
  const twister = new MersenneTwister(5489);
  const words = Array.from({ length: 10000 }, () => twister.uint32());
  expect(words[0]).toBe(3499211612);
  expect(words[9999]).toBe(4123659995);
});

test("float gives numpy's numbers for seed 0", () => {
  const twister = new MersenneTwister(0);
  expect([twister.float(), twister.float(), twister.float()]).toEqual([
    0.5488135039273248, 0.7151893663724195, 0.6027633760716439,
  ]);
});

test("normal has mean 0 and deviation 1", () => {
  const twister = new MersenneTwister(1);
  const values = Array.from({ length: 20000 }, () => twister.normal());
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
  expect(Math.abs(mean)).toBeLessThan(0.03);
  expect(Math.abs(variance - 1)).toBeLessThan(0.05);
});
