// Archives of .npy files (numpy.savez, numpy.savez_compressed): zip files, of which the central directory is read (PKWARE
// APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3 for 64-bit sizes). Unpacking is handed in, so that no platform interface is needed.
// Checksums are not verified, and encrypted or split archives are refused.

import { CompileError, makeDiagnostic } from "@waferc/base";
import { CODES } from "./codes.ts";
import { readNpy } from "./npy.ts";
import type { Tensor } from "./tensor.ts";

/** Unpacks raw deflate data (RFC 1951), such as `zlib.inflateRawSync`. */
export type InflateRaw = (packed: Uint8Array) => Uint8Array;

const END_SIGNATURE = 0x06054b50;
const END64_LOCATOR_SIGNATURE = 0x07064b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const END_BYTES = 22;
const ZIP64_EXTRA = 0x0001;
const IN_ZIP64 = 0xffffffff;
const STORED = 0;
const DEFLATED = 8;

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly packedBytes: number;
  readonly localStart: number;
}

/**
 * All arrays of a .npz file by name, in the order of the archive.
 * @throws CompileError with NUM-001, NUM-002 or NUM-003
 */
export function readNpz(bytes: Uint8Array, file: string, inflateRaw: InflateRaw): Map<string, Tensor> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const arrays = new Map<string, Tensor>();
  for (const entry of readEntries(view, bytes, file)) {
    if (!entry.name.endsWith(".npy")) continue;
    const content = unpack(view, bytes, entry, file, inflateRaw);
    arrays.set(entry.name.slice(0, -".npy".length), readNpy(content, `${file}:${entry.name}`));
  }
  return arrays;
}

function readEntries(view: DataView, bytes: Uint8Array, file: string): Entry[] {
  const end = findEnd(view);
  if (end < 0) return fail(file, "it has no zip directory");
  try {
    let [count, offset] = [view.getUint16(end + 10, true), view.getUint32(end + 16, true)];
    if (offset === IN_ZIP64 || count === 0xffff) {
      if (view.getUint32(end - 20, true) !== END64_LOCATOR_SIGNATURE) return fail(file, "its zip directory is broken");
      const end64 = Number(view.getBigUint64(end - 12, true));
      [count, offset] = [Number(view.getBigUint64(end64 + 32, true)), Number(view.getBigUint64(end64 + 48, true))];
    }
    const entries: Entry[] = [];
    for (let i = 0; i < count; i++) {
      if (view.getUint32(offset, true) !== CENTRAL_SIGNATURE) return fail(file, "its zip directory is broken");
      entries.push(readEntry(view, bytes, offset));
      offset +=
        46 + view.getUint16(offset + 28, true) + view.getUint16(offset + 30, true) + view.getUint16(offset + 32, true);
    }
    return entries;
  } catch (error) {
    if (error instanceof RangeError) return fail(file, "its zip directory is cut off");
    throw error;
  }
}

/** Where the end record starts; a comment of up to 64 KiB may follow it. */
function findEnd(view: DataView): number {
  const first = Math.max(0, view.byteLength - END_BYTES - 0xffff);
  for (let at = view.byteLength - END_BYTES; at >= first; at--) {
    if (view.getUint32(at, true) === END_SIGNATURE) return at;
  }
  return -1;
}

function readEntry(view: DataView, bytes: Uint8Array, at: number): Entry {
  const nameBytes = view.getUint16(at + 28, true);
  const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameBytes));
  const unpackedBytes = view.getUint32(at + 24, true);
  let [packedBytes, localStart] = [view.getUint32(at + 20, true), view.getUint32(at + 42, true)];
  const extraEnd = at + 46 + nameBytes + view.getUint16(at + 30, true);
  for (let extra = at + 46 + nameBytes; extra + 4 <= extraEnd; extra += 4 + view.getUint16(extra + 2, true)) {
    if (view.getUint16(extra, true) !== ZIP64_EXTRA) continue;
    // Only the fields that did not fit above are here, in this order.
    let field = extra + 4;
    const take = () => Number(view.getBigUint64((field += 8) - 8, true));
    if (unpackedBytes === IN_ZIP64) take();
    if (packedBytes === IN_ZIP64) packedBytes = take();
    if (localStart === IN_ZIP64) localStart = take();
  }
  return { name, method: view.getUint16(at + 10, true), packedBytes, localStart };
}

function unpack(view: DataView, bytes: Uint8Array, entry: Entry, file: string, inflateRaw: InflateRaw): Uint8Array {
  const { name, method, packedBytes, localStart } = entry;
  if (localStart + 30 > bytes.length || view.getUint32(localStart, true) !== LOCAL_SIGNATURE) {
    return fail(file, `entry "${name}" is not where the directory says`);
  }
  const start = localStart + 30 + view.getUint16(localStart + 26, true) + view.getUint16(localStart + 28, true);
  if (start + packedBytes > bytes.length) return fail(file, `entry "${name}" is cut off`);
  const packed = bytes.subarray(start, start + packedBytes);
  if (method === STORED) return packed;
  if (method !== DEFLATED) return fail(file, `entry "${name}" is packed with method ${method}, which is not supported`);
  try {
    return inflateRaw(packed);
  } catch (error) {
    return fail(file, `entry "${name}" cannot be unpacked: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function fail(file: string, what: string): never {
  const at = { kind: "argument", name: file } as const;
  throw new CompileError([makeDiagnostic(CODES["NUM-003"], { message: `Cannot read "${file}": ${what}`, at })]);
}
