	.globl from_assembly
	.type from_assembly,@function
from_assembly:
	lea 1(%rdi), %edi
	jmp twice@PLT
	.size from_assembly, .-from_assembly
	.section .note.GNU-stack,"",@progbits
