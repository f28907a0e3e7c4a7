// Decodes a message by the schema table. Assumes bytes that `scanWire` accepted: lengths, wire types, depth and amounts are not
// checked again. Bytes fields and runs are views of the input. A message that is written in several parts is merged, as protobuf
// wants: the last scalar counts, repeated fields are joined, nested messages are merged in turn.
import type { Messages } from "./proto.ts";
import { ScalarRun } from "./scalar-run.ts";
import { fieldsOf, isMessageKind, wireTypeOf, type Field, type MessageName } from "./schema.ts";

type Decoded = Record<string, unknown>;

interface Cursor {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  position: number;
}

const text = new TextDecoder();

/** The message that these bytes hold. */
export function decodeMessage<N extends keyof Messages>(bytes: Uint8Array, name: N): Messages[N] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const message: Decoded = {};
  decodeInto(message, { bytes, view, position: 0 }, name, bytes.length);
  return message;
}

function decodeInto(target: Decoded, cursor: Cursor, name: MessageName, end: number): void {
  const fields = fieldsOf(name);
  while (cursor.position < end) {
    const tag = readLength(cursor);
    const wire = tag & 7;
    const field = fields.get(tag >>> 3);
    if (field === undefined || field.isSkipped) skipValue(cursor, wire);
    else if (field.isRun) decodeRun(target, field, cursor, { tag, end });
    else if (field.isRepeated) decodeRepeated(target, field, cursor, wire);
    else target[field.key] = readValue(cursor, field, target[field.key]);
  }
}

function skipValue(cursor: Cursor, wire: number): void {
  if (wire === 0) readLength(cursor);
  else if (wire === 1) cursor.position += 8;
  else if (wire === 5) cursor.position += 4;
  else {
    const length = readLength(cursor);
    cursor.position += length;
  }
}

function decodeRepeated(target: Decoded, field: Field, cursor: Cursor, wire: number): void {
  const list = (target[field.key] ??= []) as unknown[];
  if (wire !== 2 || wireTypeOf(field.kind) === 2) {
    list.push(readValue(cursor, field, undefined));
    return;
  }
  const length = readLength(cursor);
  const stop = cursor.position + length;
  while (cursor.position < stop) list.push(readValue(cursor, field, undefined));
}

/** A packed run is a view; values written one by one, each with its tag, are copied together. */
function decodeRun(target: Decoded, field: Field, cursor: Cursor, at: { tag: number; end: number }): void {
  const bytes = (at.tag & 7) === 2 ? readBytes(cursor) : collectUnpacked(cursor, at.tag, at.end);
  const width = wireTypeOf(field.kind) === 1 ? 8 : 4;
  const run = wireTypeOf(field.kind) === 0 ? ScalarRun.varints(bytes) : ScalarRun.fixed(bytes, width);
  const before = target[field.key];
  target[field.key] = before instanceof ScalarRun ? before.concat(run) : run;
}

function collectUnpacked(cursor: Cursor, tag: number, end: number): Uint8Array {
  let packed = new Uint8Array(64);
  let length = 0;
  for (;;) {
    const start = cursor.position;
    skipValue(cursor, tag & 7);
    const size = cursor.position - start;
    if (length + size > packed.length) {
      const larger = new Uint8Array(packed.length * 2);
      larger.set(packed);
      packed = larger;
    }
    for (let i = 0; i < size; i++) packed[length + i] = cursor.bytes[start + i] ?? 0;
    length += size;
    const next = cursor.position;
    if (next >= end || readLength(cursor) !== tag) {
      cursor.position = next;
      return packed.subarray(0, length);
    }
  }
}

function readValue(cursor: Cursor, { kind }: Field, before: unknown): unknown {
  switch (kind) {
    case "int32":
      return readInt32(cursor);
    case "int64":
      return readInt64(cursor);
    case "uint64":
      return BigInt.asUintN(64, readInt64(cursor));
    case "float":
      cursor.position += 4;
      return cursor.view.getFloat32(cursor.position - 4, true);
    case "double":
      cursor.position += 8;
      return cursor.view.getFloat64(cursor.position - 8, true);
    case "bytes":
      return readBytes(cursor);
    case "string":
      return readString(cursor);
    default: {
      const message = (isMessageKind(kind) && before !== undefined ? before : {}) as Decoded;
      const length = readLength(cursor);
      decodeInto(message, cursor, kind, cursor.position + length);
      return message;
    }
  }
}

function readBytes(cursor: Cursor): Uint8Array {
  const length = readLength(cursor);
  cursor.position += length;
  return cursor.bytes.subarray(cursor.position - length, cursor.position);
}

/** Most names are short and ASCII, which the loop decodes several times faster than TextDecoder does. */
function readString(cursor: Cursor): string {
  const bytes = readBytes(cursor);
  if (bytes.length > 64) return text.decode(bytes);
  let result = "";
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte >= 128) return text.decode(bytes);
    result += String.fromCharCode(byte);
  }
  return result;
}

/** A varint below 2^53: tags and lengths. */
function readLength(cursor: Cursor): number {
  let value = 0;
  let factor = 1;
  for (;;) {
    const byte = cursor.bytes[cursor.position++] ?? 0;
    value += (byte & 127) * factor;
    if (byte < 128) return value;
    factor *= 128;
  }
}

/** An int32 is written as the varint of its 64-bit form. */
function readInt32(cursor: Cursor): number {
  const start = cursor.position;
  const small = readLength(cursor);
  if (cursor.position - start <= 7) return small | 0;
  cursor.position = start;
  return Number(BigInt.asIntN(32, readInt64(cursor)));
}

function readInt64(cursor: Cursor): bigint {
  const start = cursor.position;
  const small = readLength(cursor);
  if (cursor.position - start <= 7) return BigInt(small);
  let value = 0n;
  for (let i = cursor.position - 1; i >= start; i--) value = (value << 7n) | BigInt((cursor.bytes[i] ?? 0) & 127);
  return BigInt.asIntN(64, value);
}
