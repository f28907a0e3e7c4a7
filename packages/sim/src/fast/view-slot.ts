// A view operand of one instruction, resolved again for each execution: counts that never change are resolved once, others are
// compared with those of the execution before, so that shape-dependent work is redone only when the shape changes.
import type { View } from "@waferc/ir/program";
import { Violation } from "../fault.ts";
import type { CompiledView } from "../image/view.ts";
import { forEachElement, ResolvedView } from "../image/view.ts";
import { type CellBuilder, type Cells, evaluateOperand, type Operand } from "./cells.ts";

/** The core on which instructions execute; its fields change, the object does not. */
export interface CoreContext {
  core: number;
  cells: Cells;
  readonly rows: Int32Array;
  row: number;
  readonly frames: Int32Array;
  frame: number;
  /** First word of the core's memory. */
  memory: number;
  /** Whether bounds, overlaps and races are tested: in the first run, as they do not depend on values. */
  isChecking: boolean;
}

const MOST_LISTS = 64;

export class ViewSlot {
  /** `start`, `low` and `high` are those of the last `bind`; the shape is that of the last change. */
  readonly resolved: ResolvedView;
  /** Grows with every change of the shape. */
  shapeVersion = 0;
  readonly view: CompiledView;
  readonly #offset: Operand;
  readonly #counts: readonly Operand[];
  readonly #isFixed: boolean;
  #lowReach = 0;
  #highReach = 0;
  #places: Int32Array | undefined;
  #placesVersion = -1;
  /** Places of elements by counts, for views whose counts change from core to core. */
  readonly #lists = new Map<string, Int32Array | undefined>();

  constructor(view: CompiledView, source: View, cells: CellBuilder, resolved: ResolvedView = new ResolvedView()) {
    this.view = view;
    this.resolved = resolved;
    this.#offset = cells.operand(source.offset);
    this.#counts = source.dims.map((dim) => cells.operand(dim.count));
    const constants = source.dims.map((dim) => cells.constantOf(dim.count));
    this.#isFixed = constants.every((count) => count !== undefined);
    this.resolved.rank = view.rank;
    this.resolved.perWord = view.perWord;
    view.strides.forEach((stride, d) => (this.resolved.strides[d] = stride));
    if (this.#isFixed) constants.forEach((count, d) => (this.resolved.counts[d] = count!));
    this.#reach();
  }

  /** Resolves the view on the core. Throws `Violation` SIM-003 or SIM-004. */
  bind(at: CoreContext): void {
    const { resolved } = this;
    if (!this.#isFixed) this.#reshape(at);
    const offset = evaluateOperand(this.#offset, at.cells, at.rows, at.row, at.frames, at.frame);
    const start = at.memory * this.view.perWord + this.view.first + offset;
    resolved.start = start;
    resolved.low = start + this.#lowReach;
    resolved.high = start + this.#highReach;
    if (at.isChecking) this.#checkBounds(offset);
  }

  /** Where the elements are in view order, relative to `start`; undefined if they follow each other. */
  elementPlaces(): Int32Array | undefined {
    if (this.#placesVersion === this.shapeVersion) return this.#places;
    this.#placesVersion = this.shapeVersion;
    const key = this.resolved.counts.join();
    if (!this.#lists.has(key)) {
      if (this.#lists.size >= MOST_LISTS) this.#lists.clear();
      this.#lists.set(key, this.#listPlaces());
    }
    this.#places = this.#lists.get(key);
    return this.#places;
  }

  #reshape(at: CoreContext): void {
    const { counts } = this.resolved;
    let isSame = this.shapeVersion > 0;
    for (let d = 0; d < this.#counts.length; d++) {
      const count = evaluateOperand(this.#counts[d]!, at.cells, at.rows, at.row, at.frames, at.frame);
      if (counts[d] === count) continue;
      counts[d] = count;
      isSame = false;
    }
    if (!isSame) this.#reach();
  }

  #reach(): void {
    const { resolved } = this;
    let total = 1;
    this.#lowReach = 0;
    this.#highReach = 0;
    for (let d = 0; d < resolved.rank; d++) {
      const count = resolved.counts[d]!;
      total = count <= 0 ? 0 : total * count;
      const reach = (count - 1) * resolved.strides[d]!;
      if (reach < 0) this.#lowReach += reach;
      else this.#highReach += reach;
    }
    resolved.total = total;
    this.shapeVersion++;
  }

  #checkBounds(offset: number): void {
    const { name, elements } = this.view.buffer;
    const [low, high] = [offset + this.#lowReach, offset + this.#highReach];
    if (this.resolved.total === 0 || (low >= 0 && high < elements)) return;
    const element = low < 0 ? low : high;
    throw new Violation(
      "SIM-003",
      `Cannot address element ${element} of buffer "${name}": it has ${elements} elements`,
    );
  }

  #listPlaces(): Int32Array | undefined {
    const { resolved } = this;
    const places = new Int32Array(resolved.total);
    let i = 0;
    let isContiguous = true;
    forEachElement(resolved, (element) => {
      places[i] = element - resolved.start;
      isContiguous &&= places[i] === i;
      i++;
    });
    return isContiguous ? undefined : places;
  }
}
