// JPEG images (ITU-T T.81): sequential, Huffman-coded, 8 bits, gray or color, with any sampling and restarts. Not decoded: progressive, arithmetic-coded
// and lossless ones, 12 bits, four components.
import { failImage, newImage, viewOf } from "./image.ts";
import type { RgbImage } from "./image.ts";
import { enlargePlane, writeRgb } from "./jpeg-color.ts";
import type { Plane } from "./jpeg-color.ts";
import { JpegBits, readBlock } from "./jpeg-huffman.ts";
import type { HuffmanTable } from "./jpeg-huffman.ts";
import { inverseDctBlock } from "./jpeg-idct.ts";

export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

interface Component {
  readonly id: number;
  /** Sampling factors. */
  readonly across: number;
  readonly down: number;
  readonly stepsId: number;
  /** Blocks of the plane in all, those beyond the image included. */
  readonly blocksPerRow: number;
  readonly plane: Plane;
  predictor: number;
}

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly across: number;
  readonly down: number;
  readonly components: readonly Component[];
}

/** What markers have said so far. */
interface State {
  readonly steps: Map<number, Uint16Array>;
  /** By class (0 first coefficients, 16 the others) plus id. */
  readonly tables: Map<number, HuffmanTable>;
  restartInterval: number;
  /** The transform that an Adobe marker names. */
  adobeTransform: number | undefined;
  frame: Frame | undefined;
}

export function decodeJpeg(bytes: Uint8Array): RgbImage {
  const view = viewOf(bytes);
  const state: State = {
    steps: new Map(),
    tables: new Map(),
    restartInterval: 0,
    adobeTransform: undefined,
    frame: undefined,
  };
  for (let at = 2; ;) {
    if (view.getUint8(at) !== 0xff) failImage("JPEG", `it has no marker at byte ${at}`);
    const kind = view.getUint8(at + 1);
    if (kind === 0xff) {
      at++; // fill
      continue;
    }
    if (kind === 0xd9) break;
    const length = view.getUint16(at + 2);
    const segment = bytes.subarray(at + 4, at + 2 + length);
    at += 2 + length;
    if (kind === 0xda) at = readScan(bytes, at, segment, state);
    else readSegment(kind, segment, state);
  }
  const { frame } = state;
  return frame === undefined ? failImage("JPEG", "it has no frame") : assemble(frame, state.adobeTransform);
}

function readSegment(kind: number, segment: Uint8Array, state: State): void {
  const view = viewOf(segment);
  if (kind === 0xdb) readSteps(view, state);
  else if (kind === 0xc4) readTables(segment, state);
  else if (kind === 0xdd) state.restartInterval = view.getUint16(0);
  else if (kind === 0xee && segment.length >= 12) state.adobeTransform = segment[11];
  else if (kind === 0xc0 || kind === 0xc1) state.frame = readFrame(view);
  else if (kind >= 0xc2 && kind <= 0xcf && kind !== 0xc8 && kind !== 0xcc)
    failImage("JPEG", `its process ${kind - 0xc0} is not sequential with Huffman codes`);
}

function readSteps(view: DataView, { steps }: State): void {
  for (let at = 0; at < view.byteLength;) {
    const head = view.getUint8(at++);
    const width = head >> 4 === 0 ? 1 : 2;
    const start = at;
    steps.set(
      head & 15,
      Uint16Array.from({ length: 64 }, (_, i) =>
        width === 1 ? view.getUint8(start + i) : view.getUint16(start + i * 2),
      ),
    );
    at += 64 * width;
  }
}

function readTables(segment: Uint8Array, { tables }: State): void {
  for (let at = 0; at < segment.length;) {
    const counts = segment.subarray(at + 1, at + 17);
    const total = counts.reduce((sum, count) => sum + count, 0);
    tables.set(segment[at]!, { counts, symbols: segment.subarray(at + 17, at + 17 + total) });
    at += 17 + total;
  }
}

function readFrame(view: DataView): Frame {
  if (view.getUint8(0) !== 8) failImage("JPEG", `it has samples of ${view.getUint8(0)} bits`);
  const [height, width, count] = [view.getUint16(1), view.getUint16(3), view.getUint8(5)];
  newImage(width, height); // refuses sizes before planes are made
  if (count !== 1 && count !== 3) failImage("JPEG", `it has ${count} components`);
  const given = Array.from({ length: count }, (_, i) => {
    const at = 6 + i * 3;
    const factors = view.getUint8(at + 1);
    const [across, down] = [factors >> 4, factors & 15];
    if (across < 1 || across > 4 || down < 1 || down > 4) failImage("JPEG", `its sampling is ${across} x ${down}`);
    return { id: view.getUint8(at), across, down, stepsId: view.getUint8(at + 2) };
  });
  const [across, down] = [Math.max(...given.map((one) => one.across)), Math.max(...given.map((one) => one.down))];
  const components = given.map((one): Component => {
    const blocksPerRow = Math.ceil(width / (8 * across)) * one.across;
    const blockRows = Math.ceil(height / (8 * down)) * one.down;
    const plane = {
      width: Math.ceil((width * one.across) / across),
      height: Math.ceil((height * one.down) / down),
      stride: blocksPerRow * 8,
      samples: new Uint8ClampedArray(blocksPerRow * blockRows * 64),
    };
    return { ...one, blocksPerRow, plane, predictor: 0 };
  });
  return { width, height, across, down, components };
}

interface ScanComponent {
  readonly component: Component;
  readonly dc: HuffmanTable;
  readonly ac: HuffmanTable;
  readonly steps: Uint16Array;
}

/** Decodes the blocks of a scan; gives where the data ends. */
function readScan(bytes: Uint8Array, start: number, segment: Uint8Array, state: State): number {
  const frame = state.frame ?? failImage("JPEG", "it has a scan before its frame");
  const scanned = Array.from({ length: segment[0]! }, (_, i): ScanComponent => {
    const [id, tables] = [segment[1 + i * 2]!, segment[2 + i * 2]!];
    const component = frame.components.find((one) => one.id === id);
    const [dc, ac] = [state.tables.get(tables >> 4), state.tables.get(16 + (tables & 15))];
    const steps = state.steps.get(component?.stepsId ?? -1);
    if (component === undefined || dc === undefined || ac === undefined || steps === undefined)
      return failImage("JPEG", `a scan asks for component ${id} or tables that are not there`);
    component.predictor = 0;
    return { component, dc, ac, steps };
  });
  const bits = new JpegBits(bytes, start);
  const block = new Int32Array(64);
  const [single] = scanned;
  const isSingle = scanned.length === 1 && single !== undefined;
  // One component alone comes block by block; several come in units of all their blocks.
  const columns = isSingle ? Math.ceil(single.component.plane.width / 8) : Math.ceil(frame.width / (8 * frame.across));
  const rows = isSingle ? Math.ceil(single.component.plane.height / 8) : Math.ceil(frame.height / (8 * frame.down));
  for (let unit = 0; unit < columns * rows; unit++) {
    if (state.restartInterval > 0 && unit > 0 && unit % state.restartInterval === 0) {
      bits.restart();
      for (const { component } of scanned) component.predictor = 0;
    }
    const [column, row] = [unit % columns, Math.floor(unit / columns)];
    for (const part of scanned) {
      const [across, down] = isSingle ? [1, 1] : [part.component.across, part.component.down];
      for (let i = 0; i < across * down; i++)
        readBlockAt(bits, part, column * across + (i % across), row * down + Math.floor(i / across), block);
    }
  }
  return bits.at;
}

function readBlockAt(
  bits: JpegBits,
  { component, dc, ac, steps }: ScanComponent,
  column: number,
  row: number,
  block: Int32Array,
): void {
  component.predictor = readBlock(bits, dc, ac, steps, component.predictor, block);
  const { samples, stride } = component.plane;
  inverseDctBlock(block, samples, row * 8 * stride + column * 8, stride);
}

function assemble({ width, height, across, down, components }: Frame, adobeTransform: number | undefined): RgbImage {
  const image = newImage(width, height);
  const to = new Uint8ClampedArray(image.pixels.buffer);
  const planes = components.map((one) => enlargePlane(one.plane, across / one.across, down / one.down, width, height));
  const isRgb = adobeTransform === 0 && planes.length === 3;
  for (let row = 0; row < height; row++) {
    for (let x = 0; x < width; x++) {
      const at = (row * width + x) * 3;
      const [a, b, c] = planes.map(({ samples, stride }) => samples[row * stride + x]!) as [number, number?, number?];
      if (b === undefined || c === undefined) to.fill(a, at, at + 3);
      else if (isRgb) to.set([a, b, c], at);
      else writeRgb(a, b, c, to, at);
    }
  }
  return image;
}
