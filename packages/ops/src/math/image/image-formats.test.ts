import { describe, expect, it } from "vitest";
import { decodeBmp } from "./bmp.ts";
import { inflateZlib } from "./inflate.ts";
import { decodeJpeg } from "./jpeg.ts";
import { decodePng } from "./png.ts";
import { decodePnm } from "./pnm.ts";
import { decodeTiff } from "./tiff.ts";

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const textOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Bytes of numbers that are each written in `width` bytes. */
function packed(isLittle: boolean, ...fields: readonly (readonly [number, number])[]): number[] {
  return fields.flatMap(([value, width]) => {
    const bytes = Array.from({ length: width }, (_, i) => Math.floor(value / 256 ** i) % 256);
    return isLittle ? bytes : bytes.reverse();
  });
}

describe("inflateZlib", () => {
  it("unpacks blocks of fixed codes", () => {
    expect([...inflateZlib(bytesOf("789c4b84030014e103cb"), 10)]).toEqual(new Array(10).fill(97));
  });
  it("unpacks stored blocks", () => {
    expect([...inflateZlib(bytesOf("7801010200fdff0305000d0009"), 2)]).toEqual([3, 5]);
  });
  it.each([
    ["7801010200fdff0305000c000a", 2, "its check sum is wrong"],
    ["789c4b84030014e103cb", 9, "it has more than 9 B"],
    ["789c4b84030014e103cb", 11, "it has 10 B, not 11 B"],
    ["789c4b84", 10, "it ends too early"],
    ["7801010200fdfe0305000d0009", 2, "it has a stored block of two lengths"],
    ["780107", 2, "it has a block of a kind that is not defined"],
  ])("refuses %s for %i bytes", (hex, length, message) => {
    expect(() => inflateZlib(bytesOf(hex), length)).toThrow(message);
  });
});

describe("decodePng", () => {
  const chunk = (name: string, data: readonly number[]): number[] => [
    ...packed(false, [data.length, 4]),
    ...textOf(name),
    ...data,
    0,
    0,
    0,
    0,
  ];
  const png = (header: readonly number[], ...chunks: readonly number[][]): Uint8Array =>
    Uint8Array.from([137, 80, 78, 71, 13, 10, 26, 10, ...chunk("IHDR", header), ...chunks.flat()]);
  /** The rows in a stored block. */
  const stored = (...rows: readonly number[]): number[] => {
    let [a, b] = [1, 0];
    for (const byte of rows) {
      a += byte;
      b += a;
    }
    const length = rows.length;
    return [0x78, 1, 1, ...packed(true, [length, 2], [65535 - length, 2]), ...rows, ...packed(false, [b, 2], [a, 2])];
  };
  const header = (width: number, height: number, depth: number, color: number): number[] => [
    ...packed(false, [width, 4], [height, 4]),
    depth,
    color,
    0,
    0,
    0,
  ];

  it("undoes each filter", () => {
    // Two gray pixels a row: none, left, up, mean, Paeth.
    const rows = [0, 10, 20, 1, 5, 5, 2, 1, 2, 3, 10, 10, 4, 1, 1];
    const gray = decodePng(png(header(2, 5, 8, 0), chunk("IDAT", stored(...rows)))).pixels.filter(
      (_, i) => i % 3 === 0,
    );
    expect([...gray]).toEqual([10, 20, 5, 10, 6, 12, 13, 22, 14, 23]);
  });
  it("reads palettes and packed samples", () => {
    const palette = chunk("PLTE", [1, 2, 3, 4, 5, 6]);
    const image = decodePng(png(header(3, 1, 1, 3), palette, chunk("IDAT", stored(0, 0b01000000))));
    expect([...image.pixels]).toEqual([1, 2, 3, 4, 5, 6, 1, 2, 3]);
  });
  it("says what it does not decode", () => {
    expect(() => decodePng(png([...header(1, 1, 8, 0).slice(0, 12), 1]))).toThrow("it is interlaced");
    expect(() => decodePng(png(header(2 ** 20, 2 ** 20, 8, 0)))).toThrow("cannot decode an image of 1048576 x 1048576");
    expect(() => decodePng(png(header(1, 1, 8, 5)))).toThrow("color type 5");
  });
});

describe("decodeBmp", () => {
  const bmp = (width: number, height: number, bits: number, compression: number, data: readonly number[]): Uint8Array =>
    Uint8Array.from([
      0x42,
      0x4d,
      ...packed(true, [0, 4], [0, 4], [54, 4], [40, 4], [width, 4], [height + (height < 0 ? 2 ** 32 : 0), 4]),
      ...packed(true, [1, 2], [bits, 2], [compression, 4], [0, 4], [0, 4], [0, 4], [0, 4], [0, 4]),
      ...data,
    ]);
  it("reads rows upwards, or downwards for a negative height", () => {
    const rows = [3, 2, 1, 0, 6, 5, 4, 0];
    expect([...decodeBmp(bmp(1, 2, 24, 0, rows)).pixels]).toEqual([4, 5, 6, 1, 2, 3]);
    expect([...decodeBmp(bmp(1, -2, 24, 0, rows)).pixels]).toEqual([1, 2, 3, 4, 5, 6]);
  });
  it("says what it does not decode", () => {
    expect(() => decodeBmp(bmp(1, 1, 8, 1, []))).toThrow("it is compressed by method 1");
  });
});

describe("decodePnm", () => {
  it("reads text with comments, and scales", () => {
    expect([...decodePnm(textOf("P2\n# gray\n2 1 #\n15\n0 15\n")).pixels]).toEqual([0, 0, 0, 255, 255, 255]);
  });
  it("reads 16 bits in binary", () => {
    const data = Uint8Array.from([...textOf("P6 1 1 65535\n"), 255, 255, 128, 0, 0, 0]);
    expect([...decodePnm(data).pixels]).toEqual([255, 128, 0]);
  });
  it("says what it does not decode", () => {
    expect(() => decodePnm(textOf("P4 1 1 x"))).toThrow("its kind P4");
  });
});

describe("decodeTiff", () => {
  const tiff = (compression: number): Uint8Array => {
    const tags = [[256, 1], [257, 2], [258, 8], [259, compression], [262, 0], [273, 8]] as const; // prettier-ignore
    const entries = tags.flatMap(([tag, value]) => packed(false, [tag, 2], [3, 2], [1, 4], [value, 2], [0, 2]));
    return Uint8Array.from([0x4d, 0x4d, 0, 42, 0, 0, 0, 10, 255, 100, 0, tags.length, ...entries]);
  };
  it("reads big-endian files, white being zero", () => {
    expect([...decodeTiff(tiff(1)).pixels]).toEqual([0, 0, 0, 155, 155, 155]);
  });
  it("says what it does not decode", () => {
    expect(() => decodeTiff(tiff(5))).toThrow("it is compressed by method 5");
  });
});

describe("decodeJpeg", () => {
  it.each([
    ["ffd8ffc20002ffd9", "its process 2 is not sequential"],
    ["ffd8ffd9", "it has no frame"],
    ["ffd800", "it has no marker at byte 2"],
    ["ffd8ffda000801010000", "it has a scan before its frame"],
  ])("refuses %s", (hex, message) => {
    expect(() => decodeJpeg(bytesOf(hex))).toThrow(message);
  });
});
