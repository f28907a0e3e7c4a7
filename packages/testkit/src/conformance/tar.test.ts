import { describe, expect, it } from "vitest";
import { readTar } from "./tar.ts";

const BLOCK = 512;

function entry(name: string, data: string, type = "0"): Uint8Array {
  const block = new Uint8Array(BLOCK * (1 + Math.ceil(data.length / BLOCK)));
  const write = (text: string, at: number): void => block.set(new TextEncoder().encode(text), at);
  write(name, 0);
  write(data.length.toString(8).padStart(11, "0"), 124);
  write(type, 156);
  write(data, BLOCK);
  return block;
}

const archive = (...entries: Uint8Array[]): Uint8Array => Uint8Array.from(entries.flatMap((bytes) => [...bytes]));
const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

describe("readTar", () => {
  it("finds files by path", () => {
    const files = readTar(archive(entry("./a/b.txt", "hello"), entry("a/c.txt", "x".repeat(600))));
    expect([...files.keys()]).toEqual(["a/b.txt", "a/c.txt"]);
    expect(text(files.get("a/b.txt"))).toBe("hello");
    expect(files.get("a/c.txt")?.length).toBe(600);
  });

  it("leaves out folders and links", () => {
    expect(readTar(archive(entry("a", "", "5"), entry("link", "", "2"))).size).toBe(0);
  });

  it("reads long names of GNU and pax", () => {
    const long = `${"d/".repeat(80)}file`;
    const pax = `${13 + long.length} path=${long}\n`;
    const files = readTar(
      archive(entry("x", long, "L"), entry("short", "1"), entry("x", pax, "x"), entry("short", "2")),
    );
    expect([...files.keys()]).toEqual([long]);
    expect(text(files.get(long))).toBe("2");
  });

  it("refuses an archive that ends within a file", () => {
    expect(() => readTar(archive(entry("a", "x".repeat(600))).subarray(0, 600))).toThrow(RangeError);
  });
});
