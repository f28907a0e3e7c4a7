// ImageDecoder: an image file to pixels [height, width, channels], 8 bits each. Decoded are BMP, PNM, PNG and TIFF without compression, and JPEG, each as its file
// in math/image says. JPEG 2000 and WebP are not: their decoders would be larger than the rest of this package. Gray is the
// luma of ITU-R BT.601.
import { makeTensor } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { word } from "../attr-spec.ts";
import { decodeBmp, isBmp } from "../math/image/bmp.ts";
import { failImage } from "../math/image/image.ts";
import type { RgbImage } from "../math/image/image.ts";
import { decodeJpeg, isJpeg } from "../math/image/jpeg.ts";
import { decodePng, isPng } from "../math/image/png.ts";
import { decodePnm, isPnm } from "../math/image/pnm.ts";
import { decodeTiff, isTiff } from "../math/image/tiff.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { printShape } from "../shapes.ts";

interface Format {
  readonly name: string;
  readonly isHere: (bytes: Uint8Array) => boolean;
  readonly decode: (bytes: Uint8Array) => RgbImage;
}

const startsWith =
  (...start: number[]) =>
  (bytes: Uint8Array) =>
    start.every((byte, i) => bytes[i] === byte);
const unknown = (name: string) => () => failImage(name, "there is no decoder for it");

const FORMATS: readonly Format[] = [
  { name: "BMP", isHere: isBmp, decode: decodeBmp },
  { name: "JPEG", isHere: isJpeg, decode: decodeJpeg },
  { name: "PNG", isHere: isPng, decode: decodePng },
  { name: "PNM", isHere: isPnm, decode: decodePnm },
  { name: "TIFF", isHere: isTiff, decode: decodeTiff },
  { name: "JPEG 2000", isHere: startsWith(0, 0, 0, 12, 0x6a, 0x50), decode: unknown("JPEG 2000") },
  { name: "WebP", isHere: startsWith(0x52, 0x49, 0x46, 0x46), decode: unknown("WebP") },
];

function decodeImage(bytes: Uint8Array): RgbImage {
  const format = FORMATS.find(({ isHere }) => isHere(bytes));
  if (format === undefined) return failImage("the data", "it is no image of a format that ONNX names");
  try {
    return format.decode(bytes);
  } catch (error) {
    // A read behind the end of the bytes.
    if (error instanceof RangeError) return failImage(format.name, `it needs more than its ${bytes.length} B`);
    throw error;
  }
}

type PixelFormat = "RGB" | "BGR" | "Grayscale";

function pixelTensor({ width, height, pixels }: RgbImage, format: PixelFormat): Tensor {
  if (format === "RGB") return makeTensor("u8", [height, width, 3], pixels);
  const count = width * height;
  const channels = format === "BGR" ? 3 : 1;
  const to = new Uint8Array(count * channels);
  for (let i = 0; i < count; i++) {
    const [red, green, blue] = [pixels[i * 3]!, pixels[i * 3 + 1]!, pixels[i * 3 + 2]!];
    if (channels === 3) to.set([blue, green, red], i * 3);
    else to[i] = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
  }
  return makeTensor("u8", [height, width, channels], to);
}

export const imageDecoderOp = defineOp({
  kind: "ImageDecoder",
  versions: [20],
  attrs: { pixel_format: word("RGB", "BGR", "Grayscale") },
  operands: [1, 1],
  infer: ({ attrs, operand }) => {
    const { dtype, shape } = operand(0);
    require(dtype === undefined || dtype === "u8", () => `needs the bytes of a file as u8, but found ${dtype}`);
    require(shape === undefined || shape.length === 1, () => `needs bytes [n], but found ${printShape(shape ?? [])}`);
    return [{ dtype: "u8", shape: ["?", "?", attrs.pixel_format === "Grayscale" ? 1 : 3] }];
  },
  evaluate: ({ attrs, operand }) => [pixelTensor(decodeImage(operand(0).data as Uint8Array), attrs.pixel_format)],
});
