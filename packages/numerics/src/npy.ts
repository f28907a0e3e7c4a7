// The .npy format of numpy, versions 1 to 3 (numpy/lib/format.py, "Format Version 1.0"). Reads either byte order and either
// element order; writes version 1, little-endian, row-major. bf16 has no type in numpy: it is written as uint16, and two opaque
// bytes, which is how the ml_dtypes package stores it, are read as bf16. Python objects and records are refused.

import { CompileError, makeDiagnostic } from "@waferc/base";
import type { DiagnosticCode } from "@waferc/base";
import { CODES } from "./codes.ts";
import type { DType } from "./dtype.ts";
import { bytesOf, elementCount, makeTensor, tensorFromBytes } from "./tensor.ts";
import type { Tensor } from "./tensor.ts";

const MAGIC = "\u0093NUMPY";

/** Header and data start at multiples of this many bytes. */
const ALIGNMENT = 64;

const DTYPE_OF_DESCR: ReadonlyMap<string, DType> = new Map<string, DType>([
  ["f8", "f64"],
  ["f4", "f32"],
  ["f2", "f16"],
  ["V2", "bf16"],
  ["i8", "i64"],
  ["i4", "i32"],
  ["i2", "i16"],
  ["i1", "i8"],
  ["u8", "u64"],
  ["u4", "u32"],
  ["u2", "u16"],
  ["u1", "u8"],
  ["b1", "bool"],
  ["c8", "c64"],
  ["c16", "c128"],
]);

interface Header {
  readonly descr: string;
  readonly isFortranOrder: boolean;
  readonly shape: readonly number[];
  readonly dataStart: number;
}

/**
 * Reads a .npy file. `file` is its name for messages.
 * @throws CompileError with NUM-001 or NUM-002
 */
export function readNpy(bytes: Uint8Array, file: string): Tensor {
  const header = readHeader(bytes, file);
  const [, order = "", type = ""] = /^([<>|=])(.*)$/.exec(header.descr) ?? [];
  const unitBytes = Number(type.slice(1)) * (type.startsWith("U") ? 4 : 1);
  const dtype = type.startsWith("U") ? "string" : DTYPE_OF_DESCR.get(type);
  if (dtype === undefined || !Number.isInteger(unitBytes)) {
    return fail(CODES["NUM-002"], file, `Cannot read "${file}": element type "${header.descr}" is not supported`);
  }
  const count = elementCount(header.shape);
  const available = bytes.length - header.dataStart;
  if (available < count * unitBytes) {
    const needed = `shape [${header.shape.join(",")}] of "${header.descr}" needs ${count * unitBytes} B`;
    return fail(CODES["NUM-001"], file, `Cannot read "${file}": ${needed}, but ${available} B follow the header`);
  }
  let data = bytes.slice(header.dataStart, header.dataStart + count * unitBytes);
  const swapBytes = type.startsWith("U") ? 4 : type.startsWith("c") ? unitBytes / 2 : unitBytes;
  if (order === ">") reverseUnits(data, swapBytes);
  if (header.isFortranOrder) data = toRowMajor(data, header.shape, unitBytes);
  if (dtype === "string") return makeTensor("string", header.shape, decodeStrings(data, count, unitBytes));
  return tensorFromBytes(dtype, header.shape, data);
}

function readHeader(bytes: Uint8Array, file: string): Header {
  const broken = (what: string) => fail(CODES["NUM-001"], file, `Cannot read "${file}": ${what}`);
  if (bytes.length < 12 || latin1(bytes.subarray(0, 6)) !== MAGIC) return broken("it does not start as a .npy file");
  const version = bytes[6]!;
  if (version < 1 || version > 3) return broken(`format version ${version} is not 1, 2 or 3`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const textStart = version === 1 ? 10 : 12;
  const dataStart = textStart + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (dataStart > bytes.length) return broken("its header is cut off");
  const text = latin1(bytes.subarray(textStart, dataStart));
  const descr = /'descr':\s*'([^']*)'/.exec(text)?.[1];
  if (descr === undefined && /'descr':\s*\[/.test(text)) {
    return fail(CODES["NUM-002"], file, `Cannot read "${file}": records are not supported`);
  }
  const fortran = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape':\s*\(([\d\s,L]*)\)/.exec(text)?.[1];
  if (descr === undefined || fortran === undefined || shape === undefined) {
    return broken("its header has no descr, fortran_order and shape");
  }
  return { descr, isFortranOrder: fortran === "True", shape: (shape.match(/\d+/g) ?? []).map(Number), dataStart };
}

function fail(code: DiagnosticCode, file: string, message: string): never {
  throw new CompileError([makeDiagnostic(code, { message, at: { kind: "argument", name: file } })]);
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

function reverseUnits(data: Uint8Array, unitBytes: number): void {
  for (let offset = 0; offset < data.length; offset += unitBytes) data.subarray(offset, offset + unitBytes).reverse();
}

function toRowMajor(data: Uint8Array, shape: readonly number[], unitBytes: number): Uint8Array<ArrayBuffer> {
  const sorted = new Uint8Array(data.length);
  const index = new Array<number>(shape.length).fill(0);
  for (let target = 0; target < data.length; target += unitBytes) {
    const source = index.reduceRight((offset, i, axis) => offset * shape[axis]! + i, 0) * unitBytes;
    sorted.set(data.subarray(source, source + unitBytes), target);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]! += 1;
      if (index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
  return sorted;
}

/** Strings of numpy are UTF-32, filled up with zeros. */
function decodeStrings(data: Uint8Array, count: number, unitBytes: number): string[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Array.from({ length: count }, (_, i) => {
    let text = "";
    for (let offset = i * unitBytes; offset < (i + 1) * unitBytes; offset += 4) {
      const code = view.getUint32(offset, true);
      if (code !== 0) text += String.fromCodePoint(code);
    }
    return text;
  });
}

/**
 * The bytes of a .npy file.
 * @throws RangeError for types that numpy has not: strings of varying length, 8-bit floats, packed integers
 */
export function writeNpy(tensor: Tensor): Uint8Array {
  const descr = descrOf(tensor.dtype);
  const extents = tensor.shape.length === 1 ? `${tensor.shape[0]},` : tensor.shape.join(", ");
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${extents}), }`;
  const headerBytes = Math.ceil((10 + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  const padded = text.padEnd(headerBytes - 11) + "\n";
  const data = bytesOf(tensor);
  const bytes = new Uint8Array(headerBytes + data.length);
  const head = `${MAGIC}\u0001\u0000`;
  for (let i = 0; i < head.length; i++) bytes[i] = head.charCodeAt(i);
  new DataView(bytes.buffer).setUint16(8, padded.length, true);
  for (let i = 0; i < padded.length; i++) bytes[10 + i] = padded.charCodeAt(i);
  bytes.set(data, headerBytes);
  return bytes;
}

function descrOf(dtype: DType): string {
  if (dtype === "bf16") return "<u2";
  for (const [descr, candidate] of DTYPE_OF_DESCR) {
    if (candidate === dtype) return (descr.endsWith("1") ? "|" : "<") + descr;
  }
  throw new RangeError(`numpy has no element type for ${dtype}`);
}
