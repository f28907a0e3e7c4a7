// Literals and integer operands as values of an element type (docs/program.md section 4.1): to nearest even; for i32 saturating, and
// NaN becomes 0. Values of 16-bit types are kept as numbers.
import type { ElementType } from "@waferc/ir/program";
import { roundBf16, roundF16 } from "@waferc/numerics";

export function roundTo(type: ElementType, value: number): number {
  switch (type) {
    case "f32":
      return Math.fround(value);
    case "f16":
      return roundF16(value);
    case "bf16":
      return roundBf16(value);
    case "i32":
      return roundToInteger(value);
    default:
      return type satisfies never;
  }
}

function roundToInteger(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
  return Number.isNaN(value) ? 0 : Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, rounded));
}
