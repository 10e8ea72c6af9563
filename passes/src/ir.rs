//! The few operations on IR that the transform needs, over LLVM's C interface.
//!
//! inkwell wraps values in types per kind; the transform looks at the use lists of values of every kind, hundreds of
//! thousands of them, so it works on references. All FFI of this crate is here.
//!
//! SAFETY of the whole module: a [`Value`], [`Block`] or [`Type`] is only made from the one live module that the
//! transform was called with (`Ir::new`) or from another of them; nothing else touches that module or its context
//! meanwhile, and no value is destroyed while the transform runs, because bodies are detached and not deleted.
//! So every reference is valid for every call, and each call is made on a value of the kind that it is for.
#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "one contract for all calls, stated in the module's header"
)]

use llvm_sys::bit_writer::LLVMWriteBitcodeToMemoryBuffer;
use llvm_sys::comdat::LLVMGetComdat;
use llvm_sys::core::*;
use llvm_sys::prelude::*;
use llvm_sys::target::{LLVMABISizeOfType, LLVMGetModuleDataLayout};
use llvm_sys::{LLVMAtomicOrdering, LLVMUnnamedAddr, LLVMValueKind, LLVMVisibility};
pub use llvm_sys::{LLVMLinkage as Linkage, LLVMOpcode as Opcode, LLVMTypeKind as TypeKind};
use std::ffi::CStr;

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

impl Ir {
    /// # Safety
    /// `module` must be a live module that nothing else uses while this value or one made from it exists.
    pub unsafe fn new(module: LLVMModuleRef) -> Ir {
        Ir(module)
    }

    pub fn functions(self) -> impl Iterator<Item = Value> {
        chain(value(unsafe { LLVMGetFirstFunction(self.0) }), |v| value(unsafe { LLVMGetNextFunction(v.0) }))
    }

    pub fn variables(self) -> impl Iterator<Item = Value> {
        chain(value(unsafe { LLVMGetFirstGlobal(self.0) }), |v| value(unsafe { LLVMGetNextGlobal(v.0) }))
    }

    pub fn aliases(self) -> impl Iterator<Item = Value> {
        chain(value(unsafe { LLVMGetFirstGlobalAlias(self.0) }), |v| {
            value(unsafe { LLVMGetNextGlobalAlias(v.0) })
        })
    }

    pub fn ifuncs(self) -> impl Iterator<Item = Value> {
        chain(value(unsafe { LLVMGetFirstGlobalIFunc(self.0) }), |v| {
            value(unsafe { LLVMGetNextGlobalIFunc(v.0) })
        })
    }

    pub fn inline_asm(self) -> String {
        let mut size = 0;
        let text = unsafe { LLVMGetModuleInlineAsm(self.0, &mut size) };
        bytes_to_string(text, size)
    }

    pub fn set_inline_asm(self, text: &str) {
        unsafe { LLVMSetModuleInlineAsm2(self.0, text.as_ptr().cast(), text.len()) }
    }

    pub fn append_inline_asm(self, text: &str) {
        unsafe { LLVMAppendModuleInlineAsm(self.0, text.as_ptr().cast(), text.len()) }
    }

    /// The module as bitcode.
    pub fn bitcode(self) -> Vec<u8> {
        unsafe {
            let buffer = LLVMWriteBitcodeToMemoryBuffer(self.0);
            let bytes = std::slice::from_raw_parts(
                LLVMGetBufferStart(buffer).cast::<u8>(),
                LLVMGetBufferSize(buffer),
            )
            .to_vec();
            LLVMDisposeMemoryBuffer(buffer);
            bytes
        }
    }

    /// Declares a function of the type of `like`, without a name.
    pub fn declare_like(self, like: Value) -> Value {
        Value(unsafe { LLVMAddFunction(self.0, c"".as_ptr(), LLVMGlobalGetValueType(like.0)) })
    }

    /// Adds a private constant of bytes in a section.
    pub fn add_bytes(self, bytes: &[u8], name: &CStr, section: &CStr, align: u32) {
        unsafe {
            let context = LLVMGetModuleContext(self.0);
            let data = LLVMConstStringInContext2(context, bytes.as_ptr().cast(), bytes.len(), 1);
            let global = LLVMAddGlobal(self.0, LLVMTypeOf(data), name.as_ptr());
            LLVMSetInitializer(global, data);
            LLVMSetGlobalConstant(global, 1);
            LLVMSetLinkage(global, Linkage::LLVMPrivateLinkage);
            LLVMSetSection(global, section.as_ptr());
            LLVMSetAlignment(global, align);
        }
    }

    /// Bytes that a value of the type takes in memory, alignment padding included.
    pub fn size_of(self, ty: Type) -> u64 {
        unsafe { LLVMABISizeOfType(LLVMGetModuleDataLayout(self.0), ty.0) }
    }
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

    /// The value of a constant integer of at most 64 bits.
    pub fn as_constant_int(self) -> Option<u64> {
        let int = unsafe { LLVMIsAConstantInt(self.0) };
        (!int.is_null() && self.type_of().int_width() <= 64).then(|| unsafe { LLVMConstIntGetZExtValue(int) })
    }

    // Globals.

    pub fn is_declaration(self) -> bool {
        unsafe { LLVMIsDeclaration(self.0) != 0 }
    }

    pub fn linkage(self) -> Linkage {
        unsafe { LLVMGetLinkage(self.0) }
    }

    pub fn set_linkage(self, linkage: Linkage) {
        unsafe { LLVMSetLinkage(self.0, linkage) }
    }

    pub fn is_local(self) -> bool {
        matches!(self.linkage(), Linkage::LLVMInternalLinkage | Linkage::LLVMPrivateLinkage)
    }

    /// Whether an object need not define it even if others may: an inline function, which all who use it define.
    pub fn is_discardable(self) -> bool {
        matches!(self.linkage(), Linkage::LLVMLinkOnceAnyLinkage | Linkage::LLVMLinkOnceODRLinkage)
    }

    pub fn visibility(self) -> Visibility {
        match unsafe { LLVMGetVisibility(self.0) } {
            LLVMVisibility::LLVMDefaultVisibility => Visibility::Default,
            LLVMVisibility::LLVMHiddenVisibility => Visibility::Hidden,
            LLVMVisibility::LLVMProtectedVisibility => Visibility::Protected,
        }
    }

    pub fn copy_visibility(self, from: Value) {
        unsafe { LLVMSetVisibility(self.0, LLVMGetVisibility(from.0)) }
    }

    pub fn has_section(self) -> bool {
        let section = unsafe { LLVMGetSection(self.0) };
        !section.is_null() && unsafe { *section } != 0
    }

    pub fn has_comdat(self) -> bool {
        !unsafe { LLVMGetComdat(self.0) }.is_null()
    }

    /// In bytes; 0 if none is asked for.
    pub fn alignment(self) -> u32 {
        unsafe { LLVMGetAlignment(self.0) }
    }

    pub fn is_unnamed_addr(self) -> bool {
        unsafe { LLVMGetUnnamedAddress(self.0) == LLVMUnnamedAddr::LLVMGlobalUnnamedAddr }
    }

    // Variables.

    pub fn is_thread_local(self) -> bool {
        unsafe { LLVMIsThreadLocal(self.0) != 0 }
    }

    pub fn is_constant_variable(self) -> bool {
        unsafe { LLVMIsGlobalConstant(self.0) != 0 }
    }

    pub fn initializer(self) -> Option<Value> {
        value(unsafe { LLVMGetInitializer(self.0) })
    }

    pub fn set_initializer(self, init: Option<Value>) {
        unsafe { LLVMSetInitializer(self.0, init.map_or(std::ptr::null_mut(), |v| v.0)) }
    }

    pub fn aliasee(self) -> Option<Value> {
        value(unsafe { LLVMAliasGetAliasee(self.0) })
    }

    pub fn resolver(self) -> Option<Value> {
        value(unsafe { LLVMGetGlobalIFuncResolver(self.0) })
    }

    // Functions.

    pub fn blocks(self) -> impl Iterator<Item = Block> {
        chain(block(unsafe { LLVMGetFirstBasicBlock(self.0) }), |b| {
            block(unsafe { LLVMGetNextBasicBlock(b.0) })
        })
    }

    pub fn calling_convention(self) -> u32 {
        unsafe { LLVMGetFunctionCallConv(self.0) }
    }

    pub fn has_enum_attribute(self, kind: u32) -> bool {
        !unsafe { LLVMGetEnumAttributeAtIndex(self.0, u32::MAX, kind) }.is_null()
    }

    /// The value of a string attribute of the function itself.
    pub fn string_attribute(self, key: &str) -> Option<String> {
        unsafe {
            let attribute =
                LLVMGetStringAttributeAtIndex(self.0, u32::MAX, key.as_ptr().cast(), key.len() as u32);
            if attribute.is_null() {
                return None;
            }
            let mut size = 0;
            let text = LLVMGetStringAttributeValue(attribute, &mut size);
            Some(bytes_to_string(text, size as usize))
        }
    }

    pub fn has_prefix_or_prologue(self) -> bool {
        unsafe { LLVMHasPrefixData(self.0) != 0 || LLVMHasPrologueData(self.0) != 0 }
    }

    pub fn has_gc(self) -> bool {
        !unsafe { LLVMGetGC(self.0) }.is_null()
    }

    /// Copies the attributes of the function itself (not those of parameters: calls carry their own).
    pub fn copy_function_attributes(self, from: Value) {
        unsafe {
            let count = LLVMGetAttributeCountAtIndex(from.0, u32::MAX) as usize;
            let mut attributes = vec![std::ptr::null_mut(); count];
            LLVMGetAttributesAtIndex(from.0, u32::MAX, attributes.as_mut_ptr());
            for a in attributes {
                LLVMAddAttributeAtIndex(self.0, u32::MAX, a);
            }
        }
    }

    // Instructions.

    pub fn opcode(self) -> Opcode {
        unsafe { LLVMGetInstructionOpcode(self.0) }
    }

    /// The function that an instruction is in.
    /// None for what is no instruction.
    pub fn function_of_instruction(self) -> Option<Value> {
        if self.kind() != Kind::Instruction {
            return None;
        }
        let block = unsafe { LLVMGetInstructionParent(self.0) };
        if block.is_null() {
            return None;
        }
        value(unsafe { LLVMGetBasicBlockParent(block) })
    }

    /// What a call, invoke or callbr calls.
    pub fn called_value(self) -> Option<Value> {
        value(unsafe { LLVMGetCalledValue(self.0) })
    }

    pub fn argument_count(self) -> u32 {
        unsafe { LLVMGetNumArgOperands(self.0) }
    }

    /// Puts `new` in the place of `old` among the operands of this user.
    pub fn replace_operand(self, old: Value, new: Value) {
        let count = unsafe { LLVMGetNumOperands(self.0).max(0) as u32 };
        for i in (0..count).filter(|&i| self.operand(i) == Some(old)) {
            unsafe { LLVMSetOperand(self.0, i, new.0) }
        }
    }

    /// The text and constraints, if the value is inline assembly.
    pub fn inline_asm(self) -> Option<(String, String)> {
        unsafe {
            let asm = LLVMIsAInlineAsm(self.0);
            if asm.is_null() {
                return None;
            }
            let (mut text_size, mut constraint_size) = (0, 0);
            let text = LLVMGetInlineAsmAsmString(asm, &mut text_size);
            let constraints = LLVMGetInlineAsmConstraintString(asm, &mut constraint_size);
            Some((bytes_to_string(text, text_size), bytes_to_string(constraints, constraint_size)))
        }
    }

    pub fn is_atomic(self) -> bool {
        unsafe { LLVMGetOrdering(self.0) != LLVMAtomicOrdering::LLVMAtomicOrderingNotAtomic }
    }

    pub fn allocated_type(self) -> Type {
        Type(unsafe { LLVMGetAllocatedType(self.0) })
    }

    pub fn successors(self) -> impl Iterator<Item = Block> {
        let count = unsafe { LLVMGetNumSuccessors(self.0) };
        (0..count).filter_map(move |i| block(unsafe { LLVMGetSuccessor(self.0, i) }))
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

/// LLVM's number of an enum attribute, by its name in IR.
pub fn attribute_kind(name: &str) -> u32 {
    unsafe { LLVMGetEnumAttributeKindForName(name.as_ptr().cast(), name.len()) }
}
