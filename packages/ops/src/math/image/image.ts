// Decoded images: rows of red, green and blue from the top left, 8 bits each. Alpha is dropped, not blended.
import { OpError } from "../../op-error.ts";

export interface RgbImage {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3] */
  readonly pixels: Uint8Array;
}

/** Files may claim any size; images beyond this many pixels are refused before room for them is made. */
const MAX_PIXELS = 2 ** 27;

/** @throws OpError if no image is that large, or that small */
export function newImage(width: number, height: number): RgbImage {
  const count = width * height;
  if (!(width > 0 && height > 0) || count > MAX_PIXELS)
    throw new OpError(`cannot decode an image of ${width} x ${height} pixels: needs 1 to ${MAX_PIXELS}`);
  return { width, height, pixels: new Uint8Array(count * 3) };
}

/** The bytes as integers of several widths. Reads beyond the end throw RangeError. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** @throws OpError that says what of the format is not decoded */
export function failImage(format: string, what: string): never {
  throw new OpError(`cannot decode ${format}: ${what}`);
}
