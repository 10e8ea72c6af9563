//! Where the installation's files are.
//!
//! Everything is found from the place of the running executable, so that an installed tree can be moved. Two layouts:
//! `bin/autojit-cc` with `lib/autojit/` beside `bin/` (scripts/install.sh), and all files in one folder (a build tree).

use anyhow::{Context, Result};
use autojit_passes::Loader;
use autojit_protocol::loader::IMAGE_FILE;
use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The LLVM installation that this executable was built from.
const LLVM_PREFIX: &str = env!("AUTOJIT_LLVM_PREFIX");

/// clang's major version: the name of its resource directory.
const CLANG_MAJOR: &str = "22";

pub struct Toolchain {
    /// This executable.
    pub executable: PathBuf,
    /// The path that clang's driver takes for its own.
    pub clang: PathBuf,
    /// A further folder with tools such as ld.lld.
    pub program_dir: Option<PathBuf>,
    /// A clang to hand over to what is not built into this one.
    pub real_clang: Option<PathBuf>,
    /// The bundled runtime, if it is there.
    pub runtime: Option<PathBuf>,
    /// The file that loaders map, if it is there.
    image: Option<PathBuf>,
    /// The compile daemon.
    pub daemon: PathBuf,
}

impl Toolchain {
    pub fn find() -> Result<Toolchain> {
        let executable = executable().context("cannot find the path of this executable")?;
        let folder = executable.parent().unwrap_or(Path::new("/")).to_path_buf();
        let prefix = Path::new(LLVM_PREFIX);
        // clang looks around its own path for its headers and runtime libraries, and for what comes with it (libc++, libomp, the
        // linkers' plugin). That is the LLVM that we were built from; where it is gone, or has less than was installed beside
        // us, what is beside us.
        let resources = |lib: PathBuf| lib.join("clang").join(CLANG_MAJOR);
        let (of_llvm, beside) = (resources(prefix.join("lib")), resources(folder.join("../lib")));
        let has_all = ["include/stddef.h", "lib"]
            .iter()
            .all(|part| of_llvm.join(part).exists() || !beside.join(part).exists());
        let clang = match has_all && of_llvm.is_dir() {
            true => prefix.join("bin/clang"),
            false => executable.clone(),
        };
        let exists = |path: PathBuf| path.exists().then_some(path);
        Ok(Toolchain {
            program_dir: exists(prefix.join("bin")).filter(|_| clang == executable),
            real_clang: exists(prefix.join("bin/clang")),
            runtime: exists(folder.join("../lib/autojit/libautojit_rt.a"))
                .or_else(|| exists(folder.join("libautojit_rt.a"))),
            image: exists(folder.join("../lib/autojit").join(IMAGE_FILE))
                .or_else(|| exists(folder.join(IMAGE_FILE))),
            daemon: folder.join("autojitd"),
            clang,
            executable,
        })
    }

    /// What lazy objects have to know of this installation.
    pub fn loader(&self) -> Option<Loader> {
        let path = |path: &Path| CString::new(path.as_os_str().as_bytes()).ok();
        // Without the `..` that it was found by.
        let image = self.image.as_ref()?.canonicalize().ok()?;
        Some(Loader { runtime: path(&image)?, daemon: path(&self.daemon)? })
    }
}

/// The path of this executable. Where `/proc` is missing (chroot), the one that it was started by.
fn executable() -> std::io::Result<PathBuf> {
    std::env::current_exe().or_else(|error| {
        let path = Path::new(OsStr::from_bytes(rustix::param::linux_execfn().to_bytes()));
        path.canonicalize().map_err(|_| error)
    })
}
