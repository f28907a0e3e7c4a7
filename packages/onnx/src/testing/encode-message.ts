// Encodes messages by the schema table: for models that tests build, with fields that onnx-proto does not have, and for fuzzing,
// which decodes, changes and encodes again. Takes plain numbers for 64-bit integers and arrays for runs. Packs what can be packed.
import type { Messages } from "../proto.ts";
import { ScalarRun } from "../scalar-run.ts";
import { fieldsOf, isMessageKind, wireTypeOf, type Field, type FieldKind, type MessageName } from "../schema.ts";

/** A message with everything optional, numbers for bigints, and lists for runs. */
export type Draft<T> = T extends bigint
  ? bigint | number
  : T extends Uint8Array
    ? Uint8Array
    : T extends ScalarRun
      ? readonly (number | bigint)[] | ScalarRun
      : T extends readonly (infer E)[]
        ? readonly Draft<E>[]
        : T extends object
          ? { readonly [K in keyof T]?: Draft<T[K]> | undefined }
          : T;

const text = new TextEncoder();

/** Bytes of a message. */
export function encodeMessage<N extends keyof Messages>(message: Draft<Messages[N]>, name: N): Uint8Array {
  const sink = new Sink();
  encodeInto(sink, message as Readonly<Record<string, unknown>>, name);
  return sink.bytes();
}

/** Bytes that grow. */
class Sink {
  #buffer = new Uint8Array(256);
  #length = 0;

  push(byte: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = byte;
  }
  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }
  varint(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    for (; rest >= 128n; rest >>= 7n) this.push(Number(rest & 127n) | 128);
    this.push(Number(rest));
  }
  bytes(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }
  #reserve(count: number): void {
    if (this.#length + count <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(this.#buffer.length * 2, this.#length + count));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}

function encodeInto(sink: Sink, message: Readonly<Record<string, unknown>>, name: MessageName): void {
  for (const field of fieldsOf(name).values()) {
    const value = message[field.key];
    if (value === undefined) continue;
    if (value instanceof ScalarRun) writeDelimited(sink, field, value.bytes);
    else if (!field.isRepeated) encodeValue(sink, field, value);
    else if (wireTypeOf(field.kind) === 2)
      (value as readonly unknown[]).forEach((one) => encodeValue(sink, field, one));
    else encodePacked(sink, field, value as readonly unknown[]);
  }
}

function encodePacked(sink: Sink, field: Field, values: readonly unknown[]): void {
  if (values.length === 0) return;
  const packed = new Sink();
  for (const value of values) encodeScalar(packed, field.kind, value);
  writeDelimited(sink, field, packed.bytes());
}

function encodeValue(sink: Sink, field: Field, value: unknown): void {
  const { kind } = field;
  if (isMessageKind(kind)) {
    const inner = new Sink();
    encodeInto(inner, value as Readonly<Record<string, unknown>>, kind);
    writeDelimited(sink, field, inner.bytes());
  } else if (kind === "string") writeDelimited(sink, field, text.encode(value as string));
  else if (kind === "bytes") writeDelimited(sink, field, value as Uint8Array);
  else {
    sink.varint(BigInt(field.id * 8 + wireTypeOf(kind)));
    encodeScalar(sink, kind, value);
  }
}

function writeDelimited(sink: Sink, field: Field, bytes: Uint8Array): void {
  sink.varint(BigInt(field.id * 8 + 2));
  sink.varint(BigInt(bytes.length));
  sink.append(bytes);
}

function encodeScalar(sink: Sink, kind: FieldKind, value: unknown): void {
  if (kind === "float") sink.append(new Uint8Array(Float32Array.of(Number(value)).buffer));
  else if (kind === "double") sink.append(new Uint8Array(Float64Array.of(Number(value)).buffer));
  else sink.varint(BigInt(value as number | bigint));
}
