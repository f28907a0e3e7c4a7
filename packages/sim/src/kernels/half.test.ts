// The quick conversions of 16-bit floats against the plain ones of @waferc/numerics.
import { Rng } from "@waferc/base";
import { bf16FromNumber, bf16ToNumber, f16FromNumber, f16ToNumber } from "@waferc/numerics";
import { describe, expect, test } from "vitest";
import { HALF_FORMATS } from "./half.ts";

const PLAIN = {
  f16: { decode: f16ToNumber, encode: f16FromNumber },
  bf16: { decode: bf16ToNumber, encode: bf16FromNumber },
};

describe.each(["f16", "bf16"] as const)("%s", (type) => {
  const [hot, plain] = [HALF_FORMATS[type], PLAIN[type]];

  test("every code has its value, and comes back", () => {
    for (let bits = 0; bits < 2 ** 16; bits++) {
      const value = plain.decode(bits);
      if (!Object.is(hot.decode(bits), value)) expect.fail(`${bits} is ${hot.decode(bits)} instead of ${value}`);
      if (!Number.isNaN(value) && hot.encode(value) !== bits) expect.fail(`${value} is ${hot.encode(value)}`);
    }
  });

  test("ties, their neighbours and numbers of all sizes are rounded alike", () => {
    const check = (value: number) => {
      if (hot.encode(value) !== plain.encode(value)) expect.fail(`${value}: ${hot.encode(value)}`);
    };
    for (let bits = 0; bits < 2 ** 15; bits++) {
      const [below, above] = [plain.decode(bits), plain.decode(bits + 1)];
      if (!Number.isFinite(above)) continue;
      const middle = (below + above) / 2;
      for (const near of [middle, middle * (1 + 2 ** -52), middle * (1 - 2 ** -52)]) {
        check(near);
        check(-near);
      }
    }
    const rng = new Rng(`half ${type}`);
    for (let i = 0; i < 50_000; i++) check((rng.float() - 0.5) * 2 ** rng.between(-300, 300));
    for (const value of [0, -0, NaN, Infinity, -Infinity, 65519.99, 65520, 3.3961775e38, 3.4e38, 5e-324]) check(value);
  });
});
