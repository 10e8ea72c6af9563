//! Which symbols a file defines and which it asks for.

use object::read::elf::ElfFile64;
use object::{Object, ObjectKind, ObjectSymbol, elf};

#[derive(Default)]
pub struct Symbols {
    pub defined: Vec<Vec<u8>>,
    pub undefined: Vec<Vec<u8>>,
}

/// Whether a file is bitcode, bare or with a header around it.
pub fn is_bitcode(bytes: &[u8]) -> bool {
    bytes.starts_with(b"BC\xc0\xde") || bytes.starts_with(b"\xde\xc0\x17\x0b")
}

pub fn is_elf(bytes: &[u8]) -> bool {
    bytes.starts_with(&elf::ELFMAG)
}

/// The global symbols of an object or shared library; none of what is neither.
pub fn of_elf(bytes: &[u8]) -> Symbols {
    let mut symbols = Symbols::default();
    let Ok(file) = ElfFile64::<object::Endianness>::parse(bytes) else { return symbols };
    let mut add = |symbol: object::read::elf::ElfSymbol64<'_, '_, object::Endianness>| {
        let (true, Ok(name)) = (symbol.is_global(), symbol.name_bytes()) else { return };
        let list = if symbol.is_undefined() { &mut symbols.undefined } else { &mut symbols.defined };
        list.push(name.to_vec());
    };
    if file.kind() == ObjectKind::Dynamic {
        file.dynamic_symbols().for_each(&mut add);
    } else {
        file.symbols().for_each(&mut add);
    }
    symbols
}
