import { describe, expect, it } from "vitest";
import { writeNpy } from "./npy.ts";
import { readNpz } from "./npz.ts";
import { areTensorsIdentical, tensorOf } from "./tensor.ts";

interface Packed {
  readonly name: string;
  readonly content: Uint8Array;
  readonly method?: number;
  /** Sizes in a 64-bit extra field, as numpy writes them when it streams. */
  readonly isZip64?: boolean;
}

const u16 = (x: number) => [x & 255, x >>> 8];
const u32 = (x: number) => [...u16(x & 0xffff), ...u16(x >>> 16)];
const u64 = (x: number) => [...u32(x), 0, 0, 0, 0];

/** A zip archive without checksums and dates. */
function zip(entries: readonly Packed[]): Uint8Array {
  const bytes: number[] = [];
  const directory: number[] = [];
  for (const { name, content, method = 0, isZip64 = false } of entries) {
    const start = bytes.length;
    const nameBytes = [...new TextEncoder().encode(name)];
    const size = isZip64 ? 0xffffffff : content.length;
    const extra = isZip64 ? [1, 0, 16, 0, ...u64(content.length), ...u64(content.length)] : [];
    const shared = [
      ...u16(0),
      ...u16(method),
      ...u32(0),
      ...u32(0),
      ...u32(size),
      ...u32(size),
      ...u16(nameBytes.length),
    ];
    bytes.push(...u32(0x04034b50), ...u16(20), ...shared, ...u16(extra.length), ...nameBytes, ...extra, ...content);
    directory.push(...u32(0x02014b50), ...u16(20), ...u16(20), ...shared, ...u16(extra.length));
    directory.push(...u16(0), ...u16(0), ...u16(0), ...u32(0), ...u32(start), ...nameBytes, ...extra);
  }
  const count = u16(entries.length);
  const end = [
    ...u32(0x06054b50),
    ...u32(0),
    ...count,
    ...count,
    ...u32(directory.length),
    ...u32(bytes.length),
    ...u16(0),
  ];
  return Uint8Array.from([...bytes, ...directory, ...end]);
}

const tensor = tensorOf("f32", [2], [1, 2]);
const content = writeNpy(tensor);
const refuse = () => {
  throw new Error("not deflate data");
};

describe("readNpz", () => {
  it("reads stored and packed entries, and sizes in either place", () => {
    const inflate = (packed: Uint8Array) => packed.map((byte) => byte ^ 255);
    const archive = zip([
      { name: "a.npy", content },
      { name: "b.npy", content: content.map((byte) => byte ^ 255), method: 8, isZip64: true },
      { name: "notes.txt", content: Uint8Array.of(1) },
    ]);
    const arrays = readNpz(archive, "t.npz", inflate);
    expect([...arrays.keys()]).toEqual(["a", "b"]);
    for (const read of arrays.values()) expect(areTensorsIdentical(read, tensor)).toBe(true);
  });

  it("refuses broken archives with NUM-003", () => {
    const archive = zip([{ name: "a.npy", content }]);
    const read = (bytes: Uint8Array) => () => readNpz(bytes, "t.npz", refuse);
    expect(read(content)).toThrow("error[NUM-003]");
    expect(read(archive.subarray(0, 30))).toThrow("it has no zip directory");
    expect(read(archive.subarray(40))).toThrow("NUM-003");
    expect(read(zip([{ name: "a.npy", content, method: 12 }]))).toThrow("packed with method 12");
    expect(read(zip([{ name: "a.npy", content, method: 8 }]))).toThrow(
      'entry "a.npy" cannot be unpacked: not deflate data',
    );
  });
});
