// TIFF 6.0 images: the first one of a file, in strips, 8 bits a sample side by side, gray, color or with a palette, uncompressed. Not decoded: every compression,
// tiles, planes.
import { failImage, newImage, viewOf } from "./image.ts";
import type { RgbImage } from "./image.ts";

const TAGS = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  stripOffsets: 273,
  samples: 277,
  rowsPerStrip: 278,
  planar: 284,
  palette: 320,
} as const;

const LITTLE_ENDIAN = 0x49;
const SHORT = 3;
const LONG = 4;

export function isTiff(bytes: Uint8Array): boolean {
  const isLittle = bytes[0] === 0x49 && bytes[1] === 0x49 && bytes[2] === 42 && bytes[3] === 0;
  return isLittle || (bytes[0] === 0x4d && bytes[1] === 0x4d && bytes[2] === 0 && bytes[3] === 42);
}

/** The numbers of each tag of the first directory. */
function readTags(bytes: Uint8Array): Map<number, number[]> {
  const view = viewOf(bytes);
  const isLittle = bytes[0] === LITTLE_ENDIAN;
  const start = view.getUint32(4, isLittle);
  const tags = new Map<number, number[]>();
  for (let entry = 0; entry < view.getUint16(start, isLittle); entry++) {
    const at = start + 2 + entry * 12;
    const [tag, type, count] = [
      view.getUint16(at, isLittle),
      view.getUint16(at + 2, isLittle),
      view.getUint32(at + 4, isLittle),
    ];
    if (type !== SHORT && type !== LONG) continue;
    const width = type === SHORT ? 2 : 4;
    if (count * width > bytes.length) failImage("TIFF", `tag ${tag} is longer than the file`);
    const data = count * width <= 4 ? at + 8 : view.getUint32(at + 8, isLittle);
    const read = (i: number): number =>
      type === SHORT ? view.getUint16(data + i * 2, isLittle) : view.getUint32(data + i * 4, isLittle);
    tags.set(
      tag,
      Array.from({ length: count }, (_, i) => read(i)),
    );
  }
  return tags;
}

export function decodeTiff(bytes: Uint8Array): RgbImage {
  const tags = readTags(bytes);
  const one = (tag: keyof typeof TAGS, byDefault: number): number => tags.get(TAGS[tag])?.[0] ?? byDefault;
  if (one("compression", 1) !== 1) failImage("TIFF", `it is compressed by method ${one("compression", 1)}`);
  if (one("planar", 1) !== 1) failImage("TIFF", "its samples are in planes");
  if (one("bits", 1) !== 8) failImage("TIFF", `it has samples of ${one("bits", 1)} bits`);
  const [photometric, samples] = [one("photometric", -1), one("samples", 1)];
  if (![0, 1, 2, 3].includes(photometric)) failImage("TIFF", `it has photometric interpretation ${photometric}`);
  const image = newImage(one("width", 0), one("height", 0));
  const { width, height, pixels } = image;
  const [offsets, rowsPerStrip] = [tags.get(TAGS.stripOffsets) ?? [], one("rowsPerStrip", height)];
  const palette = tags.get(TAGS.palette) ?? [];
  const view = viewOf(bytes);
  for (let row = 0; row < height; row++) {
    const strip = offsets[Math.floor(row / rowsPerStrip)] ?? failImage("TIFF", `it has no strip for row ${row}`);
    for (let x = 0; x < width; x++) {
      const at = strip + ((row % rowsPerStrip) * width + x) * samples;
      for (let channel = 0; channel < 3; channel++) {
        const sample = view.getUint8(at + (photometric === 2 ? channel : 0));
        pixels[(row * width + x) * 3 + channel] = colorOf(photometric, sample, channel, palette);
      }
    }
  }
  return image;
}

/** 0: white is zero; 1: black is zero; 2: color; 3: palette, of 16 bits, all red first. */
function colorOf(photometric: number, sample: number, channel: number, palette: readonly number[]): number {
  if (photometric === 0) return 255 - sample;
  if (photometric !== 3) return sample;
  return (palette[(channel * palette.length) / 3 + sample] ?? failImage("TIFF", "its palette is too short")) >> 8;
}
