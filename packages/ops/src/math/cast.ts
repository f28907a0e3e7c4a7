// Conversion between dtypes. Floats round once, to nearest even; floats to integers truncate, and what lies outside of
// the type is undefined in ONNX (ours wraps; NaN and infinities give what x86 gives, the smallest integer); integers
// wrap; 8-bit floats and packed types are not converted.
import { elementCount, fromFloat64, isFloat, makeTensor, tensorOf, toFloat64 } from "@waferc/numerics";
import type { DType, Tensor } from "@waferc/numerics";
import { OpError } from "../op-error.ts";
import { isComputable } from "./floats.ts";
import { bigintsOf, finishNumbers, newNumbers, numbersOf, scalarClass } from "./scalars.ts";
import type { Numbers } from "./scalars.ts";

export function castTensor(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x;
  if (dtype === "string") return tensorOf("string", x.shape, printed(x));
  if (x.dtype === "string") return castNumbers(x.shape, Float64Array.from(x.data, parseNumber), dtype);
  if (scalarClass(x.dtype) !== "bigint") return castNumbers(x.shape, numbersOf(x), dtype);
  return castBigints(x, dtype);
}

function castNumbers(shape: readonly number[], from: Numbers, dtype: DType): Tensor {
  if (isComputable(dtype)) return fromFloat64(dtype, shape, Float64Array.from(from));
  if (dtype === "bool")
    return makeTensor(
      "bool",
      shape,
      Uint8Array.from(from, (x) => (x === 0 ? 0 : 1)),
    );
  if (scalarClass(dtype) === "bigint") return tensorOf(dtype, shape, Array.from(from, wholeOf));
  const to = newNumbers(dtype, from.length);
  const smallest = dtype === "i32" || dtype === "u32" ? -(2 ** 31) : 0;
  for (let i = 0; i < to.length; i++) to[i] = Number.isFinite(from[i]) ? from[i]! : smallest;
  return finishNumbers(dtype, shape, to);
}

function castBigints(x: Tensor, dtype: DType): Tensor {
  const from = bigintsOf(x);
  if (isFloat(dtype)) return castNumbers(x.shape, toFloat64(x), dtype);
  if (dtype === "bool")
    return makeTensor(
      "bool",
      x.shape,
      Uint8Array.from(from, (bit) => (bit === 0n ? 0 : 1)),
    );
  if (scalarClass(dtype) === "bigint") return tensorOf(dtype, x.shape, from);
  const to = newNumbers(dtype, elementCount(x.shape));
  for (let i = 0; i < to.length; i++) to[i] = Number(BigInt.asIntN(32, from[i]!));
  return finishNumbers(dtype, x.shape, to);
}

function wholeOf(x: number): bigint {
  return Number.isFinite(x) ? BigInt(Math.trunc(x)) : -(2n ** 63n);
}

/** As C and Python read numbers: "INF", "+inf" and "NaN" in any case among them. */
function parseNumber(text: string): number {
  const word = text.trim().toLowerCase().replace(/^\+/, "");
  if (word === "inf" || word === "infinity") return Infinity;
  if (word === "-inf" || word === "-infinity") return -Infinity;
  if (word === "nan" || word === "-nan") return NaN;
  const value = Number(word);
  if (word === "" || Number.isNaN(value)) throw new OpError(`cannot read "${text}" as a number`);
  return value;
}

/** As numpy prints: shortest digits for the type, and exponents of two digits or more. */
function printed(x: Tensor): string[] {
  if (x.dtype === "bool") return Array.from(x.data, (bit) => (bit === 1 ? "True" : "False"));
  if (scalarClass(x.dtype) === "bigint") return Array.from(bigintsOf(x), String);
  if (scalarClass(x.dtype) === "int") return Array.from(numbersOf(x), String);
  return Array.from(numbersOf(x), (value) => printFloat(value, x.dtype));
}

function printFloat(x: number, dtype: DType): string {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "NaN" : x > 0 ? "INF" : "-INF";
  const text = shortest(x, dtype);
  if (!text.includes("e")) return text.includes(".") ? text : `${text}.0`;
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}

function shortest(x: number, dtype: DType): string {
  if (dtype === "f64" || !isComputable(dtype)) return String(x);
  for (let digits = 1; digits < 10; digits++) {
    const candidate = Number(x.toPrecision(digits));
    const [rounded] = toFloat64(fromFloat64(dtype, [1], Float64Array.of(candidate)));
    if (rounded === x) return String(candidate);
  }
  return String(x);
}
