// Numbers as strings and back, as Cast has them. Printing follows numpy: the shortest digits that read back to the same value of
// the dtype, positional from 1e-4 to 1e16, exponents of two digits or more; infinities and NaN as ONNX spells them.
import { fromFloat64, isSmallFloat, toFloat64 } from "@waferc/numerics";
import type { DType, Tensor } from "@waferc/numerics";
import { OpError } from "../op-error.ts";
import { isComputable } from "./floats.ts";
import { bigintsOf, numbersOf, scalarClass } from "./scalars.ts";

/** As C and Python read numbers: "INF", "+inf" and "NaN" in any case among them. */
export function parseNumber(text: string): number {
  const word = text.trim().toLowerCase().replace(/^\+/, "");
  if (word === "inf" || word === "infinity") return Infinity;
  if (word === "-inf" || word === "-infinity") return -Infinity;
  if (word === "nan" || word === "-nan") return NaN;
  const value = Number(word);
  if (word === "" || Number.isNaN(value)) throw new OpError(`cannot read "${text}" as a number`);
  return value;
}

/** An integer of any length; the whole part of another number. */
export function parseWhole(text: string): bigint {
  const digits = /^\s*\+?(-?\d+)\s*$/.exec(text)?.[1];
  if (digits !== undefined) return BigInt(digits);
  const value = Math.trunc(parseNumber(text));
  if (!Number.isFinite(value)) throw new OpError(`cannot read "${text}" as an integer`);
  return BigInt(value);
}

/** The elements of a tensor of numbers or bools. */
export function printElements(x: Tensor): string[] {
  if (x.dtype === "bool") return Array.from(x.data, (bit) => (bit === 1 ? "True" : "False"));
  if (isSmallFloat(x.dtype) || isComputable(x.dtype)) {
    return Array.from(toFloat64(x), (value) => printFloat(value, x.dtype));
  }
  if (scalarClass(x.dtype) === "bigint") return Array.from(bigintsOf(x) as Iterable<bigint>, String);
  return Array.from(numbersOf(x), String);
}

function printFloat(x: number, dtype: DType): string {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "NaN" : x > 0 ? "INF" : "-INF";
  if (Object.is(x, -0)) return "-0.0";
  const short = shortest(x, dtype);
  const magnitude = Math.abs(short);
  const isPositional = magnitude === 0 || (magnitude >= 1e-4 && magnitude < 1e16);
  if (!isPositional) return short.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  return Number.isInteger(short) ? `${short}.0` : String(short);
}

/** The number of fewest digits that rounds to x in its dtype. */
function shortest(x: number, dtype: DType): number {
  if (dtype === "f64") return x;
  if (!isComputable(dtype) && !isSmallFloat(dtype)) return x;
  for (let digits = 1; digits < 10; digits++) {
    const candidate = Number(x.toPrecision(digits));
    const [rounded] = toFloat64(fromFloat64(dtype, [1], Float64Array.of(candidate)));
    if (rounded === x) return candidate;
  }
  return x;
}
