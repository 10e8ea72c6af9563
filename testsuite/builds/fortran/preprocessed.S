	.globl from_preprocessed
	.type from_preprocessed,@function
from_preprocessed:
	lea ADDED(%rdi), %edi
	jmp twice@PLT
	.size from_preprocessed, .-from_preprocessed
	.section .note.GNU-stack,"",@progbits
