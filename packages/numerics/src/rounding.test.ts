import { describe, expect, it } from "vitest";
import { bf16FromNumber, bf16ToNumber, f16FromNumber, f16ToNumber, roundBf16, roundF16 } from "./rounding.ts";

describe.each([
  { name: "f16", encode: f16FromNumber, decode: f16ToNumber, infinity: 0x7c00, nan: 0x7e00 },
  { name: "bf16", encode: bf16FromNumber, decode: bf16ToNumber, infinity: 0x7f80, nan: 0x7fc0 },
])("$name conversion", ({ encode, decode, infinity, nan }) => {
  it("keeps every value, and makes one NaN of all", () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const isNaN = (bits & 0x7fff) > infinity;
      if (encode(decode(bits)) !== (isNaN ? nan : bits)) expect.unreachable(`bits ${bits.toString(16)} change`);
    }
  });

  it("rounds to the nearest and ties to even, between all neighbours, the largest and infinity included", () => {
    // Past the largest finite value comes the value that the next exponent would begin with; from halfway on, it is infinity.
    const beyond = 2 * decode(infinity - 1) - decode(infinity - 2);
    for (let bits = 0; bits < infinity; bits++) {
      const [low, high] = [decode(bits), bits + 1 === infinity ? beyond : decode(bits + 1)];
      const middle = (low + high) / 2;
      // The smallest steps of a double at `middle`; its significand is far longer than that of the format.
      const step = middle * 2 ** -52;
      const even = bits % 2 === 0 ? bits : bits + 1;
      const isRight =
        low < high &&
        encode(middle) === even &&
        encode(middle - step) === bits &&
        encode(middle + step) === bits + 1 &&
        encode(-middle) === (even | 0x8000);
      if (!isRight) expect.unreachable(`rounding is wrong above bits ${bits.toString(16)}`);
    }
  });

  it("keeps signed zero and takes extremes to zero and infinity", () => {
    expect(encode(-0)).toBe(0x8000);
    expect(Object.is(decode(0x8000), -0)).toBe(true);
    expect(encode(5e-324)).toBe(0);
    expect(encode(-5e-324)).toBe(0x8000);
    expect(encode(Number.MAX_VALUE)).toBe(infinity);
    expect(encode(-Infinity)).toBe(infinity | 0x8000);
  });
});

describe("roundF16", () => {
  it("rounds once: through f32 this value would end one step lower", () => {
    // 1 + 2^-11 is halfway between 1 and 1 + 2^-10. The last term decides, and f32 would drop it and tie to even.
    expect(roundF16(1 + 2 ** -11 + 2 ** -40)).toBe(1 + 2 ** -10);
    expect(roundF16(65519.999)).toBe(65504);
    expect(roundF16(65520)).toBe(Infinity);
  });
});

describe("roundBf16", () => {
  it("is the upper half of f32 for values that need no rounding", () => {
    expect(bf16FromNumber(1)).toBe(0x3f80);
    expect(roundBf16(Math.fround(3.14159274))).toBe(3.140625);
    expect(roundBf16(2 ** -133)).toBe(2 ** -133);
  });
});
