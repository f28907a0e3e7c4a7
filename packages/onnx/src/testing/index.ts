// What tests and the fuzzer need: small models, and messages encoded by the schema.
export { decodeMessage } from "../decode-message.ts";
export type { Messages, ModelProto } from "../proto.ts";
export { fieldsOf, isMessageKind, wireTypeOf } from "../schema.ts";
export type { Field, MessageName } from "../schema.ts";
export { ScalarRun } from "../scalar-run.ts";
export { encodeMessage } from "./encode-message.ts";
export type { Draft } from "./encode-message.ts";
export { attribute, modelBytes, node, tensorType } from "./model.ts";
export type { AttributeDraft, FunctionDraft, GraphDraft, ModelDraft, NodeDraft } from "./model.ts";
export { scanWire } from "../wire.ts";
