// Reads tar archives in memory (POSIX ustar, with GNU and pax long names): the test data of the ONNX project comes in them.
// Nothing is written anywhere, so a hostile name can do no harm; links and devices are left out.

const BLOCK_BYTES = 512;

/** Files by path, as views of the archive. */
export function readTar(archive: Uint8Array): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  let longName: string | undefined;
  for (let at = 0; at + BLOCK_BYTES <= archive.length;) {
    const header = archive.subarray(at, at + BLOCK_BYTES);
    if (header.every((byte) => byte === 0)) break;
    const byteLength = parseInt(textOf(header, 124, 12), 8) || 0;
    const data = archive.subarray(at + BLOCK_BYTES, at + BLOCK_BYTES + byteLength);
    if (data.length < byteLength) throw new RangeError(`the archive ends within ${nameOf(header)}`);
    const type = String.fromCharCode(header[156] ?? 0);
    if (type === "L") longName = textOf(data, 0, data.length);
    else if (type === "x") longName = paxPath(data) ?? longName;
    else {
      if (type === "0" || type === "\0") files.set((longName ?? nameOf(header)).replace(/^\.\//, ""), data);
      longName = undefined;
    }
    at += BLOCK_BYTES * (1 + Math.ceil(byteLength / BLOCK_BYTES));
  }
  return files;
}

function textOf(bytes: Uint8Array, start: number, length: number): string {
  const field = bytes.subarray(start, start + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end)).trim();
}

function nameOf(header: Uint8Array): string {
  const prefix = textOf(header, 345, 155);
  const name = textOf(header, 0, 100);
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** The `path` record of a pax header, whose lines are "LENGTH KEY=VALUE". */
function paxPath(data: Uint8Array): string | undefined {
  return /^\d+ path=(.*)$/m.exec(new TextDecoder().decode(data))?.[1];
}
