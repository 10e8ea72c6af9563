//! `autojit cache`: what the compile daemons of this user keep on disk.
//!
//! Works on the files and not through a daemon, whose programs need not wait for it: packs can come and go at any time.

use anyhow::{Context, Result};
use autojit_engine::cache::{directory, inventory, is_on, limit};
use autojit_engine::store;
use std::process::ExitCode;

#[derive(Clone, Copy, Debug, clap::Subcommand)]
pub enum Action {
    /// Says where the cache is and how much is in it
    Stats,
    /// Removes all code; what running daemons have in memory stays
    Clear {
        /// Also the payloads of programs that were built with --autojit-store=cache, which then have to be built again
        #[arg(long)]
        payloads: bool,
    },
    /// Reads everything; exit status 1 if something is damaged (daemons compile that anew)
    Verify,
}

pub fn run(action: Action) -> Result<ExitCode> {
    let (root, stored_in) = directory::root()
        .zip(store::root())
        .context("neither $XDG_CACHE_HOME nor $HOME says where the cache is")?;
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
            let stored = store::entries(&stored_in).with_context(failed)?;
            println!("payloads              {} (--autojit-store=cache)", stored.len());
            println!("size of payloads      {} KiB (no limit: programs need them)", kibibytes(&stored));
        }
        Action::Clear { payloads } => {
            let (files, bytes) = inventory::clear(&root).with_context(failed)?;
            println!("removed {files} modules, {} KiB", bytes.div_ceil(1024));
            let stored = store::entries(&stored_in).with_context(failed)?;
            if payloads {
                for payload in &stored {
                    std::fs::remove_file(&payload.path)
                        .with_context(|| format!("cannot remove {}", payload.path.display()))?;
                }
                println!("removed {} payloads, {} KiB", stored.len(), kibibytes(&stored));
            } else if !stored.is_empty() {
                println!(
                    "kept {} payloads, {} KiB, that programs need (--payloads)",
                    stored.len(),
                    kibibytes(&stored)
                );
            }
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
            let stored = store::entries(&stored_in).with_context(failed)?;
            for payload in stored.iter().filter(|payload| !payload.is_good()) {
                println!("damaged: {}", payload.path.display());
                damaged += 1;
            }
            if !stored.is_empty() {
                println!("{} payloads", stored.len());
            }
            if damaged > 0 {
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn kibibytes(stored: &[store::Entry]) -> u64 {
    stored.iter().map(|payload| payload.size).sum::<u64>().div_ceil(1024)
}
