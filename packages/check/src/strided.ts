// Sets of elements that views with known numbers address: extents, whether an element comes twice, whether two sets meet. Exact.

/** Elements at start + sum of i_d * strides[d], 0 <= i_d < counts[d]. */
export interface StridedSet {
  readonly start: number;
  readonly counts: readonly number[];
  readonly strides: readonly number[];
}

export function isEmptySet({ counts }: StridedSet): boolean {
  return counts.some((count) => count <= 0);
}

/** First and last element of a set that is not empty. */
export function extentOf({ start, counts, strides }: StridedSet): { readonly first: number; readonly last: number } {
  let [first, last] = [start, start];
  for (const [d, count] of counts.entries()) {
    const reach = (count - 1) * strides[d]!;
    if (reach < 0) first += reach;
    else last += reach;
  }
  return { first, last };
}

/** Sufficient for no element to come twice: each stride is longer than all that the shorter ones reach. */
export function areStridesSeparate(counts: readonly number[], strides: readonly number[]): boolean {
  const dims = counts
    .map((count, d) => ({ count, stride: Math.abs(strides[d]!) }))
    .filter(({ count }) => count > 1)
    .sort((a, b) => a.stride - b.stride);
  let reach = 0;
  for (const { count, stride } of dims) {
    if (stride <= reach) return false;
    reach += (count - 1) * stride;
  }
  return true;
}

/** An element that comes twice; undefined if none does. */
export function repeatedElement(set: StridedSet): number | undefined {
  if (isEmptySet(set) || areStridesSeparate(set.counts, set.strides)) return undefined;
  const seen = new Set<number>();
  let repeated: number | undefined;
  forEachElement(set, (element) => {
    if (seen.has(element)) repeated = element;
    seen.add(element);
    return repeated !== undefined;
  });
  return repeated;
}

/** An element that is in both sets; undefined if there is none. */
export function commonElement(a: StridedSet, b: StridedSet): number | undefined {
  if (isEmptySet(a) || isEmptySet(b)) return undefined;
  const [left, right] = [extentOf(a), extentOf(b)];
  if (left.last < right.first || right.last < left.first) return undefined;
  const step = gcdOf(a, b);
  if (step > 1 && (a.start - b.start) % step !== 0) return undefined;
  // Rows that interleave: compare modulo nothing, but only elements of the shared extent.
  const [first, last] = [Math.max(left.first, right.first), Math.min(left.last, right.last)];
  if (isDense(a, left) || isDense(b, right)) {
    const other = isDense(a, left) ? b : a;
    return findElement(other, (element) => element >= first && element <= last);
  }
  const inA = new Uint8Array(last - first + 1);
  forEachElement(withoutRepeats(a), (element) => {
    if (element >= first && element <= last) inA[element - first] = 1;
    return false;
  });
  return findElement(withoutRepeats(b), (element) => element >= first && element <= last && inA[element - first] === 1);
}

/** Whether the set is all of its extent. */
function isDense({ counts, strides }: StridedSet, { first, last }: { first: number; last: number }): boolean {
  let size = 1;
  for (const [d, count] of counts.entries()) if (strides[d] !== 0) size *= count;
  return areStridesSeparate(
    counts.map((count, d) => (strides[d] === 0 ? 1 : count)),
    strides,
  )
    ? size === last - first + 1
    : false;
}

function withoutRepeats({ start, counts, strides }: StridedSet): StridedSet {
  return { start, counts: counts.map((count, d) => (strides[d] === 0 ? 1 : count)), strides };
}

function findElement(set: StridedSet, matches: (element: number) => boolean): number | undefined {
  let found: number | undefined;
  forEachElement(withoutRepeats(set), (element) => {
    if (matches(element)) found = element;
    return found !== undefined;
  });
  return found;
}

/** Visits elements in view order until `visit` returns true. */
function forEachElement({ start, counts, strides }: StridedSet, visit: (element: number) => boolean): void {
  const enter = (depth: number, at: number): boolean => {
    if (depth === counts.length) return visit(at);
    for (let i = 0; i < counts[depth]!; i++) if (enter(depth + 1, at + i * strides[depth]!)) return true;
    return false;
  };
  enter(0, start);
}

function gcdOf(...sets: readonly StridedSet[]): number {
  let result = 0;
  for (const { counts, strides } of sets) {
    for (const [d, count] of counts.entries()) {
      if (count <= 1) continue;
      for (let [a, b] = [result, Math.abs(strides[d]!)]; ; [a, b] = [b, a % b]) {
        if (b !== 0) continue;
        result = a;
        break;
      }
    }
  }
  return result;
}
