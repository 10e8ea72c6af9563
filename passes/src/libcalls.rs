//! Functions of libc and the compiler's runtime that code generation may call without the IR naming them.
//!
//! Their addresses must come from the object's import table like all others, so they have to be foretold from the
//! IR. What is certain is in these tables; an operation that is in none makes its function static, so that a wrong
//! guess can't lead to a missing symbol at run time.

/// What an intrinsic needs.
pub enum Needs {
    /// Always expanded in place.
    Nothing,
    /// These, under the same names for every type.
    Calls(&'static [&'static str]),
    /// These, where functions of the C library may be taken for what they are (not -fno-builtin).
    Builtin(&'static [&'static str]),
    /// A function of libm: the name for double; `f` is appended for float, `l` for long double. The string is the
    /// target feature with which float and double are expanded in place.
    Math(&'static str, Option<&'static str>),
    /// A copy or fill of memory.
    Memory(&'static str),
    /// Not foreseen.
    Unknown,
}

/// libm, by intrinsic (without `llvm.` and type suffix).
const MATH: &[(&str, &str, Option<&str>)] = &[
    ("acos", "acos", None),
    ("asin", "asin", None),
    ("atan", "atan", None),
    ("atan2", "atan2", None),
    ("ceil", "ceil", Some("+sse4.1")),
    ("cos", "cos", None),
    ("cosh", "cosh", None),
    ("exp", "exp", None),
    ("exp10", "exp10", None),
    ("exp2", "exp2", None),
    ("floor", "floor", Some("+sse4.1")),
    ("fma", "fma", Some("+fma")),
    ("ldexp", "ldexp", None),
    ("llrint", "llrint", None),
    ("llround", "llround", None),
    ("log", "log", None),
    ("log10", "log10", None),
    ("log2", "log2", None),
    ("lrint", "lrint", None),
    ("lround", "lround", None),
    ("nearbyint", "nearbyint", Some("+sse4.1")),
    ("pow", "pow", None),
    ("rint", "rint", Some("+sse4.1")),
    ("round", "round", None),
    ("roundeven", "roundeven", Some("+sse4.1")),
    ("sin", "sin", None),
    ("sinh", "sinh", None),
    ("tan", "tan", None),
    ("tanh", "tanh", None),
    ("trunc", "trunc", Some("+sse4.1")),
];

/// Intrinsics that x86-64 code generation always expands in place; a trailing `*` stands for any rest.
const IN_PLACE: &[&str] = &[
    "abs",
    "addressofreturnaddress",
    "allow.*",
    "annotation*",
    "arithmetic.fence",
    "assume",
    "bitreverse",
    "bswap",
    "clear_cache",
    "copysign",
    "ctlz",
    "ctpop",
    "cttz",
    "dbg.*",
    "debugtrap",
    "donothing",
    "eh.*",
    "expect",
    "expect.*",
    "experimental.noalias.scope.decl",
    "fabs",
    "fake.use",
    "fmuladd",
    "frameaddress",
    "fshl",
    "fshr",
    "invariant.*",
    "is.constant",
    "is.fpclass",
    "launder.*",
    "lifetime.*",
    "load.relative",
    "localaddress",
    "objectsize",
    "prefetch",
    "ptr.annotation*",
    "ptrmask",
    "readcyclecounter",
    "returnaddress",
    "sadd.*",
    "scmp",
    "sideeffect",
    "smax",
    "smin",
    "sponentry",
    "sqrt",
    "ssub.*",
    "stackrestore",
    "stacksave",
    "strip.*",
    "threadlocal.address",
    "trap",
    "uadd.*",
    "ubsantrap",
    "ucmp",
    "umax",
    "umin",
    "umul.*",
    "smul.*",
    "usub.*",
    "va_copy",
    "va_end",
    "va_start",
    "var.annotation*",
    "vector.*",
    "x86.*",
];

/// Those that do no arithmetic: in place for any type.
const OF_BITS: &[&str] = &["arithmetic.fence", "copysign", "fabs", "fake.use", "is.constant"];

/// Whether a type in the intrinsic's suffix is one whose arithmetic is done by functions: `llvm.fmuladd.f128` multiplies and adds.
fn has_soft_float(name: &str) -> bool {
    let is_soft = |part: &str| {
        ["bf16", "f16", "f128"].iter().filter_map(|ty| part.strip_suffix(ty)).any(|count| {
            let count = count.strip_prefix('v').unwrap_or(count);
            count.bytes().all(|b| b.is_ascii_digit())
        })
    };
    name.split('.').any(is_soft)
}

/// What the intrinsic of this name (with `llvm.` and type suffix) needs.
pub fn of_intrinsic(name: &str) -> Needs {
    let Some(name) = name.strip_prefix("llvm.") else { return Needs::Unknown };
    let is =
        |stem: &str| name.strip_prefix(stem).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    for memory in ["memcpy", "memmove", "memset"] {
        if is(&format!("{memory}.inline")) {
            return Needs::Nothing;
        }
        if is(memory) {
            return Needs::Memory(memory);
        }
    }
    if is("powi") {
        return match name.split('.').nth(1) {
            Some("f32") => Needs::Calls(&["__powisf2"]),
            Some("f64") => Needs::Calls(&["__powidf2"]),
            Some("f80") => Needs::Calls(&["__powixf2"]),
            _ => Needs::Unknown,
        };
    }
    let in_place = IN_PLACE.iter().any(|known| match known.strip_suffix('*') {
        Some(stem) => name.starts_with(stem),
        None => is(known),
    });
    if in_place {
        return if has_soft_float(name) && !OF_BITS.iter().any(|known| is(known)) {
            Needs::Unknown
        } else {
            Needs::Nothing
        };
    }
    // The longest name that fits: `log10` before `log`. Names end at a dot, so at most one does.
    match MATH.iter().find(|(stem, _, _)| is(stem)) {
        Some(&(_, function, feature)) => Needs::Math(function, feature),
        None => Needs::Unknown,
    }
}

/// Functions of the C library that write to memory: above -O0 calls of them become copies and fills, if sizes are known.
const WRITERS: &[&str] = &[
    "bcopy",
    "bzero",
    "memccpy",
    "memcpy",
    "memmove",
    "mempcpy",
    "memset",
    "snprintf",
    "sprintf",
    "stpcpy",
    "stpncpy",
    "strcat",
    "strcpy",
    "strlcpy",
    "strncat",
    "strncpy",
    "vsnprintf",
    "vsprintf",
];

/// What a function of this name may become above -O0. Checked ones (`__memset_chk` of -D_FORTIFY_SOURCE) even by code
/// generation alone.
pub fn of_function(name: &str) -> Option<Needs> {
    let is_checked = name.starts_with("__") && name.ends_with("_chk");
    (is_checked || WRITERS.contains(&name)).then_some(Needs::Builtin(&["memcpy", "memmove", "memset"]))
}

/// The libm name for the type in an intrinsic's suffix, or None if there is none for it (half, quad).
pub fn math_name(function: &str, intrinsic: &str) -> Option<String> {
    // The first suffix that is a floating type or a vector of one decides: `llvm.lround.i64.f32`.
    let ty = intrinsic.split('.').skip(2).find(|part| part.starts_with('f') || part.starts_with('v'))?;
    let scalar = ty.rfind('f').map(|at| &ty[at..])?;
    match scalar {
        "f32" => Some(format!("{function}f")),
        "f64" => Some(function.to_string()),
        "f80" => Some(format!("{function}l")),
        _ => None,
    }
}

/// Bytes up to which a copy of constant size is expanded in place at every level and by every selector.
pub const SMALL_COPY: u64 = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_type() {
        assert_eq!(math_name("floor", "llvm.floor.f64").as_deref(), Some("floor"));
        assert_eq!(math_name("sin", "llvm.sin.f32").as_deref(), Some("sinf"));
        assert_eq!(math_name("sin", "llvm.sin.v4f32").as_deref(), Some("sinf"));
        assert_eq!(math_name("lround", "llvm.lround.i64.f80").as_deref(), Some("lroundl"));
        assert_eq!(math_name("exp", "llvm.exp.f128"), None);
    }

    #[test]
    fn intrinsics_are_told_apart() {
        assert!(matches!(of_intrinsic("llvm.memcpy.p0.p0.i64"), Needs::Memory("memcpy")));
        assert!(matches!(of_intrinsic("llvm.memcpy.inline.p0.p0.i64"), Needs::Nothing));
        assert!(matches!(of_intrinsic("llvm.log10.f64"), Needs::Math("log10", None)));
        assert!(matches!(of_intrinsic("llvm.log.f64"), Needs::Math("log", None)));
        assert!(matches!(of_intrinsic("llvm.va_start.p0"), Needs::Nothing));
        assert!(matches!(of_intrinsic("llvm.x86.sse2.pause"), Needs::Nothing));
        assert!(matches!(of_intrinsic("llvm.fmuladd.f64"), Needs::Nothing));
        for name in
            ["fmuladd.f128", "fmuladd.v4f128", "is.fpclass.f128", "sqrt.f16", "vector.reduce.fadd.v8bf16"]
        {
            assert!(matches!(of_intrinsic(&format!("llvm.{name}")), Needs::Unknown), "{name}");
        }
        assert!(matches!(of_intrinsic("llvm.fabs.f128"), Needs::Nothing));
        assert!(matches!(of_intrinsic("llvm.experimental.constrained.sin.f64"), Needs::Unknown));
        assert!(matches!(of_intrinsic("llvm.powi.f64.i32"), Needs::Calls(&["__powidf2"])));
    }

    #[test]
    fn writers_become_copies() {
        assert!(matches!(
            of_function("__strcpy_chk"),
            Some(Needs::Builtin(&["memcpy", "memmove", "memset"]))
        ));
        assert!(matches!(of_function("stpcpy"), Some(Needs::Builtin(_))));
        assert!(of_function("strlen").is_none());
    }
}
