// A walk over the protobuf wire format of an ONNX file before it is decoded: every length, varint and wire type is
// checked against the schema table, and depth and the memory of what decoding makes against a budget. A file that passes
// cannot make `decodeMessage` read past an end, recurse deeper than the budget or build more than it.
// A broken message is reported and the walk goes on after it, so one run reports all broken parts.
// Format: https://protobuf.dev/programming-guides/encoding/. Groups (wire types 3 and 4) are refused: ONNX has none.

import { fieldsOf, isMessageKind, wireTypeOf, type Field, type MessageName } from "./schema.ts";

export interface WireBudget {
  /** Deepest nesting of messages. */
  readonly depth: number;
  /** Most that decoding may make, in units of about 30 B: 1 for a number, `MESSAGE_COST` for a message, `BYTES_COST` for bytes and text. */
  readonly elements: number;
  /** Most problems that are reported before the walk stops. */
  readonly problems: number;
}

/** What a decoded message costs in memory, in units of a number; measured, rounded up. */
const MESSAGE_COST = 8;
const BYTES_COST = 4;

export const DEFAULT_WIRE_BUDGET: WireBudget = { depth: 100, elements: 20_000_000, problems: 20 };

export interface WireProblem {
  readonly kind: "broken" | "over-budget";
  /** Place in the message tree, `graph.node[3].attribute[0].t`. */
  readonly path: string;
  /** Byte offset in the file. */
  readonly offset: number;
  readonly message: string;
}

interface Walk {
  readonly bytes: Uint8Array;
  readonly budget: WireBudget;
  readonly problems: WireProblem[];
  elements: number;
  position: number;
}

class Broken extends Error {
  readonly kind: WireProblem["kind"];
  constructor(message: string, kind: WireProblem["kind"] = "broken") {
    super(message);
    this.kind = kind;
  }
}

const WIRE_NAMES = [
  "varint",
  "64-bit",
  "length-delimited",
  "start group",
  "end group",
  "32-bit",
  "invalid (6)",
  "invalid (7)",
];

/** Walks `bytes` as one message and returns every problem; an empty list means the decoder can trust the structure. */
export function scanWire(
  bytes: Uint8Array,
  root: MessageName,
  budget: WireBudget = DEFAULT_WIRE_BUDGET,
): readonly WireProblem[] {
  const walk: Walk = { bytes, budget, problems: [], elements: 0, position: 0 };
  scanMessage(walk, root, bytes.length, "", 1);
  return walk.problems;
}

function scanMessage(walk: Walk, message: MessageName, end: number, path: string, depth: number): void {
  const seen = new Map<number, number>();
  while (walk.position < end && walk.problems.length < walk.budget.problems) {
    const start = walk.position;
    try {
      scanField(walk, message, end, path, depth, seen);
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      walk.problems.push({
        kind: error.kind,
        path: path === "" ? message : path,
        offset: start,
        message: error.message,
      });
      walk.position = end;
    }
  }
}

function scanField(
  walk: Walk,
  message: MessageName,
  end: number,
  path: string,
  depth: number,
  seen: Map<number, number>,
): void {
  const tag = readVarint(walk, end);
  const id = Math.floor(tag / 8);
  const wire = tag % 8;
  if (id < 1 || id > 0x1fffffff) throw new Broken(`field number ${id} is not legal`);
  const field = fieldsOf(message).get(id);
  if (field !== undefined) expectWire(field, wire);
  const count = (seen.get(id) ?? 0) + 1;
  seen.set(id, count);
  charge(walk, costOf(field));
  if (wire === 0) readVarint(walk, end);
  else if (wire === 1) skip(walk, 8, end);
  else if (wire === 5) skip(walk, 4, end);
  else if (wire === 2) scanDelimited(walk, field, end, path, depth, count);
  else throw new Broken(`wire type ${WIRE_NAMES[wire] ?? wire} in field ${id}`);
}

function scanDelimited(
  walk: Walk,
  field: Field | undefined,
  end: number,
  path: string,
  depth: number,
  count: number,
): void {
  const length = readVarint(walk, end);
  const stop = walk.position + length;
  if (stop > end) throw new Broken(`${field?.name ?? "a field"} of ${length} B ends ${stop - end} B after its message`);
  if (field === undefined || field.isSkipped || field.kind === "bytes" || field.kind === "string") {
    walk.position = stop;
  } else if (isMessageKind(field.kind)) {
    if (depth >= walk.budget.depth) {
      throw new Broken(`messages are nested deeper than ${walk.budget.depth}`, "over-budget");
    }
    const name = field.isRepeated ? `${field.name}[${count - 1}]` : field.name;
    scanMessage(walk, field.kind, stop, path === "" ? name : `${path}.${name}`, depth + 1);
    walk.position = stop;
  } else {
    scanPacked(walk, field, length, stop);
  }
}

/** What decoding a field costs; runs stay in the file's bytes, and skipped fields are not decoded. */
function costOf(field: Field | undefined): number {
  if (field === undefined || field.isSkipped || field.isRun) return 0;
  if (isMessageKind(field.kind)) return MESSAGE_COST;
  return wireTypeOf(field.kind) === 2 ? BYTES_COST : 1;
}

function scanPacked(walk: Walk, field: Field, length: number, stop: number): void {
  const wire = wireTypeOf(field.kind);
  const cost = costOf(field);
  if (wire === 0) {
    const count = scanVarints(walk, stop);
    charge(walk, count * cost);
    return;
  }
  const width = wire === 1 ? 8 : 4;
  if (length % width !== 0) throw new Broken(`packed ${width}-byte values occupy ${length} B`);
  charge(walk, (length / width) * cost);
  walk.position = stop;
}

/** Varints up to `stop`; how many there are. A tight loop, because weights can be written so. */
function scanVarints(walk: Walk, stop: number): number {
  const { bytes } = walk;
  let count = 0;
  let run = 0;
  for (let i = walk.position; i < stop; i++) {
    if ((bytes[i] ?? 0) < 128) {
      count += 1;
      run = 0;
    } else if (++run === 10) throw new Broken("a varint is longer than 10 B");
  }
  if (run > 0) throw new Broken("a varint is cut off");
  walk.position = stop;
  return count;
}

function expectWire(field: Field, wire: number): void {
  const scalar = wireTypeOf(field.kind);
  if (wire === scalar || (wire === 2 && field.isRepeated)) return;
  throw new Broken(
    `${field.name} is written as ${WIRE_NAMES[wire] ?? wire}, the schema has ${WIRE_NAMES[scalar] ?? scalar}`,
  );
}

/** Reads a varint; above 2^53 the value is only approximate, which lengths and tags never need. */
function readVarint(walk: Walk, end: number): number {
  let value = 0;
  let factor = 1;
  for (let i = 0; i < 10; i++) {
    if (walk.position >= end) throw new Broken("a varint is cut off");
    const byte = walk.bytes[walk.position] ?? 0;
    walk.position += 1;
    value += (byte & 127) * factor;
    if (byte < 128) return value;
    factor *= 128;
  }
  throw new Broken("a varint is longer than 10 B");
}

function skip(walk: Walk, byteCount: number, end: number): void {
  if (walk.position + byteCount > end) throw new Broken(`a ${byteCount}-byte value is cut off`);
  walk.position += byteCount;
}

function charge(walk: Walk, elements: number): void {
  walk.elements += elements;
  if (walk.elements > walk.budget.elements) {
    throw new Broken(`more than ${walk.budget.elements} elements`, "over-budget");
  }
}
