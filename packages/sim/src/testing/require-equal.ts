// Deep equality for tests, by text: typed arrays compare by their bits, so that NaN payloads and the sign of zero count.

/** Throws an error that shows both values if they differ. */
export function requireEqual(what: string, found: unknown, expected: unknown): void {
  const [left, right] = [textOf(found), textOf(expected)];
  if (left === right) return;
  let at = 0;
  while (left[at] === right[at]) at++;
  const around = (text: string) => text.slice(Math.max(0, at - 60), at + 60);
  throw new Error(`${what} differs: .. ${around(left)} .. instead of .. ${around(right)} ..`);
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (item instanceof Map) return [...item];
    if (!ArrayBuffer.isView(item)) return item;
    if (item instanceof Float64Array || item instanceof Uint16Array) return Array.from(item);
    return Array.from(new Int32Array(item.buffer, item.byteOffset, item.byteLength / 4));
  });
}
