// Numbers as the text form writes them. A float always shows that it is one (`1.0`, `-0.0`, `1e-7`, `inf`, `nan`), in the
// shortest decimal that reads back to the same value of its type.

/** Rounds a double to the type a float is stored in; `Math.fround` for f32. */
export type RoundFloat = (x: number) => number;

const roundF64: RoundFloat = (x) => x;

/** Decimal digits that always identify a double. */
const F64_DIGITS = 17;

/**
 * Shortest text of `x`, which must be a value of the type that `round` rounds to.
 * Reading is `round(Number(text))`, so the text is right also where the decimal lies between two values of the type.
 */
export function formatFloat(x: number, round: RoundFloat = roundF64): string {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  if (x === 0) return Object.is(x, -0) ? "-0.0" : "0.0";
  let shortest = x;
  if (round !== roundF64) {
    for (let digits = 1; digits <= F64_DIGITS; digits++) {
      shortest = Number(x.toPrecision(digits));
      if (round(shortest) === x) break;
    }
  }
  const text = String(shortest).replace("e+", "e");
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** Text of an integer. `-0` has none, because it is a float. */
export function formatInt(x: number | bigint): string {
  if (typeof x === "number" && !Number.isSafeInteger(x)) throw new RangeError(`${x} is not an exact integer`);
  return String(x === 0 ? 0 : x);
}

/** The value of an integer's text: a number where that is exact, else a bigint. */
export function parseInteger(text: string): number | bigint {
  const value = Number(text);
  return Number.isSafeInteger(value) ? (value === 0 ? 0 : value) : BigInt(text);
}

/** The value of a number's text, `-0`, `inf` and `nan` included, before rounding to a narrower type. */
export function parseFloatText(text: string): number {
  switch (text) {
    case "inf":
      return Infinity;
    case "-inf":
      return -Infinity;
    case "nan":
      return NaN;
    default:
      return Number(text);
  }
}
