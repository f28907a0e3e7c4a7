// What one wavelet of a fabric instruction does to the elements that it carries: one, or two of a 16-bit type (docs/program.md section
// 4.2). Plain on purpose: part of the definition of values.
import { is16Bit, type ElementType } from "@waferc/ir/program";
import type { FabricStep } from "../image/code.ts";
import type { ResolvedView } from "../image/view.ts";
import { combine, elementAt, fromBits, loadBits, type Memory, storeBits, toBits } from "./arithmetic.ts";

/** Moves wavelet number `wavelet` of a view, whose bits are `value` (without meaning for `send`); returns the bits that go on. */
export function moveElements(
  step: FabricStep,
  type: ElementType,
  memory: Memory,
  view: ResolvedView,
  wavelet: number,
  value: number,
): number {
  if (!is16Bit(type)) return moveElement(step, type, memory, elementAt(view, wavelet), value);
  const low = moveElement(step, type, memory, elementAt(view, 2 * wavelet), value & 0xffff);
  const isPadded = 2 * wavelet + 1 === view.total;
  const high = isPadded ? 0 : moveElement(step, type, memory, elementAt(view, 2 * wavelet + 1), value >>> 16);
  return low | (high << 16);
}

/** The same for one element, by its bits. */
function moveElement(step: FabricStep, type: ElementType, memory: Memory, element: number, bits: number): number {
  const own = loadBits(memory, type, element);
  switch (step.op) {
    case "send":
      return own;
    case "recv":
      storeBits(memory, type, element, bits);
      return bits;
    case "recv_reduce":
      storeBits(memory, type, element, combineBits(step.fn, type, own, bits));
      return bits;
    case "forward":
      if (step.fn === "pass") return bits;
      if (step.fn !== "store") return combineBits(step.fn, type, bits, own);
      storeBits(memory, type, element, bits);
      return bits;
    case "drop":
      return bits;
    default:
      return step satisfies never;
  }
}

function combineBits(fn: Parameters<typeof combine>[0], type: ElementType, a: number, b: number): number {
  return toBits(type, combine(fn, type, fromBits(type, a), fromBits(type, b)));
}
