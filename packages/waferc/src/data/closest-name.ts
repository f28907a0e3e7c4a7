// "Did you mean": the nearest of a list of names.

/** The candidate with the fewest edits from `name`, if they are few; ties go to the earlier. */
export function closestName(name: string, candidates: Iterable<string>): string | undefined {
  let closest: string | undefined;
  let fewest = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const edits = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (edits < fewest) [closest, fewest] = [candidate, edits];
  }
  return closest;
}

/** A help line with the nearest name, or none. */
export function didYouMean(name: string, candidates: Iterable<string>): string[] {
  const closest = closestName(name, candidates);
  return closest === undefined ? [] : [`did you mean "${closest}"?`];
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
