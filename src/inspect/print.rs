//! Facts to text: the table that people read.

use super::report::{Binding, FileReport, Kind, ModuleReport, hex_digits};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Columns that the list of imports may fill.
const WIDTH: usize = 100;

pub fn table(report: &FileReport) -> String {
    let mut out = format!("{}: {}\n", report.file, summary(report));
    for module in &report.modules {
        out.push('\n');
        write_module(&mut out, module);
    }
    out
}

fn summary(report: &FileReport) -> String {
    let functions = || report.modules.iter().flat_map(|m| &m.functions);
    let public = functions().filter(|f| f.kind == Kind::Public).count();
    let private = functions().count() - public;
    let payload: u64 = report.modules.iter().map(|m| m.payload_size).sum();
    let mut out = if public + private == 0 {
        "no lazy code".to_owned()
    } else {
        format!("{} lazy ({public} public, {private} private)", public + private)
    };
    let mut reasons = BTreeMap::<&str, usize>::new();
    for function in report.modules.iter().flat_map(|m| &m.statics) {
        *reasons.entry(&function.reason).or_default() += 1;
    }
    if !reasons.is_empty() {
        let list: Vec<_> = reasons.iter().map(|(reason, n)| format!("{reason} {n}")).collect();
        out += &format!(", {} static ({})", reasons.values().sum::<usize>(), list.join(", "));
    }
    if payload != 0 {
        out += &format!(", payload {}", bytes(payload));
    }
    out
}

fn write_module(out: &mut String, module: &ModuleReport) {
    let mut title = "module".to_owned();
    if let Some(member) = &module.member {
        title += &format!(" {member}");
    }
    if module.payload_size == 0 {
        title += "  no lazy code";
    } else {
        let (hash, imports) = (hex_digits(&module.hash), module.imports.len());
        title += &format!(
            "  {}  {}payload {}, bitcode {}, {imports} import{}",
            &hash[..16],
            if module.binding == Binding::Late { "bound late, " } else { "" },
            bytes(module.payload_size),
            bytes(module.bitcode_size),
            if imports == 1 { "" } else { "s" }
        );
    }
    line(out, format_args!("{title}"));
    line(out, format_args!("  KIND            SIZE  CALLEES  FUNCTION"));
    for f in &module.functions {
        let kind = match f.kind {
            Kind::Public => "lazy public",
            Kind::Private => "lazy private",
        };
        line(out, format_args!("  {kind:<12}  {:>6}  {:>7}  {}", f.size, f.callees, f.name));
    }
    for f in &module.statics {
        line(out, format_args!("  {:<12}  {:>6}  {:>7}  {}  ({})", "static", "", "", f.name, f.reason));
    }
    write_imports(out, &module.imports);
}

fn write_imports(out: &mut String, imports: &[String]) {
    let mut text = "  imports:".to_owned();
    for (i, name) in imports.iter().enumerate() {
        if text.len() + name.len() + 2 > WIDTH {
            line(out, format_args!("{text}"));
            text = "          ".to_owned();
        }
        text.push(' ');
        text += name;
        if i + 1 < imports.len() {
            text.push(',');
        }
    }
    if !imports.is_empty() {
        line(out, format_args!("{text}"));
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(out, "{text}").expect("a String takes everything");
}

fn bytes(n: u64) -> String {
    match n {
        0..1024 => format!("{n} B"),
        1024..1_048_576 => format!("{:.1} KiB", n as f64 / 1024.0),
        _ => format!("{:.1} MiB", n as f64 / 1_048_576.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::report::{FunctionReport, StaticReport};

    fn function(name: &str, kind: Kind, size: u32, callees: u32) -> FunctionReport {
        FunctionReport { name: name.to_owned(), kind, size, callees }
    }

    #[test]
    fn the_table_has_everything() {
        let module = ModuleReport {
            member: Some("x.o".to_owned()),
            hash: [0xab; 32],
            payload_size: 6000,
            bitcode_size: 500,
            binding: Binding::Early,
            imports: vec!["puts".to_owned(), "malloc".to_owned()],
            functions: vec![function("main", Kind::Public, 42, 1), function("helper", Kind::Private, 7, 0)],
            statics: vec![StaticReport { name: "start".to_owned(), reason: "constructor".to_owned() }],
        };
        let report = FileReport { file: "x.a".to_owned(), modules: vec![module] };
        let expected = "\
x.a: 2 lazy (1 public, 1 private), 1 static (constructor 1), payload 5.9 KiB

module x.o  abababababababab  payload 5.9 KiB, bitcode 500 B, 2 imports
  KIND            SIZE  CALLEES  FUNCTION
  lazy public       42        1  main
  lazy private       7        0  helper
  static                         start  (constructor)
  imports: puts, malloc
";
        assert_eq!(table(&report), expected);
    }

    #[test]
    fn a_plain_file_is_one_line() {
        let report = FileReport { file: "x.o".to_owned(), modules: vec![] };
        assert_eq!(table(&report), "x.o: no lazy code\n");
    }

    #[test]
    fn many_imports_are_wrapped() {
        let mut out = String::new();
        write_imports(&mut out, &vec!["some_function".to_owned(); 50]);
        assert!(out.lines().count() > 5 && out.lines().all(|l| l.len() <= WIDTH), "{out}");
    }
}
