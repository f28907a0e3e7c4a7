// PNG images of every color type and depth (W3C PNG, third edition); 16 bits are cut to 8, transparency is dropped. Not decoded: interlaced images.
// Check sums of chunks are not verified; that of the pixels is.
import { inflateZlib } from "./inflate.ts";
import { failImage, newImage, viewOf } from "./image.ts";
import type { RgbImage } from "./image.ts";

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
/** Samples a pixel by color type: gray, -, color, palette, gray and alpha, -, color and alpha. */
const CHANNELS: readonly (number | undefined)[] = [1, undefined, 3, 1, 2, undefined, 4];

export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

interface Chunks {
  readonly header: DataView;
  readonly palette: Uint8Array;
  readonly packed: Uint8Array;
}

function readChunks(bytes: Uint8Array): Chunks {
  const view = viewOf(bytes);
  const found = new Map<string, Uint8Array[]>();
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = view.getUint32(at);
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (at + 12 + length > bytes.length) failImage("PNG", `its chunk ${name} ends behind the file`);
    found.set(name, [...(found.get(name) ?? []), bytes.subarray(at + 8, at + 8 + length)]);
    at += 12 + length;
  }
  const [header] = found.get("IHDR") ?? [];
  if (header === undefined) failImage("PNG", "it has no header");
  const parts = found.get("IDAT") ?? [];
  const packed = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    packed.set(part, at);
    at += part.length;
  }
  return { header: viewOf(header!), palette: found.get("PLTE")?.[0] ?? new Uint8Array(0), packed };
}

export function decodePng(bytes: Uint8Array): RgbImage {
  const { header, palette, packed } = readChunks(bytes);
  const [depth, colorType, interlace] = [header.getUint8(8), header.getUint8(9), header.getUint8(12)];
  const channels = CHANNELS[colorType] ?? failImage("PNG", `it has color type ${colorType}`);
  if (![1, 2, 4, 8, 16].includes(depth)) failImage("PNG", `it has samples of ${depth} bits`);
  if (interlace !== 0) failImage("PNG", "it is interlaced");
  const image = newImage(header.getUint32(0), header.getUint32(4));
  const { width, height, pixels } = image;
  const stride = Math.ceil((width * channels * depth) / 8);
  const rows = inflateZlib(packed, (stride + 1) * height);
  const pixelBytes = Math.max(1, (channels * depth) / 8);
  let above: Uint8Array = new Uint8Array(stride);
  for (let row = 0; row < height; row++) {
    const start = row * (stride + 1);
    const line = rows.subarray(start + 1, start + 1 + stride);
    unfilter(rows[start]!, line, above, pixelBytes);
    above = line;
    for (let x = 0; x < width; x++) {
      const at = (row * width + x) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const sample = sampleAt(line, x * channels + (channels >= 3 ? channel : 0), depth);
        pixels[at + channel] = colorType === 3 ? paletteColor(palette, sample, channel) : scaled(sample, depth);
      }
    }
  }
  return image;
}

function paletteColor(palette: Uint8Array, index: number, channel: number): number {
  return palette[index * 3 + channel] ?? failImage("PNG", `color ${index} is not in its palette`);
}

function sampleAt(line: Uint8Array, index: number, depth: number): number {
  if (depth === 8) return line[index]!;
  if (depth === 16) return line[index * 2]! * 256 + line[index * 2 + 1]!;
  const bit = index * depth;
  return (line[bit >> 3]! >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
}

function scaled(sample: number, depth: number): number {
  return depth === 16 ? sample >> 8 : (sample * 255) / ((1 << depth) - 1);
}

/** Undoes a row's filter in place. */
function unfilter(kind: number, line: Uint8Array, above: Uint8Array, pixelBytes: number): void {
  if (kind > 4) failImage("PNG", `it has a row of filter ${kind}`);
  if (kind === 0) return;
  for (let i = 0; i < line.length; i++) {
    const left = i < pixelBytes ? 0 : line[i - pixelBytes]!;
    const corner = i < pixelBytes ? 0 : above[i - pixelBytes]!;
    line[i]! += predicted(kind, left, above[i]!, corner);
  }
}

function predicted(kind: number, left: number, up: number, corner: number): number {
  if (kind === 1) return left;
  if (kind === 2) return up;
  if (kind === 3) return (left + up) >> 1;
  const [a, b, c] = [left, up, corner].map((value) => Math.abs(left + up - corner - value)) as [number, number, number];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}
