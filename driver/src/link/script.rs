//! Linker scripts in the place of libraries, such as glibc's `libc.so`: which files they name.
//!
//! Only the commands that name inputs are understood; sections and the like pass unseen.

/// An input, or what stands around inputs.
#[derive(Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// A file, or `-lNAME`.
    Input(&'a [u8]),
    /// Between these it doesn't matter in which order archives stand.
    StartGroup,
    EndGroup,
    /// Between these libraries that nobody needs are left out.
    StartAsNeeded,
    EndAsNeeded,
    /// Where libraries are looked for, too.
    SearchDir(&'a [u8]),
}

/// Whether a file that is nothing else may be a linker script.
pub fn is_script(bytes: &[u8]) -> bool {
    !bytes.is_empty()
        && bytes.iter().take(512).all(|b| matches!(b, b'\t' | b'\n' | b'\r' | 0x20..=0x7e | 0x80..))
}

/// The inputs that a script names.
pub fn inputs(text: &[u8]) -> Vec<Item<'_>> {
    let mut items = Vec::new();
    // The commands that are open, innermost last; of others than these three the depth alone.
    let mut open: Vec<&[u8]> = Vec::new();
    let mut last: &[u8] = b"";
    for token in tokens(text) {
        match token {
            b"(" => {
                match last {
                    b"GROUP" => items.push(Item::StartGroup),
                    b"AS_NEEDED" => items.push(Item::StartAsNeeded),
                    _ => {}
                }
                open.push(last);
            }
            b")" => match open.pop() {
                Some(b"GROUP") => items.push(Item::EndGroup),
                Some(b"AS_NEEDED") => items.push(Item::EndAsNeeded),
                _ => {}
            },
            b"AS_NEEDED" | b"," | b";" | b"{" | b"}" => {}
            name if matches!(open.last(), Some(&(b"INPUT" | b"GROUP" | b"AS_NEEDED"))) => {
                items.push(Item::Input(name));
            }
            folder if open.last() == Some(&&b"SEARCH_DIR"[..]) => items.push(Item::SearchDir(folder)),
            _ => {}
        }
        last = token;
    }
    items
}

/// Words, quoted strings and signs; comments are left out.
fn tokens(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_ascii_start();
            let Some(comment) = rest.strip_prefix(b"/*") else { break };
            let end = comment.windows(2).position(|w| w == b"*/").map_or(comment.len(), |at| at + 2);
            rest = &comment[end..];
        }
        let &first = rest.first()?;
        let (token, after) = match first {
            b'"' => {
                let inner = &rest[1..];
                let end = inner.iter().position(|&b| b == b'"').unwrap_or(inner.len());
                (&inner[..end], &inner[(end + 1).min(inner.len())..])
            }
            b'(' | b')' | b',' | b';' | b'{' | b'}' => rest.split_at(1),
            _ => {
                let ends = |b: &u8| b.is_ascii_whitespace() || b"(),;{}\"".contains(b);
                rest.split_at(rest.iter().position(ends).unwrap_or(rest.len()))
            }
        };
        rest = after;
        Some(token)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use Item::*;

    #[test]
    fn the_inputs_of_glibc_are_found() {
        let text = b"/* GNU ld script */\nOUTPUT_FORMAT(elf64-x86-64)\nGROUP ( /lib/libc.so.6 /usr/lib/libc_nonshared.a  \
                     AS_NEEDED ( /lib64/ld-linux-x86-64.so.2 ) )\n";
        let found = inputs(text);
        assert_eq!(
            found,
            [
                StartGroup,
                Input(b"/lib/libc.so.6"),
                Input(b"/usr/lib/libc_nonshared.a"),
                StartAsNeeded,
                Input(b"/lib64/ld-linux-x86-64.so.2"),
                EndAsNeeded,
                EndGroup
            ]
        );
    }

    #[test]
    fn names_in_quotes_and_with_commas() {
        assert_eq!(inputs(b"INPUT(\"a b.o\",-lfoo c.a)"), [Input(b"a b.o"), Input(b"-lfoo"), Input(b"c.a")]);
    }

    #[test]
    fn folders_are_found() {
        assert_eq!(inputs(b"SEARCH_DIR(\"=/opt/lib\") INPUT(-lx)"), [SearchDir(b"=/opt/lib"), Input(b"-lx")]);
    }

    #[test]
    fn other_commands_name_no_inputs() {
        assert!(
            inputs(b"VERSION { V1 { global: f; local: *; }; } SECTIONS { .x : { *(.x) } } ENTRY(start)")
                .is_empty()
        );
        assert!(inputs(b"INPUT(").is_empty());
    }
}
