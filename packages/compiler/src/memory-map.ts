/**
 * Addresses for the buffers of a core's code: first fit over live ranges (`live-ranges.ts`), in the best of a few fixed orders. Lowering
 * asks it whether a region is large enough, assembling places buffers with it, so both see the same bytes.
 */
import { instructionCount } from "@waferc/ir/program";
import type { Binding, Instruction } from "@waferc/ir/program";
import { liveRanges, rangesMeet } from "./live-ranges.ts";
import type { LiveRange } from "./live-ranges.ts";

const BYTES_PER_ELEMENT = 4;

/** What the map needs of emitted code. */
export interface UnplacedCode {
  readonly buffers: readonly { readonly name: string; readonly elements: number }[];
  readonly bindings: readonly Pick<Binding, "buffer">[];
  readonly body: readonly Instruction[];
}

export interface MemoryMap {
  readonly codeBytes: number;
  /** From address 0 to the end of the last buffer. */
  readonly dataBytes: number;
  /** Byte address of each buffer. */
  readonly addresses: readonly number[];
  readonly ranges: readonly LiveRange[];
  /** The buffers in use at the position where most bytes are, largest first. */
  readonly fullest: readonly number[];
}

export function planMemory(code: UnplacedCode, core: { readonly bytesPerInstruction: number }): MemoryMap {
  const resident = new Set(code.bindings.map(({ buffer }) => buffer));
  const ranges = liveRanges(code.buffers.length, code.body, resident);
  const bytes = code.buffers.map(({ elements }) => elements * BYTES_PER_ELEMENT);
  let best: { readonly addresses: readonly number[]; readonly end: number } | undefined;
  for (const order of fittingOrders(bytes, ranges)) {
    const found = fitFirst(bytes, ranges, order);
    if (best === undefined || found.end < best.end) best = found;
  }
  const { addresses = [], end = 0 } = best ?? {};
  const codeBytes = instructionCount(code.body) * core.bytesPerInstruction;
  return { codeBytes, dataBytes: end, addresses, ranges, fullest: fullestBuffers(bytes, ranges) };
}

/** Large first, long-lived first, and in order of first use; ties by number. */
function fittingOrders(bytes: readonly number[], ranges: readonly LiveRange[]): number[][] {
  const size = (b: number) => bytes[b] ?? 0;
  const range = (b: number) => ranges[b] ?? { first: 0, last: 0 };
  const span = (b: number) => range(b).last - range(b).first;
  const orders: ((a: number, b: number) => number)[] = [
    (a, b) => size(b) - size(a) || range(a).first - range(b).first,
    (a, b) => span(b) - span(a) || size(b) - size(a),
    (a, b) => range(a).first - range(b).first || size(b) - size(a),
    (a, b) => size(b) * (span(b) + 1) - size(a) * (span(a) + 1),
  ];
  return orders.map((compare) => [...bytes.keys()].sort((a, b) => compare(a, b) || a - b));
}

/** Each buffer at the lowest address where no buffer that is in use at the same time lies. */
function fitFirst(
  bytes: readonly number[],
  ranges: readonly LiveRange[],
  order: readonly number[],
): { readonly addresses: readonly number[]; readonly end: number } {
  const addresses = bytes.map(() => 0);
  const placed: number[] = [];
  let end = 0;
  for (const buffer of order) {
    const [size = 0, range] = [bytes[buffer], ranges[buffer]];
    const obstacles = placed
      .filter((other) => range !== undefined && rangesMeet(range, ranges[other] ?? range))
      .sort((a, b) => (addresses[a] ?? 0) - (addresses[b] ?? 0) || a - b);
    let address = 0;
    for (const other of obstacles) {
      const start = addresses[other] ?? 0;
      if (address + size <= start) break;
      address = Math.max(address, start + (bytes[other] ?? 0));
    }
    addresses[buffer] = address;
    placed.push(buffer);
    end = Math.max(end, address + size);
  }
  return { addresses, end };
}

function fullestBuffers(bytes: readonly number[], ranges: readonly LiveRange[]): number[] {
  let fullest: { readonly bytes: number; readonly position: number } = { bytes: -1, position: 0 };
  const liveAt = (position: number) =>
    [...ranges.entries()].flatMap(([buffer, range]) =>
      rangesMeet(range, { first: position, last: position }) ? [buffer] : [],
    );
  for (const position of new Set(ranges.map(({ first }) => first))) {
    const total = liveAt(position).reduce((sum, buffer) => sum + (bytes[buffer] ?? 0), 0);
    if (total > fullest.bytes) fullest = { bytes: total, position };
  }
  return liveAt(fullest.position).sort((a, b) => (bytes[b] ?? 0) - (bytes[a] ?? 0) || a - b);
}
