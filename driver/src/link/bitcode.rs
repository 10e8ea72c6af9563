//! Lazy objects from bitcode: what `rustc -C linker-plugin-lto` and `clang -flto` leave to the linker.
//!
//! Each module becomes a native object, and an archive with such modules an archive of native objects, at its place on the
//! line; so everything that symbols mean to a linker stays as it is. Of archives only the members that the linker may
//! take are compiled: a module is wanted once something names a symbol that it defines. That is found without the linker's
//! rules of precedence, so it may be too much, but never too little.

use super::archive::{self, Member, NewMember};
use super::compile::{self, Compiled};
use super::inputs::{Input, Inputs};
use super::kept::Kept;
use super::symbols::{self, Symbols};
use super::{Line, Plain, memory};
use crate::clang::in_parallel;
use crate::unit::Session;
use anyhow::{Context, Result, bail};
use std::collections::{HashMap, HashSet};
use std::ffi::CString;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

/// A module of bitcode.
struct Module<'a> {
    /// Number of its input.
    input: usize,
    /// Number of the member, if the input is an archive.
    member: Option<usize>,
    name: String,
    archive: Option<PathBuf>,
    data: &'a [u8],
    symbols: Symbols,
    wanted: bool,
    object: Option<Vec<u8>>,
}

/// What an input holds.
struct Content<'a> {
    members: Vec<Member<'a>>,
    is_archive: bool,
    /// All of it is compiled.
    is_whole: bool,
}

impl<'a> Content<'a> {
    fn of(input: &'a Input, is_lld: bool) -> Content<'a> {
        let is_archive = input.is_archive();
        // An object that nobody needs can't be left out for a linker that does not read bitcode.
        let is_whole = !input.is_by_need() || !(is_archive || is_lld);
        Content { members: input.members().collect(), is_archive, is_whole }
    }

    fn has_bitcode(&self) -> bool {
        self.members.iter().any(|m| symbols::is_bitcode(m.data))
    }
}

/// Replaces all bitcode that the linker may need. False if it stays, or there is none.
pub fn make_lazy(inputs: &mut Inputs, line: &mut Line, plain: &Plain<'_>, session: &Session) -> Result<bool> {
    let is_lld = inputs.is_lld;
    let contents: Vec<Content<'_>> = inputs.iter().map(|input| Content::of(input, is_lld)).collect();
    if !contents.iter().any(Content::has_bitcode) {
        return Ok(false);
    }
    let names: Vec<String> = inputs.iter().map(Input::name).collect();
    let options = options(inputs, plain);
    let kept = Kept::open(session);
    let known = |data: &[u8], archive: Option<&Path>| {
        let kept = kept.as_ref()?;
        kept.read(&kept.name(data, archive, &options, session))
    };
    let Some(mut modules) = modules(&contents, &names, &known) else { return Ok(false) };
    let mut wanted = Wanted::new(&contents, inputs);
    while wanted.choose(&mut modules) {
        if let Some(reason) = compile_wanted(&mut modules, &options, session, kept.as_ref())? {
            // What needs the whole program needs all of it.
            return leave(&reason, session).map(|()| false);
        }
        wanted.add_objects(&modules);
    }
    let mut replacements = Vec::new();
    for (number, content) in contents.iter().enumerate().filter(|(_, c)| c.has_bitcode()) {
        let mut own: Vec<&Module<'_>> = modules.iter().filter(|m| m.input == number).collect();
        own.sort_by_key(|m| m.member);
        if own.iter().all(|m| m.object.is_none()) && is_lld {
            continue;
        }
        let bytes = if content.is_archive { new_archive(content, &own, is_lld) } else { single(&own)? };
        let name = names[number].rsplit('/').next().unwrap_or_default();
        replacements.push((number, memory::create(&CString::new(name)?, &bytes)?));
    }
    drop(modules);
    drop(contents);
    for (number, file) in replacements {
        inputs.replace(number, &file)?;
        line.files.push(file);
    }
    if !is_lld {
        drop_plugin(inputs);
    }
    Ok(true)
}

/// All modules, with their symbols: those of the object if that is `known`, because LLVM reads all of a module for
/// its symbols. None if one can't be read, so that it is the linker's to say what is wrong.
fn modules<'a>(
    contents: &'a [Content<'a>],
    names: &[String],
    known: &(impl Fn(&[u8], Option<&Path>) -> Option<Vec<u8>> + Sync),
) -> Option<Vec<Module<'a>>> {
    let mut found = Vec::new();
    for (input, content) in contents.iter().enumerate() {
        for (number, member) in content.members.iter().enumerate() {
            if symbols::is_bitcode(member.data) {
                found.push((input, number, member));
            }
        }
    }
    let title = |(input, _, member): &(usize, usize, &Member<'a>)| match contents[*input].is_archive {
        true => format!("{}({})", names[*input], String::from_utf8_lossy(member.name)),
        false => names[*input].clone(),
    };
    let archive = |input: usize| contents[input].is_archive.then(|| Path::new(&names[input]));
    let looked_at: Vec<OnceLock<(Symbols, Option<Vec<u8>>)>> =
        found.iter().map(|_| OnceLock::new()).collect();
    in_parallel(found.len(), |i| {
        let (input, _, &Member { data, .. }) = found[i];
        let object = known(data, archive(input));
        let symbols = match &object {
            Some(object) => Some(symbols::of_elf(object)),
            None => compile::symbols(data),
        };
        if let Some(symbols) = symbols {
            let _ = looked_at[i].set((symbols, object));
        }
    });
    let all = found.iter().zip(looked_at).map(|(place, looked_at)| {
        let (symbols, object) = looked_at.into_inner()?;
        let &(input, number, member) = place;
        let content = &contents[input];
        Some(Module {
            input,
            member: content.is_archive.then_some(number),
            name: title(place),
            archive: archive(input).map(Path::to_owned),
            data: member.data,
            symbols,
            wanted: content.is_whole,
            object,
        })
    });
    all.collect()
}

/// Symbols that something names, and what was done about them.
struct Wanted {
    names: HashSet<Vec<u8>>,
    /// Modules whose objects were looked at.
    seen: HashSet<usize>,
}

impl Wanted {
    /// What native code asks for, and every word of the line: an option may name a symbol.
    fn new(contents: &[Content<'_>], inputs: &Inputs) -> Wanted {
        let mut names = HashSet::new();
        for member in contents.iter().flat_map(|c| &c.members).filter(|m| symbols::is_elf(m.data)) {
            names.extend(symbols::of_elf(member.data).undefined);
        }
        for word in inputs.words() {
            names.extend(word.split(|b| matches!(b, b'=' | b',')).map(<[u8]>::to_vec));
            names.extend(word.strip_prefix(b"-u").or(word.strip_prefix(b"-e")).map(<[u8]>::to_vec));
        }
        // Scripts, too: EXTERN and version scripts name symbols. Archives are never wanted whole for it.
        names.extend(inputs.scripts().flat_map(|text| {
            let is_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'.' | 0x80..);
            text.split(move |b| !is_name(b)).map(<[u8]>::to_vec).collect::<Vec<_>>()
        }));
        Wanted { names, seen: HashSet::new() }
    }

    /// Marks further modules as wanted, with all that they want. False if nothing is left to compile.
    fn choose(&mut self, modules: &mut [Module<'_>]) -> bool {
        let mut definers: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
        for (i, module) in modules.iter().enumerate() {
            for name in &module.symbols.defined {
                definers.entry(name.clone()).or_default().push(i);
            }
        }
        let mut work: Vec<Vec<u8>> = self.names.iter().cloned().collect();
        for module in modules.iter().filter(|m| m.wanted) {
            work.extend(module.symbols.undefined.iter().cloned());
        }
        while let Some(name) = work.pop() {
            for i in definers.remove(&name).unwrap_or_default() {
                let module = &mut modules[i];
                if !std::mem::replace(&mut module.wanted, true) {
                    work.extend(module.symbols.undefined.iter().cloned());
                }
            }
            self.names.insert(name);
        }
        modules.iter().any(|m| m.wanted && m.object.is_none())
    }

    /// Code generation may call functions that no bitcode names.
    fn add_objects(&mut self, modules: &[Module<'_>]) {
        for (i, module) in modules.iter().enumerate() {
            if let Some(object) = module.object.as_ref().filter(|_| module.wanted)
                && self.seen.insert(i)
            {
                self.names.extend(symbols::of_elf(object).undefined);
            }
        }
    }
}

/// Compiles what is wanted and not compiled yet. Returns why it can't be done here, if so.
fn compile_wanted(
    modules: &mut [Module<'_>],
    options: &compile::Options,
    session: &Session,
    kept: Option<&Kept>,
) -> Result<Option<String>> {
    let mut todo: Vec<usize> =
        (0..modules.len()).filter(|&i| modules[i].wanted && modules[i].object.is_none()).collect();
    // The big ones first, so that no core waits for one of them at the end.
    todo.sort_by_key(|&i| std::cmp::Reverse(modules[i].data.len()));
    let results: Vec<Mutex<Option<Compiled>>> = todo.iter().map(|_| Mutex::new(None)).collect();
    in_parallel(todo.len(), |n| {
        let module = &modules[todo[n]];
        let compiled = compiled(module, options, session, kept);
        if let Ok(mut slot) = results[n].lock() {
            *slot = Some(compiled);
        }
    });
    for (&i, result) in todo.iter().zip(results) {
        let name = &modules[i].name;
        match result.into_inner().ok().flatten() {
            Some(Compiled::Object(object)) => modules[i].object = Some(object),
            Some(Compiled::Leave(reason)) => return Ok(Some(format!("{name}: {reason}"))),
            Some(Compiled::Failed(reason)) => bail!("{name}: {reason}"),
            None => bail!("{name} was not compiled"),
        }
    }
    Ok(None)
}

fn compiled(
    module: &Module<'_>,
    options: &compile::Options,
    session: &Session,
    kept: Option<&Kept>,
) -> Compiled {
    let archive = module.archive.as_deref();
    let compiled = compile::module(&module.name, module.data, archive, options, session);
    if let (Some(kept), Compiled::Object(object)) = (kept, &compiled) {
        kept.write(&kept.name(module.data, archive, options, session), object);
    }
    compiled
}

fn leave(reason: &str, session: &Session) -> Result<()> {
    if session.refused("link", reason) {
        bail!("link-time optimization is needed: {reason}");
    }
    Ok(())
}

fn single(own: &[&Module<'_>]) -> Result<Vec<u8>> {
    own.first().and_then(|m| m.object.clone()).context("an object is missing")
}

/// The archive with objects in the place of bitcode. Bitcode that nobody wants stays for a linker that can read it: that
/// costs nothing, and nothing depends on what is wanted being known.
fn new_archive(content: &Content<'_>, own: &[&Module<'_>], keep_bitcode: bool) -> Vec<u8> {
    let by_member: HashMap<usize, &Module<'_>> = own.iter().filter_map(|m| Some((m.member?, *m))).collect();
    let mut members = Vec::new();
    for (number, member) in content.members.iter().enumerate() {
        let module = by_member.get(&number);
        let object = module.and_then(|m| m.object.as_deref());
        let data = match (module, object) {
            (_, Some(object)) => object,
            (Some(_), None) if !keep_bitcode => continue,
            _ => member.data,
        };
        // An object's own list has what clang's code generation added; for bitcode, what it will define.
        let symbols = match (module, object) {
            (Some(m), None) => m.symbols.defined.clone(),
            _ if symbols::is_elf(data) => symbols::of_elf(data).defined,
            _ => Vec::new(),
        };
        members.push(NewMember { name: member.name, data, symbols });
    }
    archive::write(&members)
}

/// What the line says to a link-time optimizer. clang only hands its -O on to one with -flto.
fn options(inputs: &Inputs, plain: &Plain<'_>) -> compile::Options {
    let mut options = compile::Options {
        opt_level: plain.opt_level.unwrap_or(2),
        cpu: CString::default(),
        features: CString::default(),
        library: inputs.is_shared,
    };
    for word in inputs.words() {
        let value = ["--plugin-opt=", "-plugin-opt=", "--lto-", "-lto-"]
            .iter()
            .find_map(|prefix| word.strip_prefix(prefix.as_bytes()))
            .unwrap_or(word);
        let text = |value: &[u8]| CString::new(value).unwrap_or_default();
        match value {
            [b'O', level @ b'0'..=b'3'] => options.opt_level = level - b'0',
            _ if value.starts_with(b"mcpu=") => options.cpu = text(&value[5..]),
            _ if value.starts_with(b"-mattr=") => options.features = text(&value[7..]),
            _ => {}
        }
    }
    options
}

/// LLVM's plugin has nothing left to do, and its options mean nothing to a linker without it.
fn drop_plugin(inputs: &mut Inputs) {
    let is_plugin = |option: &[u8]| matches!(option, b"-plugin" | b"--plugin");
    let foreign = inputs
        .words()
        .collect::<Vec<_>>()
        .windows(2)
        .any(|pair| is_plugin(pair[0]) && !contains(pair[1], b"LLVMgold"));
    inputs.remove(|option, value| {
        (is_plugin(option) && value.is_some_and(|v| contains(v, b"LLVMgold")))
            || (!foreign && (option.starts_with(b"-plugin-opt") || option.starts_with(b"--plugin-opt")))
    });
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|w| w == part)
}
