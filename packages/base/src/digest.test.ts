import { describe, expect, it } from "vitest";
import { Sha256, sha256 } from "./digest.ts";

const ascii = (text: string) => new TextEncoder().encode(text);

describe("sha256", () => {
  // Examples of FIPS 180-4 as published by NIST, and the empty message.
  it.each([
    ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    [
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ],
    ["a".repeat(1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
  ])("agrees with the standard (case %#)", (message, expected) => {
    expect(sha256(ascii(message))).toBe(expected);
  });

  it("does not depend on how the bytes are cut", () => {
    const bytes = ascii("0123456789".repeat(30));
    for (let cut = 0; cut <= bytes.length; cut += 7) {
      for (const second of [cut, cut + 1, cut + 64, cut + 65]) {
        const pieces = [bytes.subarray(0, cut), bytes.subarray(cut, second), bytes.subarray(second)];
        const hash = new Sha256();
        for (const piece of pieces) hash.update(piece);
        expect(hash.hex()).toBe(sha256(bytes));
      }
    }
  });
});
