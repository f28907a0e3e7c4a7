// The twins of transfer.ts for elements of 16-bit types, two to a wavelet; the last wavelet of an odd number of elements is padded
// with 0 where it goes out, and its high half is ignored where it comes in (docs/program.md section 4.2).
import type { ReduceFn } from "@waferc/ir/program";
import type { Memory } from "../kernels/elementwise.ts";
import { combineHalves } from "../kernels/half-rows.ts";
import type { HalfFormat } from "../kernels/half.ts";
import type { Source } from "./streams.ts";
import { type Place, relay, type Transfer } from "./transfer.ts";

/** Elements of a view, of which two move at a time. */
export interface HalfTransfer extends Transfer {
  readonly elements: number;
}

/** Half word of element `index`. */
function halfAt({ start, places }: Place, index: number): number {
  return start + (places === undefined ? index : places[index]!);
}

/** All elements of a place enter `into`. */
export function emitHalves({ halves }: Memory, place: Place, elements: number, into: Source): void {
  const { words: ring, mask, produced } = into;
  for (let e = 0, slot = produced; e < elements; e += 2, slot++) {
    const high = e + 1 < elements ? halves[halfAt(place, e + 1)]! : 0;
    ring[slot & mask] = halves[halfAt(place, e)]! | (high << 16);
  }
}

/** The next `count` wavelets become elements. */
export function absorbHalves({ halves }: Memory, transfer: HalfTransfer, count: number): void {
  const { moved, elements, sink } = transfer;
  const { at } = sink!;
  const { words: ring, mask } = sink!.source!;
  for (let i = 0, e = 2 * moved; i < count; i++, e += 2) {
    const value = ring[(at + i) & mask]!;
    halves[halfAt(transfer, e)] = value;
    if (e + 1 < elements) halves[halfAt(transfer, e + 1)] = value >>> 16;
  }
}

/** The next `count` wavelets go on as they are, but for what pads the last. */
export function relayHalves(transfer: HalfTransfer, count: number): void {
  const { moved, elements, source } = transfer;
  const { words: out, mask, produced } = source!;
  relay(transfer, count);
  if (2 * (moved + count) > elements) out[(produced + count - 1) & mask]! &= 0xffff;
}

/** The next elements become fn(element, half of a wavelet). */
export function reduceHalvesInto(
  { halves }: Memory,
  transfer: HalfTransfer,
  fn: ReduceFn,
  format: HalfFormat,
  count: number,
): void {
  const { moved, elements, sink } = transfer;
  const { at } = sink!;
  const { words: ring, mask } = sink!.source!;
  for (let i = 0, e = 2 * moved; i < count; i++, e += 2) {
    const value = ring[(at + i) & mask]!;
    const low = halfAt(transfer, e);
    halves[low] = combineHalves(fn, format, halves[low]!, value & 0xffff);
    if (e + 1 === elements) continue;
    const high = halfAt(transfer, e + 1);
    halves[high] = combineHalves(fn, format, halves[high]!, value >>> 16);
  }
}

/** For the next `count` wavelets fn(half, element) goes on; memory stays as it is. */
export function combineHalvesThrough(
  { halves }: Memory,
  transfer: HalfTransfer,
  fn: ReduceFn,
  format: HalfFormat,
  count: number,
): void {
  const { moved, elements, sink, source } = transfer;
  const { at } = sink!;
  const { words: ring, mask } = sink!.source!;
  const { words: out, mask: outMask, produced } = source!;
  for (let i = 0, e = 2 * moved; i < count; i++, e += 2) {
    const value = ring[(at + i) & mask]!;
    let result = combineHalves(fn, format, value & 0xffff, halves[halfAt(transfer, e)]!);
    if (e + 1 < elements) result |= combineHalves(fn, format, value >>> 16, halves[halfAt(transfer, e + 1)]!) << 16;
    out[(produced + i) & outMask] = result;
  }
}
