//! Of instructions.

#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "one contract for all calls, stated in the header of the module above"
)]

use super::*;

impl Value {
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
    pub(super) fn return_call(
        self,
        ty: Type,
        callee: Value,
        arguments: &mut [LLVMValueRef],
        kind: LLVMTailCallKind,
    ) {
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
