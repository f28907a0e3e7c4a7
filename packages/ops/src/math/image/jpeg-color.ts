// From the planes of a JPEG image to pixels: chroma that was halved is interpolated with weights 3/4 and 1/4, as most decoders do, other factors repeat samples;
// then YCbCr becomes RGB (JFIF 1.02), in integers scaled by 2^16.

export interface Plane {
  readonly width: number;
  readonly height: number;
  /** Elements from one row to the next. */
  readonly stride: number;
  readonly samples: Uint8ClampedArray;
}

/** Planes narrower than this are repeated, not interpolated. */
const MIN_INTERPOLATED = 3;

/** The plane at full size, `across` times as wide and `down` times as high. */
export function enlargePlane(plane: Plane, across: number, down: number, width: number, height: number): Plane {
  if (across === 1 && down === 1) return plane;
  const isInterpolated = across === 2 && down <= 2 && plane.width >= MIN_INTERPOLATED;
  const samples = new Uint8ClampedArray(width * height);
  const line = new Int32Array(plane.width);
  for (let row = 0; row < height; row++) {
    const from = Math.floor(row / down);
    const to = samples.subarray(row * width, (row + 1) * width);
    if (!isInterpolated) {
      for (let x = 0; x < width; x++) to[x] = plane.samples[from * plane.stride + Math.floor(x / across)]!;
      continue;
    }
    if (down === 2) {
      // The nearer row counts three times; beyond the edge it is its own neighbor.
      const other = Math.min(plane.height - 1, Math.max(0, from + (row % 2 === 0 ? -1 : 1)));
      for (let x = 0; x < plane.width; x++)
        line[x] = 3 * plane.samples[from * plane.stride + x]! + plane.samples[other * plane.stride + x]!;
      widen(line, to, 4, [8, 7]);
    } else {
      for (let x = 0; x < plane.width; x++) line[x] = plane.samples[from * plane.stride + x]!;
      widen(line, to, 2, [1, 2]);
    }
  }
  return { width, height, stride: width, samples };
}

/** Twice as many samples, each 3/4 of the nearer and 1/4 of the next, divided by 2^shift. `bias` rounds even and odd ones. */
function widen(line: Int32Array, to: Uint8ClampedArray, shift: number, [even, odd]: readonly [number, number]): void {
  const last = line.length - 1;
  for (let x = 0; x < to.length; x++) {
    const at = x >> 1;
    const isEven = x % 2 === 0;
    const other = Math.min(last, Math.max(0, at + (isEven ? -1 : 1)));
    to[x] = (3 * line[at]! + line[other]! + (isEven ? even : odd)) >> shift;
  }
}

const HALF = 1 << 15;

/** One pixel of YCbCr as RGB, clamped, to `to` at `at`. */
export function writeRgb(y: number, cb: number, cr: number, to: Uint8ClampedArray, at: number): void {
  const [blue, red] = [cb - 128, cr - 128];
  to[at] = y + ((91881 * red + HALF) >> 16);
  to[at + 1] = y + ((-22554 * blue - 46802 * red + HALF) >> 16);
  to[at + 2] = y + ((116130 * blue + HALF) >> 16);
}
