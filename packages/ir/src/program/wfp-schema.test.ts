// Keeps `wfp-schema.ts` equal to `wfp.proto`; BLESS=1 writes it anew.
import { readFileSync, writeFileSync } from "node:fs";
import protobuf from "protobufjs";
import { expect, test } from "vitest";
import { WFP_SCHEMA } from "./wfp-schema.ts";

const HEADER = `// Generated from wfp.proto by wfp-schema.test.ts with BLESS=1, so that no file is read at run time. Do not edit.
import type protobuf from "protobufjs/light.js";

`;

test("the embedded schema is that of wfp.proto", () => {
  const proto = readFileSync(new URL("wfp.proto", import.meta.url), "utf8");
  const schema = protobuf.parse(proto).root.toJSON();
  if (process.env["BLESS"] === "1" && process.env["CI"] === undefined) {
    const source = `${HEADER}export const WFP_SCHEMA: protobuf.INamespace = ${JSON.stringify(schema, null, 2)};\n`;
    writeFileSync(new URL("wfp-schema.ts", import.meta.url), source);
  } else {
    expect(WFP_SCHEMA).toEqual(schema);
  }
});
