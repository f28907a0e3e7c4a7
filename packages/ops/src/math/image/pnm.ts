// Netpbm images: gray (P2, P5) and color (P3, P6), in text or binary, of 8 or 16 bits, scaled to 8. Not decoded: bitmaps (P1, P4) and PAM (P7).
import { failImage, newImage, viewOf } from "./image.ts";
import type { RgbImage } from "./image.ts";

export function isPnm(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1]! >= 0x31 && bytes[1]! <= 0x37 && isSpace(bytes[2]);
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 9 && byte <= 13);
}

/** Reads numbers in text, with comments between them. */
class TextNumbers {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  next(): number {
    for (;;) {
      if (this.#bytes[this.at] === 0x23) while (this.at < this.#bytes.length && this.#bytes[this.at] !== 10) this.at++;
      else if (isSpace(this.#bytes[this.at])) this.at++;
      else break;
    }
    let [value, digits] = [0, 0];
    for (; this.#bytes[this.at]! >= 0x30 && this.#bytes[this.at]! <= 0x39; this.at++, digits++)
      value = value * 10 + this.#bytes[this.at]! - 0x30;
    return digits === 0 ? failImage("PNM", `it has no number at byte ${this.at}`) : value;
  }
}

export function decodePnm(bytes: Uint8Array): RgbImage {
  const kind = bytes[1]! - 0x30;
  if (![2, 3, 5, 6].includes(kind)) failImage("PNM", `its kind P${kind} is not one of P2, P3, P5, P6`);
  const numbers = new TextNumbers(bytes, 2);
  const [width, height, most] = [numbers.next(), numbers.next(), numbers.next()];
  if (most < 1 || most > 65535) failImage("PNM", `its largest value ${most} is not in 1 .. 65535`);
  const image = newImage(width, height);
  const channels = kind === 3 || kind === 6 ? 3 : 1;
  const view = viewOf(bytes);
  const start = numbers.at + 1; // one space before binary data
  const sampleBytes = most > 255 ? 2 : 1;
  const sample = (index: number): number => {
    if (kind <= 3) return numbers.next();
    return sampleBytes === 1 ? view.getUint8(start + index) : view.getUint16(start + index * 2);
  };
  for (let index = 0; index < width * height * channels; index++) {
    const value = Math.min(255, Math.floor((sample(index) * 255) / most + 0.5));
    if (channels === 3) image.pixels[index] = value;
    else image.pixels.fill(value, index * 3, index * 3 + 3);
  }
  return image;
}
