//! Of a module as a whole: what is in it, and what is added.

#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "one contract for all calls, stated in the header of the module above"
)]

use super::*;

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
