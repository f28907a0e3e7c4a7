/**
 * Affine views of a tensor's row-major elements: element `idx` of the view is `flat[offset + sum idx[d] * strides[d]]`. Transposes, slices,
 * broadcasts and reshapes compose without moving data for as long as the result is affine; only what a kernel reads is materialised, in one
 * step. Strides of dimensions of length 1 are 0, so that equal views have equal fields.
 */
export interface AffineView {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

function normalized(shape: readonly number[], strides: readonly number[], offset: number): AffineView {
  return { shape, strides: strides.map((stride, d) => (shape[d] === 1 ? 0 : stride)), offset };
}

export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let d = shape.length - 2; d >= 0; d--) strides[d] = (strides[d + 1] ?? 1) * (shape[d + 1] ?? 1);
  return strides;
}

export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** The view of all elements in their order. */
export function identityView(shape: readonly number[]): AffineView {
  return normalized(shape, rowMajorStrides(shape), 0);
}

/** Whether the view has all of `elements` elements in their order, whatever its shape. */
export function isWholeView(view: AffineView, elements: number): boolean {
  const identity = identityView(view.shape);
  return (
    view.offset === 0 &&
    elementsOf(view.shape) === elements &&
    view.strides.every((stride, d) => stride === identity.strides[d])
  );
}

/** Dimension i of the result is dimension `perm[i]` of the view. */
export function transposeView({ shape, strides, offset }: AffineView, perm: readonly number[]): AffineView {
  const pick = (list: readonly number[]) => perm.map((d) => list[d] ?? 1);
  return normalized(pick(shape), pick(strides), offset);
}

/** `count` elements along an axis from `start` on, `step` apart. */
export function sliceView(
  { shape, strides, offset }: AffineView,
  axis: number,
  { start, count, step }: { readonly start: number; readonly count: number; readonly step: number },
): AffineView {
  const stride = strides[axis] ?? 0;
  return normalized(shape.with(axis, count), strides.with(axis, stride * step), offset + start * stride);
}

/** The view broadcast to `shape`, numpy's way. */
export function expandView({ shape, strides, offset }: AffineView, target: readonly number[]): AffineView {
  const shift = target.length - shape.length;
  const expanded = target.map((length, d) => (shape[d - shift] === length ? (strides[d - shift] ?? 0) : 0));
  return normalized(target, expanded, offset);
}

/** The view without one axis, of which it keeps element `index`. */
export function selectView(view: AffineView, axis: number, index: number): AffineView {
  const { shape, strides, offset } = sliceView(view, axis, { start: index, count: 1, step: 1 });
  const first = offset;
  return normalized(shape.toSpliced(axis, 1), strides.toSpliced(axis, 1), first);
}

/** The view under another shape; undefined if the result is not affine, so that the view must be materialised first. */
export function reshapeView({ shape, strides, offset }: AffineView, target: readonly number[]): AffineView | undefined {
  const from = shape.flatMap((length, d) => (length === 1 ? [] : [{ length, stride: strides[d] ?? 0 }]));
  const result = target.map(() => 0);
  let taken = 0;
  for (let d = 0; d < target.length;) {
    if (target[d] === 1) {
      d += 1;
      continue;
    }
    const group = matchGroup(from, taken, target, d);
    if (group === undefined) return undefined;
    let stride = from[group.fromEnd - 1]?.stride ?? 0;
    for (let i = group.targetEnd - 1; i >= d; i--) {
      result[i] = stride;
      stride *= target[i] ?? 1;
    }
    taken = group.fromEnd;
    d = group.targetEnd;
  }
  return normalized(target, result, offset);
}

/** The shortest runs of dimensions from `taken` and `d` on with equal products, if the source's run is one affine dimension. */
function matchGroup(
  from: readonly { readonly length: number; readonly stride: number }[],
  taken: number,
  target: readonly number[],
  d: number,
): { readonly fromEnd: number; readonly targetEnd: number } | undefined {
  let [fromEnd, targetEnd] = [taken + 1, d + 1];
  let [product, wanted] = [from[taken]?.length ?? 1, target[d] ?? 1];
  while (product !== wanted) {
    if (product < wanted) {
      const [outer, inner] = [from[fromEnd - 1], from[fromEnd]];
      if (outer === undefined || inner === undefined || outer.stride !== inner.stride * inner.length) return undefined;
      product *= inner.length;
      fromEnd += 1;
    } else {
      if (targetEnd >= target.length) return undefined;
      wanted *= target[targetEnd] ?? 1;
      targetEnd += 1;
    }
  }
  return { fromEnd, targetEnd };
}
