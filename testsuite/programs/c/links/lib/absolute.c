//@ part
// As `objcopy -I binary` makes it of a file: its size is a symbol.
__asm__(".globl file_size\nfile_size = 299\n.globl other_size\nother_size = 5000\n"
        ".data\n.globl file_start\nfile_start: .ascii \"file\"\n");
