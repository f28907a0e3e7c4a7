// Views: what a chain of Reshape, Transpose and Expand does to the elements of its source, as an algebra on factors.
// Every dimension of source and result is a row-major product of factors; a factor of the result that the source lacks is
// a repetition (Expand). Factors of length 1 are dropped, so two chains that move the elements alike have equal views even
// when they move unit dimensions differently: exporters write a head split or a K transpose in a dozen ways, and all of
// them are one view. Leaves out slices and concatenations, and reshapes that cut a factor unevenly (4 x 6 as 3 x 8).

/** A length above 1 that is never cut in the view at hand. Identity counts, not length. */
export interface Factor {
  readonly length: number;
  /** Exists in the result only: each element of the source is repeated along it. */
  readonly isRepeat: boolean;
}

export type FactorDims = readonly (readonly Factor[])[];

export interface View {
  readonly source: FactorDims;
  readonly result: FactorDims;
}

const factorOf = (length: number, isRepeat = false): readonly Factor[] => (length === 1 ? [] : [{ length, isRepeat }]);

/** Product of the lengths. */
export const lengthOf = (factors: readonly Factor[]): number =>
  factors.reduce((product, factor) => product * factor.length, 1);

/** The view that changes nothing. Shapes with a 0 have no views: undefined. */
export function identityView(shape: readonly number[]): View | undefined {
  if (shape.some((length) => length < 1)) return undefined;
  const dims = shape.map((length) => factorOf(length));
  return { source: dims, result: dims };
}

/** Lengths of the result's dimensions. */
export function viewShape(view: View): number[] {
  return view.result.map(lengthOf);
}

function replaceFactor(dims: FactorDims, factor: Factor, parts: readonly Factor[]): FactorDims {
  return dims.map((dim) => dim.flatMap((one) => (one === factor ? parts : [one])));
}

/** The view followed by a reshape; undefined if the new dimensions cut a factor unevenly. */
export function reshapeView(view: View, shape: readonly number[]): View | undefined {
  let source = view.source;
  const queue = view.result.flat();
  const result: Factor[][] = [];
  for (const length of shape) {
    const dim: Factor[] = [];
    let missing = length;
    while (missing > 1) {
      const next = queue.shift();
      if (next === undefined) return undefined;
      if (missing % next.length === 0) {
        dim.push(next);
        missing /= next.length;
      } else if (next.length % missing === 0) {
        const outer: Factor = { length: missing, isRepeat: next.isRepeat };
        const inner: Factor = { length: next.length / missing, isRepeat: next.isRepeat };
        source = replaceFactor(source, next, [outer, inner]);
        queue.unshift(inner);
        dim.push(outer);
        missing = 1;
      } else {
        return undefined;
      }
    }
    result.push(dim);
  }
  return queue.length === 0 ? { source, result } : undefined;
}

/** The view followed by a transpose: dimension i of the new result is dimension `perm[i]` of the old one. */
export function transposeView(view: View, perm: readonly number[]): View {
  return { source: view.source, result: perm.map((from) => view.result[from] ?? []) };
}

/** The view followed by a broadcast to `shape`, which must be the broadcast result itself. */
export function expandView(view: View, shape: readonly number[]): View {
  const shift = shape.length - view.result.length;
  const result = shape.map((length, axis) => {
    const dim = view.result[axis - shift] ?? [];
    return dim.length === 0 ? factorOf(length, true) : dim;
  });
  return { source: view.source, result };
}

/** The view followed by a tiling: dimension i comes `repeats[i]` times, one whole after the other. */
export function tileView(view: View, repeats: readonly number[]): View {
  const result = view.result.map((dim, axis) => [...factorOf(repeats[axis] ?? 1, true), ...dim]);
  return { source: view.source, result };
}

/** The view with each index along an axis `times` times, side by side. */
export function repeatView(view: View, axis: number, times: number): View {
  const result = view.result.map((dim, i) => (i === axis ? [...dim, ...factorOf(times, true)] : dim));
  return { source: view.source, result };
}

/**
 * The same view of a source whose dimension `axis` has another length, such as one part of a concatenation along it. Undefined if
 * that dimension is cut or moved apart in the result.
 */
export function resizeSource(view: View, axis: number, length: number): View | undefined {
  const old = view.source[axis] ?? [];
  const [first] = old;
  if (first === undefined) return undefined;
  const fresh = factorOf(length);
  let isFound = false;
  const result = view.result.map((dim) => {
    const at = dim.indexOf(first);
    if (at < 0 || old.some((factor, i) => dim[at + i] !== factor)) return dim;
    isFound = true;
    return [...dim.slice(0, at), ...fresh, ...dim.slice(at + old.length)];
  });
  return isFound ? { source: view.source.map((dim, i) => (i === axis ? fresh : dim)), result } : undefined;
}

/** What the factors of an older state of a view became when later reshapes cut them: source dimensions only ever get finer. */
export function refineFactors(older: View, newer: View): (dims: FactorDims) => FactorDims {
  const parts = new Map<Factor, readonly Factor[]>();
  const queue = newer.source.flat();
  for (const factor of older.source.flat()) {
    const list: Factor[] = [];
    while (lengthOf(list) < factor.length) list.push(...queue.splice(0, 1));
    parts.set(factor, list);
  }
  return (dims) => dims.map((dim) => dim.flatMap((factor) => parts.get(factor) ?? [factor]));
}

/** The same elements under other dimensions, given as lists of this view's own factors. */
export function regroupView(view: View, result: FactorDims): View {
  return { source: view.source, result };
}

/** One step of an emitted view. */
export type ViewStep =
  | { readonly kind: "reshape"; readonly shape: readonly number[] }
  | { readonly kind: "transpose"; readonly perm: readonly number[] }
  | { readonly kind: "expand"; readonly shape: readonly number[] };

const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((length, axis) => length === b[axis]);

/** The fewest steps from the source's shape to the view: at most reshape, transpose, reshape, expand, reshape. */
export function planView(view: View): readonly ViewStep[] {
  const steps: ViewStep[] = [];
  const order = view.source.flat();
  const kept = view.result.flat().filter((factor) => !factor.isRepeat);
  let shape: readonly number[] = view.source.map(lengthOf);
  const reshape = (to: readonly number[]): void => {
    if (!sameShape(shape, to)) steps.push({ kind: "reshape", shape: to });
    shape = to;
  };
  if (kept.some((factor, i) => factor !== order[i])) {
    const split = splitForTranspose(view.result, order);
    reshape(split.shape);
    steps.push({ kind: "transpose", perm: split.perm });
    shape = split.perm.map((axis) => shape[axis] ?? 1);
  }
  if (view.result.some((dim) => dim.some((factor) => factor.isRepeat))) {
    const { narrow, wide } = expandShapes(view.result);
    reshape(narrow);
    steps.push({ kind: "expand", shape: wide });
    shape = wide;
  }
  reshape(viewShape(view));
  return steps;
}

/**
 * The shape to transpose in, and the permutation. Result dimensions stay whole where their factors follow each other in the
 * source, and unit dimensions stay where they are, so that a head split with a batch of 1 still is [1, seq, heads, headDim].
 */
function splitForTranspose(result: FactorDims, order: readonly Factor[]): { shape: number[]; perm: number[] } {
  const dims = result.flatMap((dim) =>
    contiguousRuns(
      dim.filter((factor) => !factor.isRepeat),
      order,
    ),
  );
  const firstOf = (dim: readonly Factor[]): number => (dim[0] === undefined ? -1 : order.indexOf(dim[0]));
  const axes = dims.map((_, axis) => axis).sort((a, b) => firstOf(dims[a] ?? []) - firstOf(dims[b] ?? []) || a - b);
  return { shape: axes.map((axis) => lengthOf(dims[axis] ?? [])), perm: dims.map((_, axis) => axes.indexOf(axis)) };
}

/** Cuts a dimension where its factors do not follow each other in `order`; an empty one stays one empty run. */
function contiguousRuns(dim: readonly Factor[], order: readonly Factor[]): Factor[][] {
  const runs: Factor[][] = [[]];
  for (const factor of dim) {
    const run = runs.at(-1) ?? [];
    const last = run.at(-1);
    if (last === undefined || order[order.indexOf(last) + 1] === factor) run.push(factor);
    else runs.push([factor]);
  }
  return runs;
}

/** Shapes around an Expand: every run of repeated or kept factors is a dimension of its own. */
function expandShapes(result: FactorDims): { narrow: number[]; wide: number[] } {
  const narrow: number[] = [];
  const wide: number[] = [];
  for (const dim of result) {
    if (dim.length === 0) {
      narrow.push(1);
      wide.push(1);
      continue;
    }
    for (let start = 0, end = 0; start < dim.length; start = end) {
      const isRepeat = dim[start]?.isRepeat === true;
      while (end < dim.length && (dim[end]?.isRepeat === true) === isRepeat) end += 1;
      const length = lengthOf(dim.slice(start, end));
      narrow.push(isRepeat ? 1 : length);
      wide.push(length);
    }
  }
  return { narrow, wide };
}
