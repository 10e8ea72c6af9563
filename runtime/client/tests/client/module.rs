//! A lazy module as assembly: stubs, slots, record, import table, and a payload for the fake daemon.

use crate::fake_daemon::{FRAME, IMPORT};
use autojit_protocol::record::{Fnv1a, ModuleRecord, RECORD_MAGIC};
use std::fmt::Write;

/// What a test's module consists of.
#[derive(Default)]
pub struct Module {
    /// Tells it from others.
    pub name: &'static str,
    pub functions: Vec<Function>,
    /// Expressions like `data - .` or `puts@PLT - .`.
    pub direct: Vec<&'static str>,
    /// Symbols to reach through the GOT; weak references.
    pub indirect: Vec<&'static str>,
    /// Bytes of payload.
    pub payload: usize,
}

pub struct Function {
    pub name: String,
    pub body: String,
    pub framed: bool,
}

impl Module {
    pub fn new(name: &'static str) -> Module {
        Module { name, payload: 8192, ..Module::default() }
    }

    pub fn function(mut self, name: impl Into<String>, body: impl Into<String>) -> Module {
        self.functions.push(Function { name: name.into(), body: body.into(), framed: false });
        self
    }

    /// A function that starts with `subq $8, %rsp` and throws or lets throw.
    pub fn framed(mut self, name: impl Into<String>, body: impl Into<String>) -> Module {
        self.functions.push(Function { name: name.into(), body: body.into(), framed: true });
        self
    }

    /// Functions `plus_0` to `plus_{n-1}`: argument plus N.
    pub fn pluses(mut self, n: usize) -> Module {
        for i in 0..n {
            self = self.function(format!("plus_{i}"), format!("leal {i}(%rdi), %eax\nret\n"));
        }
        self
    }

    pub fn assembly(&self) -> String {
        let name = self.name;
        let mut s = String::from(".text\n");
        for (i, f) in self.functions.iter().enumerate() {
            let (f, at) = (&f.name, 8 * (i + 1));
            write!(
                s,
                ".globl {f}\n.type {f}, @function\n{f}:\n.cfi_startproc\nmovq {name}_block+{at}(%rip), %r11\n\
                 testq %r11, %r11\nje 1f\njmpq *%r11\n1: leaq {name}_block+{at}(%rip), %r11\n\
                 jmp {name}_trampoline\n.cfi_endproc\n.size {f}, . - {f}\n"
            )
            .unwrap();
        }
        write!(
            s,
            "{name}_trampoline:\n.cfi_startproc\npushq %r11\n.cfi_adjust_cfa_offset 8\n\
             leaq {name}_record(%rip), %r11\njmp __autojit_materialize\n.cfi_endproc\n\
             .hidden __autojit_materialize\n.section .note.GNU-stack,\"\",@progbits\n\
             .section .bss.autojit,\"aw\",@nobits\n.p2align 3\n{name}_block: .zero {}\n\
             .section .autojit,\"a\",@progbits\n.p2align 4\n{name}_record:\n",
            8 * (self.functions.len() + 1)
        )
        .unwrap();
        let header = self.header();
        let bytes = |s: &mut String, bytes: &[u8]| {
            let list: Vec<_> = bytes.iter().map(u8::to_string).collect();
            writeln!(s, ".byte {}", list.join(",")).unwrap();
        };
        bytes(&mut s, &header.magic);
        writeln!(
            s,
            ".long {}, {}, {}, {}\n.quad {}",
            header.checksum, header.import_count, header.direct_count, header.slot_count, header.payload_size
        )
        .unwrap();
        bytes(&mut s, &header.hash);
        writeln!(s, ".long {name}_block - .\n.long {name}_trampoline - .\n.long 0, 0").unwrap();
        for expression in &self.direct {
            writeln!(s, ".long {expression}").unwrap();
        }
        for symbol in &self.indirect {
            writeln!(s, ".weak {symbol}\n.long {symbol}@GOTPCREL").unwrap();
        }
        writeln!(s, ".p2align 4\n{name}_payload: .long {}", self.functions.len()).unwrap();
        for (i, f) in self.functions.iter().enumerate() {
            let flags = if f.framed { FRAME } else { 0 };
            writeln!(s, ".long .Lf{i} - {name}_payload, .Le{i} - .Lf{i}, {flags}").unwrap();
        }
        for (i, f) in self.functions.iter().enumerate() {
            writeln!(s, ".Lf{i}:\n{}.Le{i}:", f.body).unwrap();
        }
        writeln!(s, ".org {name}_payload + {}", self.payload).unwrap();
        s
    }

    fn header(&self) -> ModuleRecord {
        let mut hash = [0; 32];
        for (i, byte) in hash.iter_mut().enumerate() {
            let mut h = Fnv1a::new();
            h.write(self.name.as_bytes());
            h.write(&[i as u8]);
            *byte = h.finish() as u8;
        }
        let mut header = ModuleRecord {
            magic: RECORD_MAGIC,
            checksum: 0,
            import_count: (self.direct.len() + self.indirect.len()) as u32,
            direct_count: self.direct.len() as u32,
            slot_count: self.functions.len() as u32,
            payload_size: self.payload as u64,
            hash,
            slots_offset: 0,
            trampoline_offset: 0,
            late_offset: 0,
            references_offset: 0,
        };
        header.checksum = header.expected_checksum();
        header
    }
}

/// `movabsq` of an import's address into a register.
pub fn load(import: u64, register: &str) -> String {
    format!("movabsq ${:#x}, %{register}\n", IMPORT + import)
}
