//! The few operations on IR that the transform needs, over LLVM's C interface.
//!
//! inkwell wraps values in types per kind; the transform looks at the use lists of values of every kind, hundreds of
//! thousands of them, so it works on references. All FFI of this crate is here.
//!
//! SAFETY of the whole module: a [`Value`], [`Block`] or [`Type`] is only made from the one live module that the
//! transform was called with (`Ir::new`) or from another of them; nothing else touches that module or its context
//! meanwhile, and no value is destroyed while the transform runs, because bodies are detached and not deleted. The one
//! exception is [`Value::erase_instruction`], whose callers keep no instruction.
//! So every reference is valid for every call, and each call is made on a value of the kind that it is for.
#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "one contract for all calls, stated in the module's header"
)]

mod globals;
mod instructions;
mod module;

use crate::WriteBitcode;
use llvm_sys::comdat::{LLVMGetComdat, LLVMSetComdat};
use llvm_sys::core::*;
use llvm_sys::prelude::*;
use llvm_sys::target::{LLVMABISizeOfType, LLVMGetModuleDataLayout};
use llvm_sys::{
    LLVMAtomicOrdering, LLVMInlineAsmDialect, LLVMTailCallKind, LLVMUnnamedAddr, LLVMValueKind,
    LLVMVisibility,
};
pub use llvm_sys::{LLVMLinkage as Linkage, LLVMOpcode as Opcode, LLVMTypeKind as TypeKind};
use std::ffi::{CStr, c_char, c_int, c_void};

/// Any value: a global, a constant, an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Value(LLVMValueRef);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Block(LLVMBasicBlockRef);

#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Type(LLVMTypeRef);

/// The module under work.
#[derive(Clone, Copy)]
pub struct Ir(LLVMModuleRef);

/// What kind of value it is, as far as the transform tells them apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Function,
    Variable,
    Alias,
    Ifunc,
    Instruction,
    BlockAddress,
    OtherConstant,
    Other,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Visibility {
    Default,
    Hidden,
    Protected,
}

/// An iterator made of a first element and a successor function.
fn chain<T: Copy>(first: Option<T>, next: impl Fn(T) -> Option<T>) -> impl Iterator<Item = T> {
    std::iter::successors(first, move |&t| next(t))
}

fn value(raw: LLVMValueRef) -> Option<Value> {
    (!raw.is_null()).then_some(Value(raw))
}

fn block(raw: LLVMBasicBlockRef) -> Option<Block> {
    (!raw.is_null()).then_some(Block(raw))
}

fn bytes_to_string(text: *const libc_char, size: usize) -> String {
    if text.is_null() {
        return String::new();
    }
    String::from_utf8_lossy(unsafe { std::slice::from_raw_parts(text.cast::<u8>(), size) }).into_owned()
}

#[allow(non_camel_case_types, reason = "C's name")]
type libc_char = std::ffi::c_char;

impl Value {
    pub fn as_raw(self) -> LLVMValueRef {
        self.0
    }

    pub fn kind(self) -> Kind {
        use LLVMValueKind::*;
        match unsafe { LLVMGetValueKind(self.0) } {
            LLVMFunctionValueKind => Kind::Function,
            LLVMGlobalVariableValueKind => Kind::Variable,
            LLVMGlobalAliasValueKind => Kind::Alias,
            LLVMGlobalIFuncValueKind => Kind::Ifunc,
            // Also what the C interface has no kind for: `dso_local_equivalent`, `no_cfi`, `ptrauth`.
            LLVMInstructionValueKind if unsafe { LLVMIsAInstruction(self.0) }.is_null() => {
                Kind::OtherConstant
            }
            LLVMInstructionValueKind => Kind::Instruction,
            LLVMBlockAddressValueKind => Kind::BlockAddress,
            LLVMConstantExprValueKind
            | LLVMConstantArrayValueKind
            | LLVMConstantStructValueKind
            | LLVMConstantVectorValueKind => Kind::OtherConstant,
            _ => Kind::Other,
        }
    }

    pub fn name(self) -> String {
        let mut size = 0;
        let text = unsafe { LLVMGetValueName2(self.0, &mut size) };
        bytes_to_string(text, size)
    }

    pub fn set_name(self, name: &str) {
        unsafe { LLVMSetValueName2(self.0, name.as_ptr().cast(), name.len()) }
    }

    /// Those who use this value, one for each operand that is it.
    pub fn users(self) -> impl Iterator<Item = Value> {
        let first = unsafe { LLVMGetFirstUse(self.0) };
        let first = (!first.is_null()).then_some(first);
        chain(first, |u| {
            let next = unsafe { LLVMGetNextUse(u) };
            (!next.is_null()).then_some(next)
        })
        .map(|u| Value(unsafe { LLVMGetUser(u) }))
    }

    pub fn replace_all_uses_with(self, other: Value) {
        unsafe { LLVMReplaceAllUsesWith(self.0, other.0) }
    }

    pub fn type_of(self) -> Type {
        Type(unsafe { LLVMTypeOf(self.0) })
    }

    pub fn operand(self, index: u32) -> Option<Value> {
        value(unsafe { LLVMGetOperand(self.0, index) })
    }

    pub fn is_constant(self) -> bool {
        unsafe { LLVMIsConstant(self.0) != 0 }
    }

    /// The value of a constant integer of at most 64 bits.
    pub fn as_constant_int(self) -> Option<u64> {
        let int = unsafe { LLVMIsAConstantInt(self.0) };
        (!int.is_null() && self.type_of().int_width() <= 64).then(|| unsafe { LLVMConstIntGetZExtValue(int) })
    }
}

impl Block {
    pub fn instructions(self) -> impl Iterator<Item = Value> {
        chain(value(unsafe { LLVMGetFirstInstruction(self.0) }), |i| {
            value(unsafe { LLVMGetNextInstruction(i.0) })
        })
    }

    /// Those who use the address of this block: instructions of its function, or data.
    pub fn address_users(self) -> impl Iterator<Item = Value> {
        Value(unsafe { LLVMBasicBlockAsValue(self.0) })
            .users()
            .filter(|u| u.kind() == Kind::BlockAddress)
            .flat_map(|address| address.users())
    }

    pub fn terminator(self) -> Option<Value> {
        value(unsafe { LLVMGetBasicBlockTerminator(self.0) })
    }
}

impl Type {
    pub fn kind(self) -> TypeKind {
        unsafe { LLVMGetTypeKind(self.0) }
    }

    /// The constant of all zeros.
    pub fn zero(self) -> Value {
        Value(unsafe { LLVMConstNull(self.0) })
    }

    /// Bits of an integer type, 0 for others.
    pub fn int_width(self) -> u32 {
        if self.kind() == TypeKind::LLVMIntegerTypeKind { unsafe { LLVMGetIntTypeWidth(self.0) } } else { 0 }
    }

    /// The type itself, or a vector's element.
    pub fn scalar(self) -> Type {
        match self.kind() {
            TypeKind::LLVMVectorTypeKind | TypeKind::LLVMScalableVectorTypeKind => {
                Type(unsafe { LLVMGetElementType(self.0) })
            }
            _ => self,
        }
    }
}

/// Builds an instruction, with the source location of the one that it is put in front of.
fn build_before(next: Value, build: impl FnOnce(LLVMBuilderRef) -> LLVMValueRef) -> Value {
    unsafe {
        let builder = LLVMCreateBuilderInContext(LLVMGetValueContext(next.0));
        LLVMPositionBuilderBefore(builder, next.0);
        let new = build(builder);
        LLVMDisposeBuilder(builder);
        Value(new)
    }
}

/// LLVM's number of the intrinsic that returns the calling thread's address of a variable.
fn thread_local_address() -> u32 {
    let name = "llvm.threadlocal.address";
    unsafe { LLVMLookupIntrinsicID(name.as_ptr().cast(), name.len()) }
}

/// Where attributes of a result are.
const RETURN: u32 = 0;

/// Where attributes of a function or call itself are.
const FUNCTION: u32 = u32::MAX;

/// Attributes of what does nothing but to return something. "memory" of nothing is none.
const PURE: [&str; 5] = ["memory", "nofree", "nosync", "nounwind", "willreturn"];

/// LLVM's number of an enum attribute, by its name in IR.
pub fn attribute_kind(name: &str) -> u32 {
    unsafe { LLVMGetEnumAttributeKindForName(name.as_ptr().cast(), name.len()) }
}
