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

impl Ir {
    /// # Safety
    /// `module` must be a live module that nothing else uses while this value or one made from it exists.
    pub unsafe fn new(module: LLVMModuleRef) -> Ir {
        Ir(module)
    }

    pub fn functions(self) -> impl Iterator<Item = Value> {
        chain(value(unsafe { LLVMGetFirstFunction(self.0) }), |v| value(unsafe { LLVMGetNextFunction(v.0) }))
    }

    pub fn has_function(self, name: &CStr) -> bool {
        unsafe { !LLVMGetNamedFunction(self.0, name.as_ptr()).is_null() }
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

    /// The name of the source, as it was given to the compiler.
    pub fn source_file(self) -> String {
        let mut size = 0;
        let text = unsafe { LLVMGetSourceFileName(self.0, &mut size) };
        bytes_to_string(text, size)
    }

    pub fn inline_asm(self) -> String {
        let mut size = 0;
        let text = unsafe { LLVMGetModuleInlineAsm(self.0, &mut size) };
        bytes_to_string(text, size)
    }

    /// Whether the module has a flag of this name that is not zero.
    pub fn has_flag(self, name: &str) -> bool {
        unsafe {
            let flag = LLVMGetModuleFlag(self.0, name.as_ptr().cast(), name.len());
            if flag.is_null() {
                return false;
            }
            let value = LLVMMetadataAsValue(LLVMGetModuleContext(self.0), flag);
            let constant = LLVMIsAConstantInt(LLVMGetOperand(value, 0));
            !constant.is_null() && LLVMConstIntGetZExtValue(constant) != 0
        }
    }

    pub fn set_inline_asm(self, text: &str) {
        unsafe { LLVMSetModuleInlineAsm2(self.0, text.as_ptr().cast(), text.len()) }
    }

    pub fn append_inline_asm(self, text: &str) {
        unsafe { LLVMAppendModuleInlineAsm(self.0, text.as_ptr().cast(), text.len()) }
    }

    /// Adds a node of texts to a list of the module's metadata.
    pub fn add_note(self, list: &CStr, texts: &[&str]) {
        unsafe {
            let context = LLVMGetModuleContext(self.0);
            let text = |t: &&str| LLVMMDStringInContext2(context, t.as_ptr().cast(), t.len());
            let mut texts: Vec<LLVMMetadataRef> = texts.iter().map(text).collect();
            let node = LLVMMDNodeInContext2(context, texts.as_mut_ptr(), texts.len());
            LLVMAddNamedMetadataOperand(self.0, list.as_ptr(), LLVMMetadataAsValue(context, node));
        }
    }

    /// The module as bitcode: what `write` hands out and returns.
    pub fn bitcode(self, write: WriteBitcode, compress: bool) -> (Vec<u8>, u64) {
        unsafe extern "C" fn take(bytes: *mut c_void, data: *const c_char, size: usize) {
            unsafe {
                (*bytes.cast::<Vec<u8>>()).extend_from_slice(std::slice::from_raw_parts(data.cast(), size))
            };
        }
        let mut bytes: Vec<u8> = Vec::new();
        let expanded_size = unsafe { write(self.0, c_int::from(compress), (&raw mut bytes).cast(), take) };
        (bytes, expanded_size)
    }

    /// Declares a function of the type of `like`, without a name.
    pub fn declare_like(self, like: Value) -> Value {
        let new = unsafe { LLVMAddFunction(self.0, c"".as_ptr(), LLVMGlobalGetValueType(like.0)) };
        unsafe { LLVMSetFunctionCallConv(new, LLVMGetFunctionCallConv(like.0)) };
        Value(new)
    }

    /// Declares a variable of the type of `like`, without a name.
    pub fn declare_variable_like(self, like: Value) -> Value {
        unsafe { Value(LLVMAddGlobal(self.0, LLVMGlobalGetValueType(like.0), c"".as_ptr())) }
    }

    /// Adds a private constant of bytes in a section.
    pub fn add_bytes(self, bytes: &[u8], name: &CStr, section: &CStr, align: u32) -> Value {
        unsafe {
            let context = LLVMGetModuleContext(self.0);
            let data = LLVMConstStringInContext2(context, bytes.as_ptr().cast(), bytes.len(), 1);
            let global = LLVMAddGlobal(self.0, LLVMTypeOf(data), name.as_ptr());
            LLVMSetInitializer(global, data);
            LLVMSetGlobalConstant(global, 1);
            LLVMSetLinkage(global, Linkage::LLVMPrivateLinkage);
            LLVMSetSection(global, section.as_ptr());
            LLVMSetAlignment(global, align);
            Value(global)
        }
    }

    /// Adds an internal function that returns the address of the calling thread's `variable`. It is generated with
    /// the options that the function `like` is.
    pub fn add_accessor(self, name: &str, variable: Value, like: Value) -> Value {
        unsafe {
            let context = LLVMGetModuleContext(self.0);
            let mut pointer = LLVMTypeOf(variable.0);
            let ty = LLVMFunctionType(pointer, std::ptr::null_mut(), 0, 0);
            let accessor = self.add_internal(name, Type(ty), like);
            // What the intrinsic promises.
            for name in PURE {
                accessor.add_enum_attribute(name);
            }
            let nonnull = LLVMCreateEnumAttribute(context, attribute_kind("nonnull"), 0);
            LLVMAddAttributeAtIndex(accessor.0, RETURN, nonnull);
            let intrinsic = LLVMGetIntrinsicDeclaration(self.0, thread_local_address(), &mut pointer, 1);
            let intrinsic = Value(intrinsic);
            let kind = LLVMTailCallKind::LLVMTailCallKindNone;
            accessor.return_call(intrinsic.value_type(), intrinsic, &mut [variable.0], kind);
            accessor
        }
    }

    /// Adds an internal function of type `ty` that calls `target`, with its own arguments, and comes back from it: never by a
    /// jump. It is generated with the options that the function `like` is.
    pub fn add_caller(self, name: &str, ty: Type, target: Value, like: Value) -> Value {
        unsafe {
            let caller = self.add_internal(name, ty, like);
            caller.copy_function_attributes(target);
            caller.add_enum_attribute("noinline");
            let mut arguments: Vec<LLVMValueRef> =
                (0..LLVMCountParams(caller.0)).map(|i| LLVMGetParam(caller.0, i)).collect();
            caller.return_call(ty, target, &mut arguments, LLVMTailCallKind::LLVMTailCallKindNoTail);
            caller
        }
    }

    /// A function type by letters, the result first: `p`ointer, `i`nt or `l`ong.
    pub fn function_type(self, letters: &str) -> Type {
        unsafe {
            let context = LLVMGetModuleContext(self.0);
            let mut types = letters.chars().map(|letter| match letter {
                'p' => LLVMPointerTypeInContext(context, 0),
                'i' => LLVMInt32TypeInContext(context),
                _ => LLVMInt64TypeInContext(context),
            });
            let result = types.next().unwrap_or_else(|| LLVMVoidTypeInContext(context));
            let mut parameters: Vec<LLVMTypeRef> = types.collect();
            Type(LLVMFunctionType(result, parameters.as_mut_ptr(), parameters.len() as u32, 0))
        }
    }

    /// Adds an internal function without a body.
    fn add_internal(self, name: &str, ty: Type, like: Value) -> Value {
        unsafe {
            let function = Value(LLVMAddFunction(self.0, c"".as_ptr(), ty.0));
            function.set_name(name);
            function.set_linkage(Linkage::LLVMInternalLinkage);
            LLVMSetUnnamedAddress(function.0, LLVMUnnamedAddr::LLVMGlobalUnnamedAddr);
            let unwind = LLVMGetEnumAttributeAtIndex(like.0, FUNCTION, attribute_kind("uwtable"));
            let options =
                ["frame-pointer", "indirect-tls-seg-refs", "target-cpu", "target-features", "tune-cpu"].map(
                    |key| {
                        LLVMGetStringAttributeAtIndex(like.0, FUNCTION, key.as_ptr().cast(), key.len() as u32)
                    },
                );
            for attribute in options.into_iter().chain([unwind]).filter(|a| !a.is_null()) {
                LLVMAddAttributeAtIndex(function.0, FUNCTION, attribute);
            }
            function
        }
    }

    /// Keeps local globals that only assembly names from being optimized away: the list `llvm.compiler.used`.
    /// Returns the list that was there before, which is no longer the one and must be detached.
    pub fn keep(self, globals: &[Value]) -> Option<Value> {
        const LIST: &str = "llvm.compiler.used";
        unsafe {
            let old = value(LLVMGetNamedGlobalWithLength(self.0, LIST.as_ptr().cast(), LIST.len()));
            let mut elements: Vec<LLVMValueRef> = old
                .and_then(Value::initializer)
                .map(|list| (0..list.operand_count()).filter_map(|i| list.operand(i)).collect::<Vec<_>>())
                .unwrap_or_default()
                .into_iter()
                .chain(globals.iter().copied())
                .map(|v| v.0)
                .collect();
            let &first = elements.first()?;
            let list = LLVMConstArray2(LLVMTypeOf(first), elements.as_mut_ptr(), elements.len() as u64);
            if let Some(old) = old {
                old.set_name("");
            }
            let new = LLVMAddGlobal(self.0, LLVMTypeOf(list), c"".as_ptr());
            Value(new).set_name(LIST);
            LLVMSetInitializer(new, list);
            LLVMSetLinkage(new, Linkage::LLVMAppendingLinkage);
            LLVMSetSection(new, c"llvm.metadata".as_ptr());
            old
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

    /// Lets a function's body be there for inlining only, while the function is defined elsewhere.
    pub fn make_available_externally(self) {
        unsafe {
            LLVMSetComdat(self.0, std::ptr::null_mut());
            LLVMSetLinkage(self.0, Linkage::LLVMAvailableExternallyLinkage);
        }
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
        !self.section().is_empty()
    }

    pub fn section(self) -> String {
        let section = unsafe { LLVMGetSection(self.0) };
        if section.is_null() {
            return String::new();
        }
        unsafe { CStr::from_ptr(section) }.to_string_lossy().into_owned()
    }

    /// Into the section that code of its kind is in.
    pub fn clear_section(self) {
        unsafe { LLVMSetSection(self.0, c"".as_ptr()) }
    }

    pub fn remove_comdat(self) {
        unsafe { LLVMSetComdat(self.0, std::ptr::null_mut()) }
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

    /// Lets the address mean nothing, so that nobody decides whether it is the same as another.
    pub fn set_unnamed_addr(self) {
        unsafe { LLVMSetUnnamedAddress(self.0, LLVMUnnamedAddr::LLVMGlobalUnnamedAddr) }
    }

    // Variables.

    pub fn is_thread_local(self) -> bool {
        unsafe { LLVMIsThreadLocal(self.0) != 0 }
    }

    pub fn is_constant_variable(self) -> bool {
        unsafe { LLVMIsGlobalConstant(self.0) != 0 }
    }

    pub fn set_constant(self, is_constant: bool) {
        unsafe { LLVMSetGlobalConstant(self.0, is_constant.into()) }
    }

    /// Of a function: it takes arguments that its type does not tell, all of them (`void f();` in C before C23).
    pub fn is_unprototyped(self) -> bool {
        let ty = self.value_type();
        unsafe { LLVMIsFunctionVarArg(ty.0) != 0 && LLVMCountParamTypes(ty.0) == 0 }
    }

    /// The type of a global's content.
    pub fn value_type(self) -> Type {
        Type(unsafe { LLVMGlobalGetValueType(self.0) })
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

    /// A parameter of a function. None behind the last one, where variable arguments go.
    pub fn parameter(self, index: u32) -> Option<Value> {
        unsafe { (index < LLVMCountParams(self.0)).then(|| Value(LLVMGetParam(self.0, index))) }
    }

    /// Whether the linker or the loader may take another definition, which does another thing.
    pub fn is_interposable(self) -> bool {
        use Linkage::*;
        matches!(
            self.linkage(),
            LLVMWeakAnyLinkage | LLVMLinkOnceAnyLinkage | LLVMCommonLinkage | LLVMExternalWeakLinkage
        )
    }

    /// Whether all definitions of the name are the same (C++'s inline functions).
    pub fn is_same_everywhere(self) -> bool {
        matches!(self.linkage(), Linkage::LLVMWeakODRLinkage | Linkage::LLVMLinkOnceODRLinkage)
    }

    pub fn has_enum_attribute(self, kind: u32) -> bool {
        !unsafe { LLVMGetEnumAttributeAtIndex(self.0, FUNCTION, kind) }.is_null()
    }

    /// The value of a string attribute of the function itself.
    pub fn string_attribute(self, key: &str) -> Option<String> {
        unsafe {
            let attribute =
                LLVMGetStringAttributeAtIndex(self.0, FUNCTION, key.as_ptr().cast(), key.len() as u32);
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

    pub fn has_personality(self) -> bool {
        unsafe { LLVMHasPersonalityFn(self.0) != 0 }
    }

    pub fn has_gc(self) -> bool {
        !unsafe { LLVMGetGC(self.0) }.is_null()
    }

    pub fn add_enum_attribute(self, name: &str) {
        unsafe {
            let context = LLVMGetValueContext(self.0);
            let attribute = LLVMCreateEnumAttribute(context, attribute_kind(name), 0);
            LLVMAddAttributeAtIndex(self.0, FUNCTION, attribute);
        }
    }

    /// `value`: empty for one that has none.
    pub fn add_string_attribute(self, key: &str, value: &str) {
        unsafe {
            let context = LLVMGetValueContext(self.0);
            let (key, key_size) = (key.as_ptr().cast(), key.len() as u32);
            let (value, value_size) = (value.as_ptr().cast(), value.len() as u32);
            let attribute = LLVMCreateStringAttribute(context, key, key_size, value, value_size);
            LLVMAddAttributeAtIndex(self.0, FUNCTION, attribute);
        }
    }

    /// Copies all attributes of a function: its own, its result's and its parameters'. Code generation asks an intrinsic's
    /// declaration, not the call, which arguments are immediates.
    pub fn copy_function_attributes(self, from: Value) {
        unsafe {
            let parameters = LLVMCountParams(from.0);
            for place in (RETURN..=parameters).chain([FUNCTION]) {
                let count = LLVMGetAttributeCountAtIndex(from.0, place) as usize;
                let mut attributes = vec![std::ptr::null_mut(); count];
                LLVMGetAttributesAtIndex(from.0, place, attributes.as_mut_ptr());
                for a in attributes {
                    LLVMAddAttributeAtIndex(self.0, place, a);
                }
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

    pub fn operand_count(self) -> u32 {
        unsafe { LLVMGetNumOperands(self.0).max(0) as u32 }
    }

    pub fn set_operand(self, index: u32, new: Value) {
        unsafe { LLVMSetOperand(self.0, index, new.0) }
    }

    /// The block that a phi's operand comes from; None for other instructions.
    pub fn incoming_block(self, index: u32) -> Option<Block> {
        if self.opcode() != Opcode::LLVMPHI {
            return None;
        }
        block(unsafe { LLVMGetIncomingBlock(self.0, index) })
    }

    /// Whether the instruction is a call of `llvm.threadlocal.address`.
    pub fn is_thread_local_address(self) -> bool {
        self.opcode() == Opcode::LLVMCall
            && self.called_value().is_some_and(|f| {
                f.kind() == Kind::Function && unsafe { LLVMGetIntrinsicID(f.0) == thread_local_address() }
            })
    }

    /// Calls this function, which has no parameters, in front of an instruction.
    pub fn call_before(self, next: Value) -> Value {
        build_before(next, |builder| unsafe {
            let ty = LLVMGlobalGetValueType(self.0);
            LLVMBuildCall2(builder, ty, self.0, std::ptr::null_mut(), 0, c"".as_ptr())
        })
    }

    /// Computes this address in front of an instruction in a way that the optimizer does not see through.
    pub fn hidden_before(self, next: Value) -> Value {
        build_before(next, |builder| unsafe {
            let ty = LLVMFunctionType(LLVMTypeOf(self.0), [LLVMTypeOf(self.0)].as_mut_ptr(), 1, 0);
            let (text, constraints) = ("", "=r,0");
            let assembly = LLVMGetInlineAsm(
                ty,
                text.as_ptr().cast(),
                text.len(),
                constraints.as_ptr().cast(),
                constraints.len(),
                0,
                0,
                LLVMInlineAsmDialect::LLVMInlineAsmDialectATT,
                0,
            );
            let call = LLVMBuildCall2(builder, ty, assembly, [self.0].as_mut_ptr(), 1, c"".as_ptr());
            let context = LLVMGetValueContext(self.0);
            for name in PURE {
                let attribute = LLVMCreateEnumAttribute(context, attribute_kind(name), 0);
                LLVMAddCallSiteAttribute(call, FUNCTION, attribute);
            }
            call
        })
    }

    /// The whole body of a function: it returns what the call does.
    fn return_call(self, ty: Type, callee: Value, arguments: &mut [LLVMValueRef], kind: LLVMTailCallKind) {
        unsafe {
            let context = LLVMGetModuleContext(LLVMGetGlobalParent(self.0));
            let block = LLVMAppendBasicBlockInContext(context, self.0, c"".as_ptr());
            let builder = LLVMCreateBuilderInContext(context);
            LLVMPositionBuilderAtEnd(builder, block);
            let count = arguments.len() as u32;
            let call = LLVMBuildCall2(builder, ty.0, callee.0, arguments.as_mut_ptr(), count, c"".as_ptr());
            LLVMSetTailCallKind(call, kind);
            LLVMBuildRet(builder, call);
            LLVMDisposeBuilder(builder);
        }
    }

    /// Gives this call what is known of the result of another one.
    pub fn copy_return_attributes(self, from: Value) {
        unsafe {
            let count = LLVMGetCallSiteAttributeCount(from.0, RETURN) as usize;
            let mut attributes = vec![std::ptr::null_mut(); count];
            LLVMGetCallSiteAttributes(from.0, RETURN, attributes.as_mut_ptr());
            for a in attributes {
                LLVMAddCallSiteAttribute(self.0, RETURN, a);
            }
        }
    }

    /// Whether the value is a `getelementptr` of constants.
    pub fn is_constant_gep(self) -> bool {
        unsafe {
            LLVMGetValueKind(self.0) == LLVMValueKind::LLVMConstantExprValueKind
                && LLVMGetConstOpcode(self.0) == Opcode::LLVMGetElementPtr
        }
    }

    /// Computes in front of an instruction what this constant `getelementptr` does, from another base.
    pub fn gep_before(self, base: Value, next: Value) -> Value {
        build_before(next, |builder| unsafe {
            let mut indices: Vec<LLVMValueRef> =
                (1..self.operand_count()).filter_map(|i| self.operand(i)).map(|i| i.0).collect();
            LLVMBuildGEPWithNoWrapFlags(
                builder,
                LLVMGetGEPSourceElementType(self.0),
                base.0,
                indices.as_mut_ptr(),
                indices.len() as u32,
                c"".as_ptr(),
                LLVMGEPGetNoWrapFlags(self.0),
            )
        })
    }

    /// Destroys an instruction that nothing uses any more.
    pub fn erase_instruction(self) {
        unsafe { LLVMInstructionEraseFromParent(self.0) }
    }

    /// Puts `new` in the place of `old` among the operands of this user.
    pub fn replace_operand(self, old: Value, new: Value) {
        for i in (0..self.operand_count()).filter(|&i| self.operand(i) == Some(old)) {
            self.set_operand(i, new);
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

    /// Of a load or store.
    pub fn is_volatile(self) -> bool {
        unsafe { LLVMGetVolatile(self.0) != 0 }
    }

    pub fn is_atomic(self) -> bool {
        unsafe { LLVMGetOrdering(self.0) != LLVMAtomicOrdering::LLVMAtomicOrderingNotAtomic }
    }

    pub fn allocated_type(self) -> Type {
        Type(unsafe { LLVMGetAllocatedType(self.0) })
    }

    /// What is said of the loop whose end this branch is: `llvm.loop.mustprogress` and the like.
    pub fn loop_properties(self) -> Vec<String> {
        // The first operand of a loop's node is the node itself, and the others are nodes that begin with a name.
        let properties = value(unsafe {
            let context = LLVMGetValueContext(self.0);
            LLVMGetMetadata(self.0, LLVMGetMDKindIDInContext(context, c"llvm.loop".as_ptr(), 9))
        })
        .map(Value::node_operands);
        let names = properties.unwrap_or_default().into_iter().skip(1).filter_map(|property| {
            let name = *property.node_operands().first()?;
            let mut size = 0;
            let text = unsafe { LLVMGetMDString(name.0, &mut size) };
            Some(bytes_to_string(text, size as usize))
        });
        names.collect()
    }

    fn node_operands(self) -> Vec<Value> {
        unsafe {
            if LLVMIsAMDNode(self.0).is_null() {
                return Vec::new();
            }
            let count = LLVMGetMDNodeNumOperands(self.0) as usize;
            let mut operands = vec![std::ptr::null_mut(); count];
            LLVMGetMDNodeOperands(self.0, operands.as_mut_ptr());
            operands.into_iter().filter_map(value).collect()
        }
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
