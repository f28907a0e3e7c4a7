// Windows bitmaps (BITMAPINFOHEADER and later), uncompressed: 1, 4 and 8 bits with a palette, 24 and 32 bits. Not decoded: run lengths, bit fields.
import { failImage, newImage, viewOf } from "./image.ts";
import type { RgbImage } from "./image.ts";

export function isBmp(bytes: Uint8Array): boolean {
  return bytes[0] === 0x42 && bytes[1] === 0x4d;
}

export function decodeBmp(bytes: Uint8Array): RgbImage {
  const view = viewOf(bytes);
  const [dataAt, headerBytes] = [view.getUint32(10, true), view.getUint32(14, true)];
  if (headerBytes < 40) failImage("BMP", `its header has ${headerBytes} B, not 40 or more`);
  const [width, signedHeight] = [view.getInt32(18, true), view.getInt32(22, true)];
  const [bits, compression, paletteCount] = [
    view.getUint16(28, true),
    view.getUint32(30, true),
    view.getUint32(46, true),
  ];
  if (compression !== 0) failImage("BMP", `it is compressed by method ${compression}`);
  if (![1, 4, 8, 24, 32].includes(bits)) failImage("BMP", `it has ${bits} bits a pixel`);
  const image = newImage(width, Math.abs(signedHeight));
  const { height, pixels } = image;
  const stride = Math.ceil((width * bits) / 32) * 4;
  const paletteAt = 14 + headerBytes;
  const colors = paletteCount === 0 ? 2 ** bits : paletteCount;
  for (let row = 0; row < height; row++) {
    const start = dataAt + (signedHeight > 0 ? height - 1 - row : row) * stride;
    for (let x = 0; x < width; x++) {
      let at = start + (x * bits) / 8;
      if (bits <= 8) {
        const shift = 8 - bits - ((x * bits) % 8);
        const index = (view.getUint8(Math.floor(at)) >> shift) & (2 ** bits - 1);
        if (index >= colors) failImage("BMP", `color ${index} is not among its ${colors}`);
        at = paletteAt + index * 4;
      }
      for (let channel = 0; channel < 3; channel++)
        pixels[(row * width + x) * 3 + channel] = view.getUint8(at + 2 - channel);
    }
  }
  return image;
}
