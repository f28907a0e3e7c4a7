/**
 * Walks protobuf bytes by their schema without building anything: counts messages, and refuses fields that the schema does not
 * have. A two-byte message becomes an object of a hundred, so the count is taken before decoding.
 */
import type protobuf from "protobufjs/light.js";

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** Messages in messages; what protobufjs follows too. */
const MAX_DEPTH = 100;

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
  messages: number;
  readonly limit: number;
}

/**
 * Number of messages in the bytes, that of the whole included; counting stops above `limit`.
 * @throws Error for bytes that are no message of this type
 */
export function scanMessages(bytes: Uint8Array, type: protobuf.Type, limit: number): number {
  const cursor = { bytes, at: 0, messages: 0, limit };
  scanMessage(cursor, type, bytes.length, 0);
  return cursor.messages;
}

function scanMessage(cursor: Cursor, type: protobuf.Type, end: number, depth: number): void {
  if (depth > MAX_DEPTH) throw new Error(`messages are nested deeper than ${MAX_DEPTH}`);
  cursor.messages++;
  while (cursor.at < end && cursor.messages <= cursor.limit) {
    const tag = readVarint(cursor, end);
    const field = type.fieldsById[tag >>> 3];
    if (!field) throw new Error(`${type.name} has no field ${tag >>> 3}`);
    const length = lengthOf(cursor, tag & 7, end);
    const valueEnd = cursor.at + length;
    if (valueEnd > end) throw new Error(`field ${field.name} of ${type.name} leaves the message`);
    const nested = field.resolvedType;
    if ((tag & 7) === BYTES && nested && "fieldsById" in nested) scanMessage(cursor, nested, valueEnd, depth + 1);
    else cursor.at = valueEnd;
  }
}

/** Bytes that a value takes from here on; a varint is passed. */
function lengthOf(cursor: Cursor, wireType: number, end: number): number {
  switch (wireType) {
    case VARINT:
      readVarint(cursor, end);
      return 0;
    case FIXED64:
      return 8;
    case FIXED32:
      return 4;
    case BYTES:
      return readVarint(cursor, end);
    default:
      throw new Error(`wire type ${wireType} is not known`);
  }
}

/** The low 32 bits of a varint of up to ten bytes. */
function readVarint(cursor: Cursor, end: number): number {
  let value = 0;
  for (let shift = 0; shift < 70; shift += 7) {
    if (cursor.at >= end) throw new Error("a number is cut off");
    const byte = cursor.bytes[cursor.at++] ?? 0;
    if (shift < 32) value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value >>> 0;
  }
  throw new Error("a number is longer than ten bytes");
}
