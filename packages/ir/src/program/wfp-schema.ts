// Generated from wfp.proto by wfp-schema.test.ts with BLESS=1, so that no file is read at run time. Do not edit.
import type protobuf from "protobufjs/light.js";

export const WFP_SCHEMA: protobuf.INamespace = {
  nested: {
    waferc: {
      nested: {
        ProgramFile: {
          fields: {
            magic: {
              type: "fixed32",
              id: 1,
            },
            version: {
              type: "uint32",
              id: 2,
            },
            program: {
              type: "Program",
              id: 3,
            },
          },
        },
        Program: {
          fields: {
            name: {
              type: "string",
              id: 1,
            },
            machine: {
              type: "Machine",
              id: 2,
            },
            tensors: {
              rule: "repeated",
              type: "Tensor",
              id: 3,
            },
            kernels: {
              rule: "repeated",
              type: "Kernel",
              id: 4,
            },
            entries: {
              rule: "repeated",
              type: "Entry",
              id: 5,
            },
          },
        },
        Machine: {
          fields: {
            name: {
              type: "string",
              id: 1,
            },
            sha256: {
              type: "bytes",
              id: 2,
            },
            width: {
              type: "uint32",
              id: 3,
            },
            height: {
              type: "uint32",
              id: 4,
            },
          },
        },
        ElementType: {
          values: {
            F32: 0,
            I32: 1,
          },
        },
        Tensor: {
          fields: {
            name: {
              type: "string",
              id: 1,
            },
            type: {
              type: "ElementType",
              id: 2,
            },
            shape: {
              rule: "repeated",
              type: "uint32",
              id: 3,
            },
            sha256: {
              type: "bytes",
              id: 4,
            },
          },
        },
        Kernel: {
          fields: {
            name: {
              type: "string",
              id: 1,
            },
            template: {
              type: "string",
              id: 2,
            },
            loc: {
              rule: "repeated",
              type: "string",
              id: 3,
            },
          },
        },
        Entry: {
          fields: {
            name: {
              type: "string",
              id: 1,
            },
            steps: {
              rule: "repeated",
              type: "Step",
              id: 2,
            },
            codes: {
              rule: "repeated",
              type: "Code",
              id: 3,
            },
            classes: {
              rule: "repeated",
              type: "CoreClass",
              id: 4,
            },
            routes: {
              rule: "repeated",
              type: "Route",
              id: 5,
            },
            streams: {
              rule: "repeated",
              type: "Stream",
              id: 6,
            },
          },
        },
        Step: {
          fields: {
            name: {
              type: "string",
              id: 1,
            },
            min: {
              type: "sint32",
              id: 2,
            },
            max: {
              type: "sint32",
              id: 3,
            },
          },
        },
        Code: {
          fields: {
            name: {
              type: "string",
              id: 1,
            },
            colors: {
              rule: "repeated",
              type: "string",
              id: 2,
            },
            params: {
              rule: "repeated",
              type: "string",
              id: 3,
            },
            buffers: {
              rule: "repeated",
              type: "Buffer",
              id: 4,
            },
            bindings: {
              rule: "repeated",
              type: "Binding",
              id: 5,
            },
            body: {
              rule: "repeated",
              type: "Instruction",
              id: 6,
            },
          },
        },
        Buffer: {
          fields: {
            name: {
              type: "string",
              id: 1,
            },
            type: {
              type: "ElementType",
              id: 2,
            },
            address: {
              type: "uint32",
              id: 3,
            },
            elements: {
              type: "uint32",
              id: 4,
            },
            persistent: {
              type: "bool",
              id: 5,
            },
          },
        },
        Binding: {
          fields: {
            buffer: {
              type: "uint32",
              id: 1,
            },
            offset: {
              type: "Expr",
              id: 2,
            },
            dims: {
              rule: "repeated",
              type: "BindingDim",
              id: 3,
            },
            tensor: {
              type: "uint32",
              id: 4,
            },
            start: {
              rule: "repeated",
              type: "Expr",
              id: 5,
            },
          },
        },
        BindingDim: {
          fields: {
            count: {
              type: "Expr",
              id: 1,
            },
            stride: {
              type: "sint32",
              id: 2,
            },
            tensorDim: {
              type: "uint32",
              id: 3,
            },
            step: {
              type: "sint32",
              id: 4,
            },
          },
        },
        Expr: {
          fields: {
            kind: {
              type: "Kind",
              id: 1,
            },
            value: {
              type: "sint32",
              id: 2,
            },
            name: {
              type: "string",
              id: 3,
            },
            args: {
              rule: "repeated",
              type: "Expr",
              id: 4,
            },
          },
          nested: {
            Kind: {
              values: {
                CONST: 0,
                VAR: 1,
                ADD: 2,
                MUL: 3,
                MUL_PARAM: 4,
                FLOORDIV: 5,
                MOD: 6,
                MIN: 7,
                MAX: 8,
              },
            },
          },
        },
        View: {
          fields: {
            buffer: {
              type: "uint32",
              id: 1,
            },
            offset: {
              type: "Expr",
              id: 2,
            },
            dims: {
              rule: "repeated",
              type: "ViewDim",
              id: 3,
            },
          },
        },
        ViewDim: {
          fields: {
            count: {
              type: "Expr",
              id: 1,
            },
            stride: {
              type: "sint32",
              id: 2,
            },
          },
        },
        Source: {
          oneofs: {
            operand: {
              oneof: ["view", "literal", "index"],
            },
          },
          fields: {
            view: {
              type: "View",
              id: 1,
            },
            literal: {
              type: "double",
              id: 2,
            },
            index: {
              type: "Expr",
              id: 3,
            },
          },
        },
        Port: {
          values: {
            NORTH: 0,
            EAST: 1,
            SOUTH: 2,
            WEST: 3,
            RAMP: 4,
          },
        },
        Rule: {
          fields: {
            from: {
              type: "Port",
              id: 1,
            },
            to: {
              rule: "repeated",
              type: "Port",
              id: 2,
            },
            transit: {
              type: "bool",
              id: 3,
            },
          },
        },
        Op: {
          values: {
            FILL: 0,
            IOTA: 1,
            COPY: 2,
            CAST: 3,
            UNARY: 4,
            BINARY: 5,
            COMPARE: 6,
            SELECT: 7,
            REDUCE: 8,
            MATMUL: 9,
            SEND: 10,
            RECV: 11,
            RECV_REDUCE: 12,
            DROP: 13,
            FORWARD: 14,
            WAIT: 15,
            BIND: 16,
            ADVANCE: 17,
            CLOSE: 18,
            OPEN: 19,
            REPEAT: 20,
          },
        },
        Fn: {
          values: {
            NONE: 0,
            NEG: 1,
            ABS: 2,
            EXP: 3,
            LOG: 4,
            ERF: 5,
            TANH: 6,
            SIN: 7,
            COS: 8,
            SQRT: 9,
            RSQRT: 10,
            RECIP: 11,
            FLOOR: 12,
            FN_ADD: 20,
            SUB: 21,
            FN_MUL: 22,
            DIV: 23,
            FN_MIN: 24,
            FN_MAX: 25,
            EQ: 30,
            NE: 31,
            LT: 32,
            LE: 33,
            GT: 34,
            GE: 35,
            PASS: 40,
            STORE: 41,
          },
        },
        Instruction: {
          oneofs: {
            _thread: {
              oneof: ["thread"],
            },
          },
          fields: {
            op: {
              type: "Op",
              id: 1,
            },
            kernel: {
              type: "uint32",
              id: 2,
            },
            fn: {
              type: "Fn",
              id: 3,
            },
            dst: {
              type: "View",
              id: 4,
            },
            sources: {
              rule: "repeated",
              type: "Source",
              id: 5,
            },
            value: {
              type: "double",
              id: 6,
            },
            count: {
              type: "Expr",
              id: 7,
            },
            step: {
              type: "sint32",
              id: 8,
            },
            fused: {
              type: "bool",
              id: 9,
            },
            color: {
              type: "uint32",
              id: 10,
            },
            to: {
              type: "uint32",
              id: 11,
            },
            thread: {
              type: "uint32",
              id: 12,
              options: {
                proto3_optional: true,
              },
            },
            queue: {
              type: "uint32",
              id: 13,
            },
            isOutput: {
              type: "bool",
              id: 14,
            },
            rules: {
              rule: "repeated",
              type: "Rule",
              id: 15,
            },
            variable: {
              type: "string",
              id: 16,
            },
            body: {
              rule: "repeated",
              type: "Instruction",
              id: 17,
            },
          },
        },
        Rect: {
          fields: {
            x: {
              type: "uint32",
              id: 1,
            },
            y: {
              type: "uint32",
              id: 2,
            },
            w: {
              type: "uint32",
              id: 3,
            },
            h: {
              type: "uint32",
              id: 4,
            },
            dx: {
              type: "uint32",
              id: 5,
            },
            dy: {
              type: "uint32",
              id: 6,
            },
          },
        },
        Param: {
          fields: {
            expr: {
              type: "Expr",
              id: 1,
            },
            table: {
              rule: "repeated",
              type: "sint32",
              id: 2,
            },
          },
        },
        CoreClass: {
          fields: {
            name: {
              type: "string",
              id: 1,
            },
            code: {
              type: "uint32",
              id: 2,
            },
            cores: {
              rule: "repeated",
              type: "Rect",
              id: 3,
            },
            colors: {
              rule: "repeated",
              type: "uint32",
              id: 4,
            },
            params: {
              rule: "repeated",
              type: "Param",
              id: 5,
            },
          },
        },
        Route: {
          fields: {
            color: {
              type: "uint32",
              id: 1,
            },
            cores: {
              rule: "repeated",
              type: "Rect",
              id: 2,
            },
            rules: {
              rule: "repeated",
              type: "Rule",
              id: 3,
            },
            position: {
              type: "uint32",
              id: 4,
            },
            closed: {
              type: "bool",
              id: 5,
            },
          },
        },
        Stream: {
          fields: {
            name: {
              type: "string",
              id: 1,
            },
            isOutput: {
              type: "bool",
              id: 2,
            },
            color: {
              type: "uint32",
              id: 3,
            },
            x: {
              type: "uint32",
              id: 4,
            },
            y: {
              type: "uint32",
              id: 5,
            },
            side: {
              type: "Port",
              id: 6,
            },
            tensor: {
              type: "string",
              id: 7,
            },
            type: {
              type: "ElementType",
              id: 8,
            },
            shape: {
              rule: "repeated",
              type: "uint32",
              id: 9,
            },
          },
        },
      },
    },
  },
};
