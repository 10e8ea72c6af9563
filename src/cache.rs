//! `autojit cache`: what the compile daemons of this user keep on disk.
//!
//! Works on the files and not through a daemon, whose programs need not wait for it: packs can come and go at any time.

use anyhow::{Context, Result};
use autojit_engine::cache::{directory, inventory, is_on, limit};
use std::process::ExitCode;

#[derive(Clone, Copy, Debug, clap::Subcommand)]
pub enum Action {
    /// Says where the cache is and how much is in it
    Stats,
    /// Removes everything; what running daemons have in memory stays
    Clear,
    /// Reads everything; exit status 1 if something is damaged (daemons compile that anew)
    Verify,
}

pub fn run(action: Action) -> Result<ExitCode> {
    let root = directory::root().context("neither $XDG_CACHE_HOME nor $HOME says where the cache is")?;
    let shown = root.display();
    let failed = || format!("cannot use the cache in {shown}");
    match action {
        Action::Stats => {
            let all = inventory::entries(&root).with_context(failed)?;
            let bytes: u64 = all.iter().map(|entry| entry.size).sum();
            let functions: usize =
                all.iter().filter_map(|entry| inventory::check(entry).ok()).map(|c| c.functions).sum();
            println!("directory             {shown}");
            println!("state                 {}", if is_on() { "on" } else { "off (AUTOJIT_CACHE)" });
            println!("modules               {}", all.len());
            println!("functions             {functions}");
            println!("size                  {} KiB", bytes.div_ceil(1024));
            println!("limit                 {} KiB (AUTOJIT_CACHE_LIMIT)", limit() / 1024);
        }
        Action::Clear => {
            let (files, bytes) = inventory::clear(&root).with_context(failed)?;
            println!("removed {files} modules, {} KiB", bytes.div_ceil(1024));
        }
        Action::Verify => {
            let mut damaged = 0;
            let all = inventory::entries(&root).with_context(failed)?;
            for entry in &all {
                // One that a daemon removed meanwhile is no damage.
                let Ok(found) = inventory::check(entry) else { continue };
                if !found.is_good && !entry.is_unfinished() {
                    println!("damaged: {}", entry.path.display());
                    damaged += 1;
                }
            }
            println!("{} modules, {damaged} damaged", all.len());
            if damaged > 0 {
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
