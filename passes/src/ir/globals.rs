//! Of globals: how they are defined, and the attributes of functions.

#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "one contract for all calls, stated in the header of the module above"
)]

use super::*;

impl Value {
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
}
